// Runs for tests: a system by name with its swarm plan, smaller than a user's.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "chaos/run_description.h"
#include "chaos/simulation.h"
#include "labs/systems/registry.h"
#include "tests/chaos/cases.h"

namespace lockstep::tests {

inline chaos::RunSpec swarm_run(std::string_view system, std::uint64_t seed,
                                std::uint64_t operations = 400, chaos::OptionValues options = {}) {
  chaos::RunSpec spec;
  spec.system = labs::find_system(system);
  spec.options = std::move(options);
  spec.seed = seed;
  spec.workload.machine = spec.system->machines.front();
  spec.workload.operations = operations;
  spec.plan = chaos::swarm_plan(*spec.system, spec.options, spec.nodes, seed);
  spec.workload.think = think_for(spec.workload, std::chrono::milliseconds(spec.plan.storm_ms()));
  return spec;
}

}  // namespace lockstep::tests
