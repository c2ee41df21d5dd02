// The restart probes of both protocols: a faithful node passes, a forgetful one does not.
#include "consensus/paxos/promises.h"

#include <doctest/doctest.h>

#include "consensus/paxos/multi_promises.h"
#include "consensus/paxos/paxos.h"
#include "tests/consensus/paxos/multi_messages.h"
#include "tests/consensus/paxos/single_decree_messages.h"
#include "tests/consensus/shown.h"

namespace lockstep::consensus::tests {
namespace {

/// What a shadow of kSelf with these bytes says to the probe.
template <class P>
std::optional<std::string> ask(const Probe& probe, const transport::Image& stored,
                               typename P::Options options) {
  NodeBench<P> shadow(std::move(options), first(3));
  shadow.world.image = stored;
  shadow.restart();
  const auto& message = static_cast<const typename P::Message&>(probe.question.message());
  visit(message, [&](const auto& body) { shadow.deliver(probe.from, body); });
  return probe.contradiction(shadow.world.effects);
}

TEST_CASE(
    "a promised ballot and an accepted value survive, or are missed [Paxos Made Simple §2.5]") {
  NodeBench<Paxos> bench({}, first(3));
  Shown<PaxosPromises, paxos::Message> probed{PaxosPromises()};
  bench.deliver(kSecond, single::prepare(single::ballot(2, 2)));
  const auto promised = probed.sent(kSelf, kSecond, single::promise(single::ballot(2, 2)));
  REQUIRE(promised);
  CHECK(promised->promise == "n1 promised ballot 2.2 for k");
  CHECK_FALSE(ask<Paxos>(*promised, bench.world.image, {}));
  CHECK(ask<Paxos>(*promised, {}, {}) == "after a restart it promises it again");

  const transport::Image before = bench.world.image;
  bench.deliver(kSecond, single::accept(single::ballot(2, 2), "a"));
  const auto voted = probed.sent(kSelf, kSecond, single::accepted(single::ballot(2, 2), "a"));
  REQUIRE(voted);
  CHECK_FALSE(ask<Paxos>(*voted, bench.world.image, {}));
  CHECK(ask<Paxos>(*voted, before, {}) == "after a restart it reports a vote in ballot 0.0");
}

TEST_CASE("a leader's ballot and votes for slots survive, or are missed [PMMC §2.3]") {
  auto options = counter_options();
  options.lease = true;
  MultiBench bench(options, first(3));
  Shown<MultiPaxosPromises, multi_paxos::Message> probed{MultiPaxosPromises()};
  bench.deliver(kSecond, prepare(in_ballot(2, 2), 1));
  const auto promised = probed.sent(kSelf, kSecond, promise(in_ballot(2, 2)));
  REQUIRE(promised);
  CHECK_FALSE(ask<MultiPaxos>(*promised, bench.world.image, options));
  CHECK(ask<MultiPaxos>(*promised, {}, options) == "after a restart it takes part in ballot 2.1");

  const transport::Image before = bench.world.image;
  bench.deliver(kSecond, accept(in_ballot(2, 2), 1, {adds(1), adds(2)}));
  const auto voted = probed.sent(kSelf, kSecond, accepted(in_ballot(2, 2), 1, 2));
  REQUIRE(voted);
  CHECK(voted->promise == "n1 accepted slot 2 in ballot 2.2");
  CHECK_FALSE(ask<MultiPaxos>(*voted, bench.world.image, options));
  CHECK(ask<MultiPaxos>(*voted, before, options) ==
        "after a restart its promise says nothing of slot 2");
  CHECK_FALSE(probed.sent(kSelf, kSecond, accepted(in_ballot(2, 2), 3, 2)));
}

}  // namespace
}  // namespace lockstep::consensus::tests
