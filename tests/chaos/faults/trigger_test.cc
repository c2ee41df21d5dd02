// Faults that wait for an event begin exactly there.
#include "chaos/trigger.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "tests/chaos/faults/stage.h"

namespace lockstep::toy_faults {
namespace {

using Kind = Witness::Kind;

std::vector<Seen> sent(const Stage& stage, const std::string& name, std::uint32_t from) {
  std::vector<Seen> found;
  for (const auto& one : stage.seen) {
    if (one.kind == Kind::Sent && one.name == name && one.node == n(from)) found.push_back(one);
  }
  return found;
}

std::size_t arrivals(const Stage& stage, std::uint32_t at, std::uint32_t from,
                     std::uint64_t number) {
  return stage.count([&](const Seen& one) {
    return one.kind == Kind::Delivered && one.name == "Beat" && one.node == n(at) &&
           one.peer == n(from) && one.number == number;
  });
}

TEST_CASE("a node dies right after its n-th message has left, and is back 1 ms later") {
  for (const int nth : {1, 2, 7, 30}) {
    CAPTURE(nth);
    Stage stage("storm_ms: 1000 fault { on { nth: " + std::to_string(nth) +
                R"( message { name: "Heard" from { id: 3 } } } for_ms: 1
                   crash { node { role: SENDER } } })");
    stage.run_to(500);
    REQUIRE(stage.count(Kind::Crashed) == 1);
    const Time death = stage.first(Kind::Crashed, 3)->at;
    std::size_t before = 0;
    for (const auto& one : sent(stage, "Heard", 3)) before += one.at <= death ? 1 : 0;
    CHECK(before == static_cast<std::size_t>(nth));
    CHECK(stage.first(Kind::Started, 3, 1)->at == death + 1ms);
    CHECK(stage.effects() == 1);
  }
}

TEST_CASE("later sends of the handler in which the sender dies never exist") {
  Stage stage(R"(storm_ms: 1000 fault { on { nth: 6 message { name: "Beat" from { id: 2 } } }
    for_ms: 5 crash { node { role: SENDER } } })");
  stage.run_to(25);
  // Four messages of its first broadcast, two of its second.
  CHECK(sent(stage, "Beat", 2).size() == 6);
}

TEST_CASE("receivers, links and fields choose the message") {
  Stage stage(R"(storm_ms: 1000 fault { on { nth: 2 message { name: "Heard" to { id: 4 }
    field { field: "even" equals: "true" } field { field: "number" equals: "6" } } }
    drop_it { } })");
  stage.run_to(200);
  REQUIRE(stage.count(Kind::Dropped) == 1);
  const auto lost = std::find_if(stage.seen.begin(), stage.seen.end(),
                                 [](const Seen& one) { return one.kind == Kind::Dropped; });
  CHECK(lost->name == "Heard");
  CHECK(lost->peer == n(4));
  CHECK(lost->number == 6);
}

TEST_CASE("fields are found by their path and spelled as people write them") {
  const auto envelope = transport::compose<Message, Beat>([](Beat& beat) {
    beat.set_number(7);
    beat.set_wall_us(-3);
    beat.add_detail()->set_size(12);
    auto& second = *beat.add_detail();
    second.set_colour(BLUE);
    second.set_text("x");
  });
  const auto text = [&](std::string_view path) { return chaos::field_text(envelope, path); };
  CHECK(text("number") == "7");
  CHECK(text("wall_us") == "-3");
  CHECK(text("detail") == "2");
  CHECK(text("detail.0.size") == "12");
  CHECK(text("detail.0.colour") == "RED");
  CHECK(text("detail.1.colour") == "BLUE");
  CHECK(text("detail.1.text") == "x");
  for (const auto* nowhere : {"", "nothing", "detail.2.size", "detail.x", "detail.0", "number.0",
                              "detail.-1.size", "detail..size"}) {
    CAPTURE(nowhere);
    CHECK_FALSE(text(nowhere).has_value());
  }
}

TEST_CASE("a trigger counts from when another fault began") {
  Stage stage(R"(storm_ms: 1000
    fault { name: "first" at_ms: 200 for_ms: 50 pause { node { id: 5 } } }
    fault { on { after: "first" nth: 3 message { name: "Beat" from { id: 1 } to { id: 2 } } }
            drop_it { } })");
  stage.run_to(400);
  REQUIRE(stage.count(Kind::Dropped) == 1);
  // Beats 20 and 21 leave first, just after 200 and 210 ms.
  CHECK(arrivals(stage, 2, 1, 21) == 1);
  CHECK(arrivals(stage, 2, 1, 22) == 0);
}

