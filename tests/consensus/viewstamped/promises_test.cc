// Restart probes: what a replica with a disk has promised, its shadow must still know.
#include "consensus/viewstamped/promises.h"

#include <doctest/doctest.h>

#include "tests/consensus/shown.h"
#include "tests/consensus/viewstamped/bench.h"

namespace lockstep::consensus::tests {
namespace {

using Promises = Shown<ViewstampedPromises, viewstamped::Message>;

Promises promises_of_three() {
  Promises shown{ViewstampedPromises()};
  for (std::uint32_t id = 1; id <= 3; ++id) shown.happened(Witness::Kind::Started, NodeId{id});
  return shown;
}

/// Asks a replica that restarts from this image.
std::optional<std::string> contradiction(const Probe& probe, Bench bench,
                                         const transport::Image& image) {
  bench.world.image = image;
  bench.restart();
  bench.world.effects.clear();
  visit(static_cast<const viewstamped::Message&>(probe.question.message()),
        [&](const auto& body) { bench.deliver(probe.from, body); });
  return probe.contradiction(bench.world.effects);
}

TEST_CASE("a view that was left for is kept") {
  Bench bench(options(), first(3));
  bench.deliver(kSecond, start_view(1, log_of(0, {0})));
  const transport::Image before = bench.world.image;
  bench.fire(Timer::ViewChange);
  const auto probe = promises_of_three().sent(kSelf, kThird, start_view_change(2));
  REQUIRE(probe);
  CHECK(probe->from == kSecond);
  CHECK_FALSE(contradiction(*probe, bench, bench.world.image));
  CHECK(contradiction(*probe, bench, before));
}

TEST_CASE("operations that were acknowledged are kept") {
  Bench bench(options(), first(3));
  bench.deliver(kSecond, start_view(1, log_of(0, {0})));
  const transport::Image before = bench.world.image;
  bench.deliver(kSecond, prepare(1, 2, {1}));
  const auto probe = promises_of_three().sent(kSelf, kSecond, prepare_ok(1, 2));
  REQUIRE(probe);
  CHECK_FALSE(contradiction(*probe, bench, bench.world.image));
  CHECK(contradiction(*probe, bench, before));
}

TEST_CASE("without a disk nothing is contradicted: a replica that forgot takes no part") {
  Bench bench(options(false), first(3));
  const auto probe = promises_of_three().sent(kSelf, kSecond, prepare_ok(1, 2));
  REQUIRE(probe);
  CHECK_FALSE(contradiction(*probe, bench, {}));
}

TEST_CASE("a primary's word to itself is no promise") {
  CHECK_FALSE(promises_of_three().sent(kSelf, kSelf, prepare_ok(0, 1)));
}

}  // namespace
}  // namespace lockstep::consensus::tests
