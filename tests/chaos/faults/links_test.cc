// Each fault of the network has the effect that it claims, and the run without it has not.
#include <doctest/doctest.h>

#include <map>

#include "tests/chaos/faults/stage.h"

namespace lockstep::toy_faults {
namespace {

using Kind = Witness::Kind;

/// Messages that `to` got from `from` within a time.
std::size_t got(const Stage& stage, std::uint32_t to, std::uint32_t from, int since, int until) {
  return stage.count(Kind::Delivered, to, from, since, until);
}

const std::string kNothing = "storm_ms: 1000";

/// The longest time that a Beat took from its sending to each delivery, from a moment on.
std::int64_t slowest(const Stage& stage, std::uint32_t from, std::uint32_t to, int since) {
  std::map<std::uint64_t, Time> sent;
  std::int64_t longest = 0;
  for (const auto& one : stage.seen) {
    if (one.name != "Beat") continue;
    if (one.kind == Kind::Sent && one.node == n(from) && one.peer == n(to)) {
      sent[one.number] = one.at;
    }
    if (one.kind == Kind::Delivered && one.node == n(to) && one.peer == n(from) &&
        ms(sent[one.number]) >= since) {
      longest = std::max(longest, ms(one.at) - ms(sent[one.number]));
    }
  }
  return longest;
}

/// Beats from 1 that arrive at 2 after a later one.
std::size_t overtaken(const Stage& stage) {
  std::uint64_t latest = 0;
  return stage.count([&](const Seen& one) {
    if (one.kind != Kind::Delivered || one.name != "Beat") return false;
    if (one.node != n(2) || one.peer != n(1)) return false;
    const bool late = one.number < latest;
    latest = std::max(latest, one.number);
    return late;
  });
}

/// Beats from 1 that arrive at 2 a second time.
std::size_t repeated(const Stage& stage) {
  std::map<std::uint64_t, int> arrivals;
  return stage.count([&](const Seen& one) {
    return one.kind == Kind::Delivered && one.name == "Beat" && one.node == n(2) &&
           one.peer == n(1) && ++arrivals[one.number] > 1;
  });
}

TEST_CASE("a partition keeps its groups apart and the others together, and ends") {
  Stage stage(R"(storm_ms: 1000 fault { at_ms: 100 for_ms: 300
    partition { group { node { id: 1 } node { id: 2 } } } })");
  Stage control(kNothing);
  stage.run_to(1000);
  control.run_to(1000);
  // What was on its way at the beginning still arrives.
  CHECK(got(stage, 1, 3, 110, 400) == 0);
  CHECK(got(stage, 3, 2, 110, 400) == 0);
  CHECK(got(stage, 2, 1, 110, 400) == got(control, 2, 1, 110, 400));
  CHECK(got(stage, 4, 5, 110, 400) == got(control, 4, 5, 110, 400));
  CHECK(got(stage, 1, 3, 420, 1000) > 100);
  CHECK(got(control, 1, 3, 110, 400) > 50);
  CHECK(stage.effects() == stage.count(Kind::Dropped));
  CHECK(stage.effects(chaos::FaultKind::Partition) == stage.effects());
  CHECK(control.count(Kind::Dropped) == 0);
}

TEST_CASE("two groups of a partition do not reach each other either") {
  Stage stage(R"(storm_ms: 1000 fault { partition {
    group { node { id: 1 } } group { node { id: 2 } } } })");
  stage.run_to(300);
  CHECK(got(stage, 1, 2, 0, 300) == 0);
  CHECK(got(stage, 1, 3, 0, 300) == 0);
  CHECK(got(stage, 4, 3, 0, 300) > 0);
}

TEST_CASE("isolation is in both directions or in one") {
  struct Case {
    const char* direction;
    bool hears;
    bool is_heard;
  };
  for (const auto& c :
       {Case{"BOTH", false, false}, Case{"INCOMING", false, true}, Case{"OUTGOING", true, false}}) {
    CAPTURE(c.direction);
    Stage stage(
        "storm_ms: 1000 fault { at_ms: 50 for_ms: 200 isolate { node { id: 3 } direction: " +
        std::string(c.direction) + " } }");
    stage.run_to(500);
    CHECK((got(stage, 3, 1, 60, 250) > 0) == c.hears);
    CHECK((got(stage, 1, 3, 60, 250) > 0) == c.is_heard);
    CHECK(got(stage, 1, 2, 60, 250) > 0);
    CHECK(got(stage, 3, 1, 270, 500) > 0);
    CHECK(got(stage, 1, 3, 270, 500) > 0);
  }
}

TEST_CASE("a cut stops the copies of messages too") {
  Stage stage(R"(storm_ms: 1000 conditions { duplicate_ppm: 1000000 }
    fault { one_way { from { id: 1 } to { id: 2 } } })");
  stage.run_to(300);
  CHECK(got(stage, 2, 1, 0, 300) == 0);
  CHECK(got(stage, 3, 1, 0, 300) > 100);
}

TEST_CASE("a link that is cut one way still works the other way") {
  Stage stage(R"(storm_ms: 1000 fault { one_way { from { id: 1 } to { id: 2 } } })");
  stage.run_to(300);
  CHECK(got(stage, 2, 1, 0, 300) == 0);
  CHECK(got(stage, 1, 2, 0, 300) > 0);
  CHECK(got(stage, 3, 1, 0, 300) > 0);
}