TEST_CASE("a fault may follow another without a message between them") {
  Stage stage(R"(storm_ms: 1000
    fault { name: "first" at_ms: 200 for_ms: 5 crash { node { id: 5 } } }
    fault { on { after: "first" } delay_ms: 30 for_ms: 5 crash { node { id: 4 } } })");
  stage.run_to(400);
  CHECK(ms(stage.first(Kind::Crashed, 4)->at) == 230);
}

TEST_CASE("delay_ms puts the fault later than its trigger") {
  Stage stage(R"(storm_ms: 1000 fault { on { message { name: "Heard" from { id: 2 } } }
    delay_ms: 25 for_ms: 5 crash { node { role: RECEIVER } } })");
  stage.run_to(400);
  const Seen trigger = sent(stage, "Heard", 2).at(0);
  REQUIRE(stage.first(Kind::Crashed, number(trigger.peer)) != nullptr);
  CHECK(stage.first(Kind::Crashed, number(trigger.peer))->at == trigger.at + 25ms);
}

TEST_CASE("a broadcast reaches one node only") {
  Stage stage(R"(storm_ms: 1000 fault { on { nth: 9 message { name: "Beat" from { id: 1 } } }
    deliver_only_to { node { id: 4 } } })");
  stage.run_to(200);
  // The ninth message is the first of the third broadcast.
  for (const std::uint32_t other : {2u, 3u, 5u}) CHECK(arrivals(stage, other, 1, 3) == 0);
  CHECK(arrivals(stage, 4, 1, 3) == 1);
  for (const std::uint32_t other : {2u, 3u, 4u, 5u}) {
    CHECK(arrivals(stage, other, 1, 2) == 1);
    CHECK(arrivals(stage, other, 1, 4) == 1);
  }
  CHECK(stage.effects() == 3);
}

TEST_CASE("a held message arrives after its time, or when another fault begins, or at the end") {
  const std::string trigger =
      "storm_ms: 1000 fault { on { message { name: \"Beat\" from { id: 1 } to { id: 2 } "
      "field { field: \"number\" equals: \"5\" } } } ";
  Stage timed(trigger + "for_ms: 300 hold_it { } }");
  Stage until(trigger + R"(hold_it { until: "x" } }
    fault { name: "x" at_ms: 500 for_ms: 1 pause { node { id: 5 } } })");
  Stage forever(trigger + "hold_it { } }");
  const auto arrival = [](const Stage& stage) -> std::int64_t {
    for (const auto& one : stage.seen) {
      const bool it = one.kind == Kind::Delivered && one.name == "Beat" && one.node == n(2) &&
                      one.peer == n(1) && one.number == 5;
      if (it) return ms(one.at);
    }
    return -1;
  };
  for (auto* stage : {&timed, &until, &forever}) {
    stage->run_to(900);
    CHECK(stage->count(Kind::Dropped) == 0);
    CHECK(arrivals(*stage, 2, 1, 6) == 1);
    CHECK(stage->effects() == 1);
  }
  CHECK(arrival(timed) >= 350);
  CHECK(arrival(timed) < 353);
  CHECK(arrival(until) == 500);
  CHECK(arrival(forever) == -1);
  forever.injector.heal();
  forever.run_to(901);
  CHECK(arrival(forever) == 900);
}

TEST_CASE("what was lost anyway cannot be dropped, held or sent twice") {
  for (const auto* action : {"drop_it { }", "hold_it { }", "duplicate_it { after_ms: 9 }"}) {
    CAPTURE(action);
    Stage stage(
        "storm_ms: 1000 fault { one_way { from { id: 1 } to { id: 2 } } } "
        "fault { on { message { name: \"Beat\" from { id: 1 } to { id: 2 } } } " +
        std::string(action) + " }");
    stage.run_to(100);
    stage.injector.heal();
    stage.run_to(101);
    REQUIRE(stage.injector.injected().size() == 2);
    CHECK(stage.effects(1) == 0);
    CHECK(arrivals(stage, 2, 1, 1) == 0);
  }
}

