#include "chaos/smaller_run.h"

namespace lockstep::chaos {
namespace {

void shrink_workload(RunSpec& spec, const StillFails& fails) {
  const auto shrinks = [&](std::uint64_t operations, std::uint32_t clients) {
    RunSpec smaller = spec;
    smaller.workload.operations = operations;
    smaller.workload.clients = clients;
    if (!fails(smaller)) return false;
    spec = std::move(smaller);
    return true;
  };
  for (bool shrank = true; shrank;) {
    shrank = false;
    const auto& workload = spec.workload;
    if (workload.clients > 1) shrank = shrinks(workload.operations, workload.clients - 1);
    for (const std::uint64_t percent : {50u, 75u, 90u}) {
      const std::uint64_t fewer = workload.operations * percent / 100;
      if (shrank || fewer < workload.clients) continue;
      shrank = shrinks(fewer, workload.clients);
    }
  }
}

}  // namespace

RunSpec smallest_run(RunSpec spec, const StillFails& fails, std::uint64_t plan_budget) {
  const auto still_fails = [&](const FaultPlan& plan) {
    RunSpec attempt = spec;
    attempt.plan = plan;
    return fails(attempt);
  };
  spec.plan = shrink(spec.plan, still_fails, plan_budget);
  shrink_workload(spec, fails);
  return spec;
}

}  // namespace lockstep::chaos
