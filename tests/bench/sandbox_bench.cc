// What a cage costs: per event, and per life of a node. The world and its nodes share a core.
#include "consensus/abd/abd.h"
#include "statemachine/register.h"
#include "tests/bench/cluster_bench.h"
#include "transport/process/remote.h"
#include "transport/process/sandbox.h"

namespace lockstep::bench {
namespace {

using transport::Sandbox;

std::unique_ptr<transport::Node> remote_abd() {
  return transport::remote_node<consensus::Abd::Message>({});
}

/// Nothing, after it said why, if this machine lets no sandbox be opened.
std::unique_ptr<Sandbox> open(benchmark::State& state) {
  transport::stay_on_one_core();
  auto sandbox = Sandbox::open({.module = ABD_MODULE});
  if (auto* opened = std::get_if<std::unique_ptr<Sandbox>>(&sandbox)) return std::move(*opened);
  state.SkipWithError(std::get<std::string>(sandbox).c_str());
  return nullptr;
}

void abd_in_a_sandbox(benchmark::State& state) {
  const auto sandbox = open(state);
  if (sandbox == nullptr) return;
  Load load;
  load.make = remote_abd;
  load.command = [](std::uint64_t sequence) {
    return sequence % 2 == 0 ? statemachine::register_machine::read()
                             : statemachine::register_machine::write("sixteen bytes...");
  };
  run(state, load, sandbox->hosts());
}
BENCHMARK(abd_in_a_sandbox)->UseRealTime();

/// From a fork to the answer to the first event, and the end.
void life_in_a_sandbox(benchmark::State& state) {
  const auto sandbox = open(state);
  if (sandbox == nullptr) return;
  const auto make = sandbox->hosts();
  const auto prototype = remote_abd();
  transport::World world;
  world.self = transport::NodeId{1};
  world.initial_members = {transport::NodeId{1}};
  for (auto _ : state) make(*prototype)->handle(world, {});
}
BENCHMARK(life_in_a_sandbox)->UseRealTime();

/// Once per submission and group of tests.
void building_a_sandbox(benchmark::State& state) {
  for (auto _ : state) open(state);
}
BENCHMARK(building_a_sandbox)->UseRealTime();

}  // namespace
}  // namespace lockstep::bench