TEST_CASE("a message arrives again later") {
  Stage stage(R"(storm_ms: 1000 fault { on { nth: 5 message { name: "Beat" from { id: 1 }
    to { id: 2 } } } duplicate_it { after_ms: 200 } })");
  stage.run_to(600);
  CHECK(arrivals(stage, 2, 1, 5) == 2);
  CHECK(arrivals(stage, 2, 1, 4) == 1);
  CHECK(stage.cluster.counts().duplicated == 1);
}

TEST_CASE("a cut that a message triggers lets that message pass and none after it") {
  Stage stage(R"(storm_ms: 1000 fault { on { nth: 5 message { name: "Beat" from { id: 1 }
    to { id: 2 } } } isolate { node { role: SENDER } } })");
  stage.run_to(300);
  CHECK(arrivals(stage, 2, 1, 5) == 1);
  CHECK(arrivals(stage, 3, 1, 5) == 0);
  CHECK(arrivals(stage, 2, 1, 6) == 0);
}

TEST_CASE("a write triggers by node, key and number, and its crash point is in that handler") {
  const auto run = [](const std::string& crash, const std::string& prefix) {
    return std::make_unique<Stage>(
        "storm_ms: 1000 fault { on { nth: 4 write { node { id: 3 } key_prefix: \"" + prefix +
        "\" } } for_ms: 2 crash { node { role: WRITER } " + crash + " } }");
  };
  const auto outcome = [](Stage& stage) {
    stage.run_to(45);
    CHECK(stage.count(Kind::Crashed) == 1);
    CHECK(stage.first(Kind::Crashed, 3) != nullptr);
    return stage.field(3, "number") + " counted, " + std::to_string(sent(stage, "Beat", 3).size()) +
           " sent";
  };
  CHECK(outcome(*run("point: BEFORE_STORAGE", "num")) == "3 counted, 12 sent");
  CHECK(outcome(*run("", "num")) == "3 counted, 12 sent");
  CHECK(outcome(*run("point: AFTER_STORAGE", "num")) == "4 counted, 12 sent");
  CHECK(outcome(*run("point: AFTER_SEND sends: 2", "num")) == "4 counted, 14 sent");
  auto elsewhere = run("", "other");
  elsewhere->run_to(200);
  CHECK(elsewhere->count(Kind::Crashed) == 0);
}

TEST_CASE("a torn write may be the very write that triggers it") {
  Stage stage(R"(storm_ms: 1000 fault { on { nth: 4 write { node { id: 3 } } } for_ms: 2
    torn_write { node { role: WRITER } } })");
  stage.run_to(45);
  CHECK(stage.field(3, "corrupt") == "1");
}

TEST_CASE("removing a fault leaves all that happened before it as it was") {
  const std::string rest = R"(storm_ms: 1000 conditions { loss_ppm: 20000 duplicate_ppm: 20000 }
    fault { at_ms: 100 for_ms: 30 crash { node { id: 2 } } } fault { loss { ppm: 50000 } } )";
  Stage with(rest + "fault { at_ms: 300 for_ms: 100 isolate { node { id: 1 } } }");
  Stage without(rest);
  with.run_to(600);
  without.run_to(600);
  const auto until = [](const Stage& stage, std::int64_t limit) {
    std::vector<Seen> early;
    for (const auto& one : stage.seen) {
      if (ms(one.at) < limit) early.push_back(one);
    }
    return early;
  };
  CHECK(until(with, 300).size() > 500);
  CHECK(until(with, 300) == until(without, 300));
  CHECK(until(with, 400) != until(without, 400));
  // The draws of a link that the fault does not touch stay what they were even afterwards.
  CHECK(with.count(Kind::Sent, 4, 5) == without.count(Kind::Sent, 4, 5));
  CHECK(with.count(Kind::Dropped, 4, 5) == without.count(Kind::Dropped, 4, 5));
}

TEST_CASE("the same plan and seed give the same run") {
  const std::string text = chaos::to_text(
      chaos::swarm_plan(7, chaos::FaultModel::crash_recovery(), 5, {"Beat", "Heard"}));
  Stage first(text);
  Stage second(text);
  Stage other(text, 2);
  for (auto* stage : {&first, &second, &other}) stage->run_to(3000);
  CHECK(first.cluster.digest() == second.cluster.digest());
  CHECK(first.seen == second.seen);
  CHECK(first.cluster.digest() != other.cluster.digest());
}

}  // namespace
}  // namespace lockstep::toy_faults
