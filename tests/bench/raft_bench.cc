// Raft with five nodes and sixteen requests under way: what each part of a run costs.
#include <memory>

#include "chaos/fault_plans.h"
#include "chaos/injector.h"
#include "tests/bench/cluster_bench.h"
#include "tests/bench/raft_load.h"
#include "transport/process/child.h"

namespace lockstep::bench {
namespace {

using transport::Cluster;

Load monitored(std::shared_ptr<Monitors>& monitors) {
  Load load = raft_load();
  load.attach = [&monitors](Cluster& cluster) {
    monitors = std::make_shared<Monitors>(cluster);
    cluster.add_observer(monitors.get());
  };
  return load;
}

void raft_by_pointer(benchmark::State& state) { run(state, raft_load(), transport::in_process()); }
BENCHMARK(raft_by_pointer);

void raft_with_monitors(benchmark::State& state) {
  std::shared_ptr<Monitors> monitors;
  run(state, monitored(monitors), transport::in_process());
}
BENCHMARK(raft_with_monitors);

/// Monitors, and an injector that loses, repeats and delays messages.
void raft_with_monitors_and_faults(benchmark::State& state) {
  std::shared_ptr<Monitors> monitors;
  std::unique_ptr<chaos::Injector> injector;
  chaos::FaultPlan plan;
  plan.set_storm_ms(3'600'000);
  // Between nodes only: a client of this load would wait for a lost reply for ever.
  plan.add_fault()->mutable_loss()->set_ppm(5'000);
  plan.add_fault()->mutable_duplicate()->set_ppm(5'000);
  Load load = monitored(monitors);
  const auto attach_monitors = load.attach;
  load.attach = [&](Cluster& cluster) {
    attach_monitors(cluster);
    injector = std::make_unique<chaos::Injector>(cluster, plan, 1);
    cluster.add_observer(injector.get());
    cluster.set_interceptor(injector.get());
    injector->begin();
  };
  run(state, load, transport::in_process());
}
BENCHMARK(raft_with_monitors_and_faults);

void raft_through_the_wire(benchmark::State& state) {
  std::shared_ptr<Monitors> monitors;
  run(state, monitored(monitors), transport::in_process({.wire = true}));
}
BENCHMARK(raft_through_the_wire);

void raft_in_child_processes(benchmark::State& state) {
  run(state, raft_load(), transport::child_processes());
}
BENCHMARK(raft_in_child_processes)->UseRealTime();

}  // namespace
}  // namespace lockstep::bench
