// ABD with five replicas and four clients, the digest of the run included: by pointer, through the
// wire format, and in child processes. Another protocol's benchmark looks just like this one.
#include "consensus/abd/abd.h"
#include "statemachine/register.h"
#include "tests/bench/cluster_bench.h"
#include "transport/process/child.h"

namespace lockstep::bench {
namespace {

Load abd() {
  Load load;
  load.make = [] {
    return std::make_unique<transport::Hosted<consensus::Abd>>(consensus::Abd::Options{});
  };
  load.command = [](std::uint64_t sequence) {
    return sequence % 2 == 0 ? statemachine::register_machine::read()
                             : statemachine::register_machine::write("sixteen bytes...");
  };
  return load;
}

void abd_by_pointer(benchmark::State& state) { run(state, abd(), transport::in_process()); }
BENCHMARK(abd_by_pointer);

void abd_through_the_wire(benchmark::State& state) {
  run(state, abd(), transport::in_process({.wire = true}));
}
BENCHMARK(abd_through_the_wire);

void abd_in_child_processes(benchmark::State& state) {
  run(state, abd(), transport::child_processes());
}
// The work is done in the children, so that CPU time of this process would flatter.
BENCHMARK(abd_in_child_processes)->UseRealTime();

/// One timer event of a node in a child process that has nothing to do: the bare round trip.
void child_round_trip(benchmark::State& state) {
  const auto make = transport::child_processes();
  const transport::Hosted<consensus::Abd> prototype{consensus::Abd::Options{}};
  const auto host = make(prototype);
  transport::World world;
  world.self = transport::NodeId{1};
  world.initial_members = {transport::NodeId{1}};
  host->handle(world, {});
  transport::Step step;
  step.kind = transport::Step::Kind::Timer;
  for (auto _ : state) host->handle(world, step);
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(child_round_trip)->UseRealTime();

}  // namespace
}  // namespace lockstep::bench
