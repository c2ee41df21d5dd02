#include "labs/raft/properties.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>

#include "transport/check.h"

namespace lockstep::labs {

using chaos::FaultModel;
using chaos::FaultPlan;
using chaos::RunSpec;

namespace {

/// Longer storms cost more and find little more.
constexpr std::uint32_t kStormMs = 2500;

RunSpec run_of(const Storm& storm, const FaultPlan& plan) {
  RunSpec spec;
  spec.options = storm.options;
  spec.nodes = storm.nodes;
  spec.workload.operations = storm.operations;
  spec.workload.clients = storm.clients;
  spec.workload.keys = storm.keys;
  spec.workload.read_percent = storm.read_percent;
  spec.workload.value_bytes = storm.value_bytes;
  spec.workload.think = chaos::think_for(spec.workload, std::chrono::milliseconds(plan.storm_ms()));
  spec.plan = plan;
  spec.events_max = kEventsMax;
  spec.probe_stride = storm.probe_stride;
  return spec;
}

std::string any_torn_write(std::uint64_t seed) {
  std::string plan = fmt::format(
      "storm_ms: {} conditions {{ duplicate_ppm: 20000 sync_low_us: 500 sync_high_us: {} }}\n",
      kStormMs, seed % 4 == 1 ? 2'000 : 20'000);
  std::uint64_t write = 1 + seed % 4;
  for (std::uint64_t fault = 0; fault < 16; ++fault) {
    plan += fmt::format(
        "fault {{ on {{ nth: {} write {{ }} }} for_ms: {} torn_write {{ node {{ role: WRITER }} }} "
        "}}\n",
        write, 1 + (seed + fault) % 3 * 40);
    write += 5 + (seed * 7 + fault * 5) % 17;
  }
  return plan;
}

/// A candidate is cut off as the first vote for it leaves. When the next one asks, the write of a
/// vote is torn, of a node that voted before and has not heard of a leader since.
std::string torn_votes(std::uint64_t seed) {
  std::string plan = fmt::format("storm_ms: {}\n", kStormMs);
  for (std::uint64_t chain = 0; chain < 3; ++chain) {
    plan += fmt::format(
        R"(
fault {{ name: "cut{0}" at_ms: {1} for_ms: 600 isolate {{ node {{ role: LEADER }} }} }}
fault {{ name: "lost{0}" on {{ after: "cut{0}" message {{ name: "VoteReply"
    field {{ field: "granted" equals: "true" }} field {{ field: "pre_vote" equals: "false" }} }} }}
    for_ms: 400 isolate {{ node {{ role: RECEIVER }} }} }}
fault {{ on {{ after: "lost{0}" nth: {2} message {{ name: "RequestVote"
    field {{ field: "pre_vote" equals: "false" }} }} }} for_ms: 1
    torn_write {{ node {{ role: RECEIVER }} }} }}
)",
        chain, 300 + 800 * chain, 1 + (seed / 2 + chain) % 4);
  }
  return plan;
}

/// One of three is cut off while the others commit. A write of the second is torn; and then the
/// third, which leads, is cut off instead of the first.
std::string torn_followers_plan(std::uint64_t seed) {
  std::string plan = fmt::format("storm_ms: {}\n", kStormMs);
  for (std::uint64_t chain = 0; chain < 3; ++chain) {
    const std::uint64_t away = 1 + (seed + chain) % 3;
    const std::uint64_t torn = 1 + (seed + chain + 1 + seed / 3 % 2) % 3;
    plan += fmt::format(
        R"(
fault {{ name: "away{0}" at_ms: {1} for_ms: 500 isolate {{ node {{ id: {2} }} }} }}
fault {{ name: "torn{0}" on {{ after: "away{0}" nth: {4} write {{ node {{ id: {3} }} }} }} for_ms: 1
    torn_write {{ node {{ id: {3} }} }} }}
fault {{ on {{ after: "torn{0}" }} for_ms: 650 isolate {{ node {{ role: LEADER }} }} }}
)",
        chain, 250 + 800 * chain, away, torn, 8 + (seed * 5 + chain * 3) % 13);
  }
  return plan;
}

}  // namespace

Property swarm(Storm storm, FaultModel model) {
  return [storm = std::move(storm), model](const chaos::System& system, std::uint64_t seed) {
    FaultPlan plan = chaos::swarm_plan(seed, model, storm.nodes, system.message_names);
    plan.set_storm_ms(std::min(plan.storm_ms(), kStormMs));
    auto& conditions = *plan.mutable_conditions();
    conditions.set_duplicate_ppm(std::max(conditions.duplicate_ppm(), 20'000u));
    return run_of(storm, plan);
  };
}

Property torn_writes(Storm storm) {
  return [storm = std::move(storm)](const chaos::System& system, std::uint64_t seed) {
    return story(storm, seed % 2 == 0 ? torn_votes(seed) : any_torn_write(seed))(system, seed);
  };
}

Property torn_followers(Storm storm) {
  return [storm = std::move(storm)](const chaos::System& system, std::uint64_t seed) {
    Storm compacting = storm;
    // Whether most records of such a write are new or removed decides where it is cut.
    compacting.options["snapshot_every"] = seed % 2 == 0 ? "4" : "1";
    return story(compacting, torn_followers_plan(seed))(system, seed);
  };
}

Property story(Storm storm, std::string_view text) {
  const auto parsed = chaos::parse_plan(text);
  LOCKSTEP_CHECK(std::holds_alternative<FaultPlan>(parsed));
  return [storm = std::move(storm), plan = std::get<FaultPlan>(parsed)](
             const chaos::System&, std::uint64_t) { return run_of(storm, plan); };
}

}  // namespace lockstep::labs
