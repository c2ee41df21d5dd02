// Of systems that survive so many failed nodes at a time, no more fail; unless a plan insists.
#include <doctest/doctest.h>

#include "tests/chaos/faults/stage.h"

namespace lockstep::toy_faults {
namespace {

using Kind = Witness::Kind;

// Node 1 of the stage leads, and says so whenever it starts; the others never say a word.

TEST_CASE("a crash does nothing while as many other nodes have failed as may") {
  const std::string plan = R"(storm_ms: 1000
    fault { at_ms: 100 for_ms: 50 crash { node { id: 2 } } }
    fault { at_ms: 120 for_ms: 50 crash { node { id: 3 } } })";
  Stage limited(plan, 1, 5, 1);
  limited.run_to(1000);
  CHECK(limited.effects(0) == 1);
  CHECK(limited.effects(1) == 0);
  CHECK(limited.count(Kind::Crashed) == 1);
  Stage wider(plan, 1, 5, 2);
  wider.run_to(1000);
  CHECK(wider.count(Kind::Crashed) == 2);
}

TEST_CASE("a node has failed until, after its restart, it claims to lead or to follow") {
  const auto second_after = [](std::uint32_t first) {
    Stage stage(
        "storm_ms: 1000 fault { at_ms: 100 for_ms: 50 crash { node { id: " + std::to_string(first) +
            " } } } fault { at_ms: 500 for_ms: 50 crash { node { id: 3 } } }",
        1, 5, 1);
    stage.run_to(1000);
    return stage.effects(1);
  };
  CHECK(second_after(1) == 1);
  CHECK(second_after(2) == 0);
}

TEST_CASE("a node that has failed may fail again") {
  Stage stage(R"(storm_ms: 1000
    fault { at_ms: 100 for_ms: 50 crash { node { id: 2 } } }
    fault { at_ms: 500 for_ms: 50 crash { node { id: 2 } } })",
              1, 5, 1);
  stage.run_to(1000);
  CHECK(stage.count(Kind::Crashed) == 2);
}

TEST_CASE("a crash that waits for a point goes on waiting until one more may fail") {
  const std::string waits = R"(storm_ms: 1000
    fault { at_ms: 100 for_ms: 300 crash { node { id: 1 } } }
    fault { at_ms: 150 for_ms: 50 crash { node { id: 3 } point: AFTER_STORAGE } })";
  Stage limited(waits, 1, 5, 1);
  limited.run_to(1000);
  REQUIRE(limited.first(Kind::Crashed, 3) != nullptr);
  CHECK(ms(limited.first(Kind::Crashed, 3)->at) >= 400);
  Stage free(waits);
  free.run_to(1000);
  CHECK(ms(free.first(Kind::Crashed, 3)->at) < 200);
}

TEST_CASE("a crash regardless of the limit happens, and the end of the storm heals all") {
  Stage stage(R"(storm_ms: 1000
    fault { at_ms: 100 crash { node { id: 2 } } }
    fault { at_ms: 120 crash { node { id: 3 } regardless: true } })",
              1, 5, 1);
  stage.run_to(1000);
  CHECK(stage.count(Kind::Crashed) == 2);
  stage.injector.heal();
  stage.run_to(1100);
  CHECK(stage.cluster.is_up(n(2)));
  CHECK(stage.cluster.is_up(n(3)));
}

}  // namespace
}  // namespace lockstep::toy_faults
