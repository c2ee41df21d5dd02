#include "labs/raft/properties.h"

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

Property story(Storm storm, std::string_view text) {
  const auto parsed = chaos::parse_plan(text);
  LOCKSTEP_CHECK(std::holds_alternative<FaultPlan>(parsed));
  return [storm = std::move(storm), plan = std::get<FaultPlan>(parsed)](
             const chaos::System&, std::uint64_t) { return run_of(storm, plan); };
}

}  // namespace lockstep::labs
