// Each fault of nodes, clocks and disks has the effect that it claims, and the run without it has
// not.
#include <doctest/doctest.h>

#include <algorithm>

#include "tests/chaos/faults/stage.h"

namespace lockstep::toy_faults {
namespace {

using Kind = Witness::Kind;

const std::string kNothing = "storm_ms: 1000";

std::uint64_t number_of(const Stage& stage, std::uint32_t node) {
  const std::string text = stage.field(node, "number");
  return text.empty() ? 0 : std::stoull(text);
}

/// The highest number that anybody was told by a node before a moment.
std::uint64_t told(const Stage& stage, std::uint32_t node, std::int64_t before_ms) {
  std::uint64_t highest = 0;
  for (const auto& one : stage.seen) {
    if (one.kind == Kind::Sent && one.node == n(node) && one.name == "Beat" &&
        ms(one.at) < before_ms) {
      highest = std::max(highest, one.number);
    }
  }
  return highest;
}

TEST_CASE("a crash takes a node down for its time") {
  Stage stage("storm_ms: 1000 fault { at_ms: 100 for_ms: 200 crash { node { id: 2 } } }");
  Stage control(kNothing);
  stage.run_to(600);
  control.run_to(600);
  REQUIRE(stage.count(Kind::Crashed) == 1);
  CHECK(ms(stage.first(Kind::Crashed, 2)->at) == 100);
  REQUIRE(stage.first(Kind::Started, 2, 1) != nullptr);
  CHECK(ms(stage.first(Kind::Started, 2, 1)->at) == 300);
  CHECK(stage.count(Kind::Sent, 2, 0, 101, 300) == 0);
  CHECK(stage.count(Kind::Sent, 2, 0, 310, 600) > 0);
  CHECK(control.count(Kind::Sent, 2, 0, 101, 300) > 0);
  CHECK(stage.effects() == 1);
  CHECK(number_of(stage, 2) >= told(stage, 2, 100));
}

TEST_CASE("without a time a node stays down until the storm ends") {
  Stage stage("storm_ms: 1000 fault { at_ms: 100 crash { node { id: 2 } } }");
  stage.run_to(1000);
  CHECK_FALSE(stage.cluster.is_up(n(2)));
  stage.injector.heal();
  CHECK(stage.cluster.is_up(n(2)));
}

TEST_CASE("a node that is down cannot crash, and comes back when its first crash says") {
  Stage stage(R"(storm_ms: 1000 fault { at_ms: 100 for_ms: 100 crash { node { id: 2 } } }
    fault { at_ms: 150 for_ms: 400 crash { node { id: 2 } } })");
  stage.run_to(1000);
  CHECK(stage.count(Kind::Crashed) == 1);
  CHECK(ms(stage.first(Kind::Started, 2, 1)->at) == 200);
  CHECK(stage.effects(1) == 0);
}

TEST_CASE("crash points: before storage, after storage, after some sends") {
  const auto run = [](const std::string& point) {
    Stage stage("storm_ms: 1000 fault { at_ms: 101 for_ms: 100 crash { node { id: 2 } point: " +
                point + " } }");
    stage.run_to(150);
    REQUIRE(stage.count(Kind::Crashed) == 1);
    // It counted to 11 at 110 ms and died in that handler.
    const std::size_t sent = stage.count([](const Seen& one) {
      return one.kind == Kind::Sent && one.node == n(2) && one.name == "Beat" && one.number == 11;
    });
    stage.run_to(215);
    return std::to_string(sent) + " sent, counted to " + stage.field(2, "number");
  };
  CHECK(run("BEFORE_STORAGE") == "0 sent, counted to 10");
  CHECK(run("AFTER_STORAGE") == "0 sent, counted to 11");
  CHECK(run("AFTER_SEND sends: 3") == "3 sent, counted to 11");
}

TEST_CASE("a wiped node has forgotten everything, a crashed one has not") {
  Stage wiped("storm_ms: 1000 fault { at_ms: 105 for_ms: 10 wipe { node { id: 2 } } }");
  Stage crashed("storm_ms: 1000 fault { at_ms: 105 for_ms: 10 crash { node { id: 2 } } }");
  wiped.run_to(116);
  crashed.run_to(116);
  CHECK(number_of(wiped, 2) == 0);
  CHECK(number_of(crashed, 2) == 10);
  CHECK(wiped.effects() == 1);
}

TEST_CASE("a paused node does nothing and then handles what it missed") {
  Stage stage("storm_ms: 1000 fault { at_ms: 105 for_ms: 100 pause { node { id: 2 } } }");
  Stage control(kNothing);
  stage.run_to(300);
  control.run_to(300);
  CHECK(stage.count(Kind::Delivered, 2, 0, 106, 205) == 0);
  CHECK(control.count(Kind::Delivered, 2, 0, 106, 205) > 50);
  CHECK(stage.count(Kind::Delivered, 2, 0, 205, 206) > 30);
  CHECK(stage.count(Kind::Started, 2, 0) == 1);
  CHECK(stage.effects() == 1);
}

TEST_CASE("a calendar steps and comes back; the monotonic clock does not care") {
  Stage stage(R"(storm_ms: 1000 fault { at_ms: 105 for_ms: 100
    clock_step { node { id: 2 } by_ms: -5000 } })");
  stage.run_to(300);
  for (const auto& one : stage.seen) {
    if (one.kind != Kind::Sent || one.name != "Beat") continue;
    // Beats are said up to a sync after the clocks were read.
    const bool stepped = one.node == n(2) && one.now_us >= 105'000 && one.now_us < 205'000;
    const auto offset = one.wall_us - static_cast<std::int64_t>(one.now_us);
    CHECK(offset == (stepped ? -5'000'000 : 0));
  }
  CHECK(stage.effects() == 1);
}

TEST_CASE("a drifting clock drives timers too early or too late, until the fault ends") {
  Stage fast("storm_ms: 2000 fault { for_ms: 500 clock_drift { node { id: 2 } ppm: 200000 } }");
  Stage slow("storm_ms: 2000 fault { for_ms: 500 clock_drift { node { id: 2 } ppm: -200000 } }");
  Stage control("storm_ms: 2000");
  for (auto* stage : {&fast, &slow, &control}) stage->run_to(500);
  CHECK(number_of(control, 2) == 50);
  CHECK(number_of(fast, 2) >= 58);
  CHECK(number_of(slow, 2) <= 41);
  CHECK(number_of(fast, 1) == 50);
  const auto before = number_of(fast, 2);
  fast.run_to(1000);
  CHECK(number_of(fast, 2) <= before + 51);
}

TEST_CASE("a torn write leaves a record cut in the middle, a crash there does not") {
  Stage torn("storm_ms: 1000 fault { at_ms: 101 for_ms: 20 torn_write { node { id: 2 } } }");
  Stage crashed(R"(storm_ms: 1000 fault { at_ms: 101 for_ms: 20
    crash { node { id: 2 } point: BEFORE_STORAGE } })");
  torn.run_to(135);
  crashed.run_to(135);
  CHECK(torn.field(2, "corrupt") == "1");
  CHECK(crashed.field(2, "corrupt") == "0");
  CHECK(torn.effects() == 1);
}