TEST_CASE("a bridge reaches both halves, which do not reach each other") {
  Stage stage(R"(storm_ms: 1000 fault {
    bridge { bridge { id: 3 } left { id: 1 } left { id: 2 } } })");
  stage.run_to(300);
  for (const std::uint32_t left : {1u, 2u}) {
    for (const std::uint32_t right : {4u, 5u}) {
      CHECK(got(stage, left, right, 0, 300) == 0);
      CHECK(got(stage, right, left, 0, 300) == 0);
      CHECK(got(stage, 3, left, 0, 300) > 0);
      CHECK(got(stage, right, 3, 0, 300) > 0);
    }
  }
  CHECK(got(stage, 1, 2, 0, 300) > 0);
  CHECK(got(stage, 4, 5, 0, 300) > 0);
}

TEST_CASE("a slow link delays its own messages only, a delay spike all of them") {
  Stage slow(R"(storm_ms: 1000 fault { slow_link { from { id: 1 } to { id: 2 } extra_ms: 80 } })");
  Stage spike(R"(storm_ms: 1000 fault { delay_spike { extra_ms: 80 } })");
  Stage control(kNothing);
  for (auto* stage : {&slow, &spike, &control}) stage->run_to(500);
  CHECK(slowest(slow, 1, 2, 0) >= 80);
  CHECK(slowest(slow, 2, 1, 0) < 10);
  CHECK(slowest(slow, 1, 3, 0) < 10);
  CHECK(slowest(spike, 1, 2, 0) >= 80);
  CHECK(slowest(spike, 5, 3, 0) >= 80);
  CHECK(slowest(control, 1, 2, 0) < 10);
  CHECK(slow.effects() > 0);
  CHECK(spike.effects() > slow.effects());
}

TEST_CASE("loss, duplicates and reordering happen at about their rate") {
  Stage loss("storm_ms: 5000 fault { loss { ppm: 200000 } }");
  Stage twice("storm_ms: 5000 fault { duplicate { ppm: 200000 } }");
  Stage mixed("storm_ms: 5000 fault { reorder { ppm: 200000 } }");
  Stage control("storm_ms: 5000");
  for (auto* stage : {&loss, &twice, &mixed, &control}) stage->run_to(2000);
  const auto share = [](const Stage& stage, std::uint64_t part) {
    return 100 * part / stage.cluster.counts().messages;
  };
  CHECK(share(loss, loss.effects()) >= 17);
  CHECK(share(loss, loss.effects()) <= 23);
  CHECK(loss.count(Kind::Dropped) == loss.effects());
  CHECK(share(twice, twice.cluster.counts().duplicated) >= 17);
  CHECK(twice.cluster.counts().duplicated == twice.effects());
  CHECK(repeated(twice) > 10);
  CHECK(overtaken(mixed) > 5);
  CHECK(mixed.effects(chaos::FaultKind::Reorder) > 100);
  CHECK(control.count(Kind::Dropped) == 0);
  CHECK(repeated(control) == 0);
  CHECK(overtaken(control) == 0);
}

TEST_CASE("conditions hold for all links and disks during the storm and are counted") {
  Stage stage(R"(storm_ms: 2000 conditions { delay_low_us: 20000 delay_high_us: 30000
    loss_ppm: 100000 duplicate_ppm: 100000 reorder_ppm: 100000
    sync_low_us: 50000 sync_high_us: 50000 })");
  Stage control(kNothing);
  stage.run_to(1000);
  control.run_to(1000);
  CHECK(slowest(stage, 1, 2, 0) >= 20);
  CHECK(stage.effects(chaos::FaultKind::Loss) == stage.count(Kind::Dropped));
  CHECK(stage.effects(chaos::FaultKind::Loss) > 50);
  CHECK(stage.effects(chaos::FaultKind::Duplicate) > 50);
  CHECK(stage.effects(chaos::FaultKind::Reorder) > 50);
  CHECK(stage.cluster.counts().syncs * 4 < control.cluster.counts().syncs);
  CHECK(control.effects(chaos::FaultKind::Loss) == 0);
  stage.injector.heal();
  CHECK(stage.cluster.network().loss_ppm == 0);
  CHECK(stage.cluster.network().delay == control.cluster.network().delay);
  CHECK(stage.cluster.sync() == control.cluster.sync());
}

TEST_CASE("a fault that finds nothing to do says so") {
  Stage stage(R"(storm_ms: 1000 fault { isolate { node { id: 1 } } }
    fault { at_ms: 100 for_ms: 100 one_way { from { id: 1 } to { id: 2 } } })");
  stage.run_to(500);
  REQUIRE(stage.injector.injected().size() == 2);
  CHECK(stage.effects(0) > 0);
  CHECK(stage.effects(1) == 0);
  CHECK(stage.injector.injected()[1].story == "n1 does not reach n2 for 100 ms");
  CHECK(ms(stage.injector.injected()[1].at) == 100);
}

}  // namespace
}  // namespace lockstep::toy_faults
