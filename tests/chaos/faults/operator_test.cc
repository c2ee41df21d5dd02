// Changes of the group: whom an operator asks, how often, and when it gives up.
#include <doctest/doctest.h>

#include "tests/chaos/faults/stage.h"

namespace lockstep::toy_faults {
namespace {

using chaos::FaultKind;

TEST_CASE("an operator asks on until the change is made, and a spare joins") {
  Stage stage("storm_ms: 2000 fault { at_ms: 155 reconfigure { add { id: 7 } } }");
  stage.run_to(100);
  CHECK_FALSE(stage.cluster.is_up(n(7)));
  stage.run_to(2000);
  CHECK(stage.cluster.is_up(n(7)));
  const Seen* joined = stage.first(Witness::Kind::Started, 7);
  REQUIRE(joined != nullptr);
  CHECK(ms(joined->at) == 155);
  // Refused at first, because it is not yet the tenth tick; and never asked again once it was done.
  CHECK(stage.count(Witness::Kind::Requested) > 1);
  CHECK(stage.effects() == 1);
  CHECK(stage.effects(FaultKind::Membership) == 1);
  CHECK(stage.injector.injected().at(0).story == "the operator adds n7");
}

TEST_CASE("an operator follows a redirect to the leader") {
  // Asked through the others, because node 1 is down when the operator begins.
  Stage stage(R"(storm_ms: 3000
    fault { at_ms: 50 for_ms: 20 crash { node { id: 1 } } }
    fault { at_ms: 60 reconfigure { add { id: 6 } } })");
  stage.run_to(3000);
  CHECK(stage.effects(1) == 1);
  CHECK(stage.count([](const Seen& one) {
    return one.kind == Witness::Kind::Requested && one.node != n(1);
  }) > 0);
}

TEST_CASE("a refusal is final, and its reason one line in the story") {
  Stage stage("storm_ms: 2000 fault { at_ms: 100 reconfigure { remove { id: 2 } } }");
  stage.run_to(2000);
  CHECK(stage.count(Witness::Kind::Requested) == 1);
  CHECK(stage.effects() == 0);
  CHECK(stage.injector.injected().at(0).story == "the operator removes n2; refused: it must?stay");
}

TEST_CASE("an operator gives up after for_ms, and at the end of the storm") {
  const auto asked = [](const std::string& fault, std::int64_t from, std::int64_t to) {
    Stage stage("storm_ms: 1000 fault { at_ms: 100 " + fault + " }");
    stage.run_to(1000);
    stage.injector.heal();
    stage.run_to(3000);
    CHECK(stage.effects() == 0);
    return stage.count(Witness::Kind::Requested, 0, 0, from, to);
  };
  CHECK(asked("for_ms: 300 reconfigure { transfer { id: 3 } }", 100, 410) > 2);
  CHECK(asked("for_ms: 300 reconfigure { transfer { id: 3 } }", 420, 3000) == 0);
  CHECK(asked("reconfigure { transfer { id: 3 } }", 420, 1000) > 2);
  CHECK(asked("reconfigure { transfer { id: 3 } }", 1020, 3000) == 0);
}

TEST_CASE("who is not answered is asked again, each time another node, with a new number") {
  Stage stage("storm_ms: 5000 fault { at_ms: 100 reconfigure { learner { id: 6 } } }");
  stage.run_to(5000);
  std::uint64_t last = 0;
  NodeId node{};
  for (const auto& one : stage.seen) {
    if (one.kind != Witness::Kind::Requested) continue;
    CHECK(one.number == last + 1);
    CHECK(one.node != node);
    last = one.number;
    node = one.node;
  }
  CHECK(last >= 5);
}

TEST_CASE("two changes may be wanted at once, and a spare is added once") {
  Stage stage(R"(storm_ms: 3000
    fault { at_ms: 100 reconfigure { learner { id: 6 } } }
    fault { at_ms: 120 reconfigure { add { id: 6 } } }
    fault { at_ms: 120 reconfigure { snapshot { } } }
    fault { at_ms: 500 for_ms: 50 crash { node { id: 6 } } })");
  stage.run_to(3000);
  CHECK(stage.effects(1) == 1);
  CHECK(stage.effects(2) == 1);
  CHECK(stage.effects(3) == 1);
  CHECK(stage.count(Witness::Kind::Started, 6, 0) == 2);
}

TEST_CASE("cuts hold for nodes that join later") {
  Stage stage(R"(storm_ms: 1000
    fault { at_ms: 10 isolate { node { id: 2 } } }
    fault { at_ms: 100 reconfigure { add { id: 6 } } })");
  stage.run_to(1000);
  CHECK(stage.count(Witness::Kind::Delivered, 1, 6) > 10);
  CHECK(stage.count(Witness::Kind::Delivered, 2, 6) == 0);
}

}  // namespace
}  // namespace lockstep::toy_faults