TEST_CASE("a lost fsync forgets what was promised, though the node was told that it is stored") {
  Stage stage("storm_ms: 1000 fault { at_ms: 105 for_ms: 100 lost_fsync { node { id: 2 } } }");
  Stage crashed("storm_ms: 1000 fault { at_ms: 205 for_ms: 1 crash { node { id: 2 } } }");
  stage.run_to(207);
  crashed.run_to(207);
  CHECK(told(stage, 2, 205) == 20);
  CHECK(number_of(stage, 2) == 10);
  CHECK(number_of(crashed, 2) == 20);
  CHECK(stage.effects() == 10);
  stage.run_to(400);
  CHECK(stage.count(Kind::Crashed) == 1);
}

TEST_CASE("bit rot changes what is stored, a crash does not") {
  Stage rotten("storm_ms: 1000 fault { at_ms: 105 for_ms: 1 bit_rot { node { id: 2 } } }");
  Stage crashed("storm_ms: 1000 fault { at_ms: 105 for_ms: 1 crash { node { id: 2 } } }");
  rotten.run_to(107);
  crashed.run_to(107);
  CHECK(rotten.field(2, "corrupt") == "1");
  CHECK(crashed.field(2, "corrupt") == "0");
  CHECK(rotten.effects() == 1);
}

TEST_CASE("the leader is who last claimed to lead; a fault waits until there is one") {
  Stage stage(R"(storm_ms: 1000 fault { at_ms: 100 for_ms: 200 crash { node { role: LEADER } } }
    fault { at_ms: 150 for_ms: 50 pause { node { role: LEADER } } })");
  stage.run_to(600);
  REQUIRE(stage.injector.injected().size() == 2);
  CHECK(stage.injector.injected()[0].story == "n1 crashes, back after 200 ms");
  CHECK(ms(stage.injector.injected()[1].at) == 300);
  CHECK(stage.injector.injected()[1].story == "n1 stands still for 50 ms");
  CHECK(stage.effects(1) == 1);
}

TEST_CASE(
    "a node that joins during the storm is none of the business of faults that began before") {
  Stage stage(R"(storm_ms: 1000 fault { isolate { node { id: 1 } } }
    fault { at_ms: 300 for_ms: 100 crash { node { id: 2 } } })");
  stage.run_to(100);
  stage.cluster.add(n(6), std::make_unique<transport::Hosted<Toy>>(Toy::Options{}));
  stage.cluster.start(n(6), true);
  stage.run_to(500);
  CHECK(stage.count(Kind::Delivered, 6, 3) > 0);
  stage.injector.heal();
  stage.run_to(600);
  CHECK(stage.cluster.is_up(n(6)));
}

}  // namespace
}  // namespace lockstep::toy_faults
