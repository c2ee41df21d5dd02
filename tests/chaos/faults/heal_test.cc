// After heal() the world is whole, whatever the storm did to it.
#include <doctest/doctest.h>

#include "tests/chaos/faults/stage.h"

namespace lockstep::toy_faults {
namespace {

using Kind = Witness::Kind;

/// Beats that arrive from everybody at everybody within 100 ms from now, by the sender's count.
void check_whole(Stage& stage) {
  const auto start = ms(stage.cluster.now());
  stage.seen.clear();
  stage.run_to(start + 200);
  for (std::uint32_t from = 1; from <= 5; ++from) {
    CAPTURE(from);
    CHECK(stage.cluster.is_up(n(from)));
    CHECK_FALSE(stage.cluster.is_paused(n(from)));
    const auto ticks = stage.count(Kind::Fired, from, 0, start + 100, start + 200);
    CHECK(ticks >= 9);
    CHECK(ticks <= 11);
    for (std::uint32_t to = 1; to <= 5; ++to) {
      if (to != from) CHECK(stage.count(Kind::Delivered, to, from, start + 100, start + 200) >= 16);
    }
  }
  CHECK(stage.count(Kind::Dropped, 0, 0, start + 5, start + 200) == 0);
  CHECK(stage.count(Kind::Crashed, 0, 0, start + 5, start + 200) == 0);
}

TEST_CASE("heal makes everything whole again, kind by kind") {
  for (const auto* fault :
       {"partition { group { node { id: 1 } node { id: 2 } } }", "isolate { node { id: 3 } }",
        "one_way { from { id: 1 } to { id: 2 } }",
        "bridge { bridge { id: 3 } left { id: 1 } left { id: 2 } }", "crash { node { id: 2 } }",
        "crash { node { id: 2 } point: AFTER_STORAGE }", "wipe { node { id: 2 } }",
        "pause { node { id: 4 } }", "slow_link { from { id: 1 } to { id: 2 } extra_ms: 90 }",
        "delay_spike { extra_ms: 90 }", "loss { ppm: 900000 }", "duplicate { ppm: 900000 }",
        "reorder { ppm: 900000 }", "clock_step { node { id: 2 } by_ms: 7000 }",
        "clock_drift { node { id: 2 } ppm: 400000 }", "torn_write { node { id: 2 } }",
        "lost_fsync { node { id: 2 } }", "bit_rot { node { id: 2 } }"}) {
    CAPTURE(fault);
    Stage stage(
        "storm_ms: 500 conditions { loss_ppm: 200000 sync_low_us: 9000 sync_high_us: 9000 }"
        " fault { at_ms: 50 " +
        std::string(fault) + " }");
    stage.run_to(500);
    CHECK(stage.effects() > 0);
    stage.injector.heal();
    check_whole(stage);
    for (const auto& one : stage.seen) {
      if (one.kind == Kind::Sent && one.name == "Beat" && ms(one.at) > 550) {
        CHECK(one.wall_us == static_cast<std::int64_t>(one.now_us));
      }
    }
  }
}

TEST_CASE("after heal triggers are void and timed faults do not begin") {
  Stage stage(R"(storm_ms: 1000
    fault { at_ms: 900 crash { node { id: 1 } } }
    fault { on { nth: 500 message { name: "Beat" } } crash { node { id: 2 } } }
    fault { on { nth: 60 write { } } crash { node { role: WRITER } } }
    fault { at_ms: 50 crash { node { id: 3 } point: AFTER_SEND sends: 90 } })");
  stage.run_to(60);
  stage.injector.heal();
  stage.run_to(2000);
  CHECK(stage.count(Kind::Crashed) == 0);
  CHECK(stage.injector.waiting() ==
        std::vector<std::string>{"n1 crashes", "n2 crashes", "the writer crashes"});
}

TEST_CASE("a swarm's storm is always followed by calm") {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    CAPTURE(seed);
    chaos::FaultModel everything = chaos::FaultModel::crash_recovery();
    everything.allow(chaos::FaultKind::Wipe).allow(chaos::FaultKind::BitRot);
    everything.allow(chaos::FaultKind::TornWrite).allow(chaos::FaultKind::LostFsync);
    Stage stage(chaos::swarm_plan(seed, everything, 5, {"Beat", "Heard"}), seed);
    stage.run_to(stage.plan.storm_ms());
    stage.injector.heal();
    // What the storm slowed down may still be on its way.
    stage.run_to(stage.plan.storm_ms() + 1000);
    check_whole(stage);
  }
}

}  // namespace
}  // namespace lockstep::toy_faults
