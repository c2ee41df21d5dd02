#include "consensus/chain/promises.h"

#include <doctest/doctest.h>

#include "tests/consensus/chain/bench.h"
#include "tests/consensus/shown.h"

namespace lockstep::consensus::tests {

using Promised = Shown<ChainPromises, chain::Message>;

TEST_CASE("an acknowledged history is asked for after a restart") {
  Promised shown{ChainPromises{}};
  const auto probe = shown.sent(kSelf, kSecond, update_ack(1, 0, 2));
  REQUIRE(probe.has_value());
  ChainBench bench;
  bench.master_says(chain_of(1, {kSecond, kSelf}));
  bench.deliver(kSecond, updates(1, 0, {1}));
  bench.restart();
  const auto& question = static_cast<const chain::Message&>(probe->question.message());
  bench.deliver(kSecond, question.update());
  CHECK(probe->contradiction(bench.world.effects).has_value());
  ChainBench other;
  other.master_says(chain_of(1, {kSecond, kSelf}));
  other.deliver(kSecond, updates(1, 0, {1, 1}));
  other.restart();
  other.deliver(kSecond, question.update());
  CHECK_FALSE(probe->contradiction(other.world.effects).has_value());
}

TEST_CASE("an empty history is no promise") {
  Promised shown{ChainPromises{}};
  CHECK_FALSE(shown.sent(kSelf, kSecond, update_ack(1, 0, 0)).has_value());
  CHECK_FALSE(shown.sent(kSelf, kSecond, updates(1, 0, {1})).has_value());
}

}  // namespace lockstep::consensus::tests
