#include "chaos/outage.h"

#include <fmt/core.h>

#include "chaos/fault_plan.pb.h"
#include "transport/check.h"

namespace lockstep::chaos {
namespace {

using namespace std::chrono_literals;
using transport::Duration;
using transport::NodeId;
using transport::Time;

constexpr Duration kBegins = 2s;

struct Disturbance {
  std::string_view name;
  std::string_view fault;  ///< its text, with L for the leader and A for another node
};

constexpr Disturbance kDisturbances[] = {
    {"nothing", ""},
    {"crash of the leader", "crash { node { id: L } }"},
    {"leader cut off", "isolate { node { id: L } }"},
    {"leader heard by nobody", "isolate { node { id: L } direction: OUTGOING }"},
    {"leader hears nobody", "isolate { node { id: L } direction: INCOMING }"},
    {"pause of the leader", "pause { node { id: L } }"},
    {"crash of another node", "crash { node { id: A } }"},
    {"another node cut off", "isolate { node { id: A } }"},
    {"pause of another node", "pause { node { id: A } }"},
    {"a tenth of all messages lost", "loss { ppm: 100000 }"},
};

FaultPlan plan_of(const Disturbance& disturbance, std::uint32_t leader, std::uint32_t nodes) {
  std::string text = "storm_ms: 6000";
  if (!disturbance.fault.empty()) {
    std::string fault(disturbance.fault);
    if (const auto id = fault.find("id: "); id != std::string::npos) {
      const std::uint32_t node = fault[id + 4] == 'L' ? leader : leader % nodes + 1;
      fault.replace(id + 4, 1, std::to_string(node));
    }
    text += fmt::format(" fault {{ at_ms: 2000 for_ms: 2000 {} }}", fault);
  }
  auto plan = parse_plan(text);
  LOCKSTEP_CHECK(std::holds_alternative<FaultPlan>(plan));
  return std::get<FaultPlan>(std::move(plan));
}

RunSpec probing(const System& system, const OptionValues& options, std::uint32_t nodes,
                std::uint64_t seed) {
  RunSpec spec;
  spec.system = &system;
  spec.options = options;
  spec.nodes = nodes;
  spec.seed = seed;
  spec.workload.machine = system.machines.front();
  spec.workload.clients = 1;
  spec.workload.open_loop = true;
  spec.workload.think = {kBetweenProbes, kBetweenProbes};
  spec.workload.operations = 600;
  spec.workload.keys = 256;  // Requests that are open for long are hard to judge on one key.
  spec.patience.attempt = {20ms, 40ms};
  return spec;
}

/// Who leads when the fault begins: until then all runs are the same.
std::uint32_t leader_of(const RunResult& undisturbed) {
  std::uint32_t leader = 1;
  for (const auto& reign : undisturbed.reigns) {
    if (reign.from < Time{kBegins}) leader = number(reign.leader);
  }
  return leader;
}

/// What one fault does not reach, or a budget leaves open, proves nothing against a system.
bool fails(const RunResult& result) {
  return result.judgement == Judgement::Wrong || result.judgement == Judgement::Stuck;
}

Duration unanswered(const History& history) {
  Duration sum{};
  for (const auto& operation : history.operations) {
    if (Duration{operation.invoked_at} < kBegins) continue;  // The group is still coming up.
    const Duration took{operation.returned_at - operation.invoked_at};
    if (!operation.returned || took > kProbeDeadline) sum += kBetweenProbes;
  }
  return sum;
}

}  // namespace

std::vector<Outage> outages_of(const System& system, const OptionValues& options,
                               std::uint32_t nodes, std::uint64_t seed) {
  std::vector<Outage> outages;
  RunSpec spec = probing(system, options, nodes, seed);
  std::uint32_t leader = 1;
  for (const auto& disturbance : kDisturbances) {
    Outage outage;
    outage.fault = disturbance.name;
    spec.plan = plan_of(disturbance, leader, nodes);
    for (const bool reads : {false, true}) {
      spec.workload.read_percent = reads ? 100 : 0;
      const RunResult result = simulate(spec);
      if (disturbance.fault.empty()) leader = leader_of(result);
      (reads ? outage.reads : outage.writes) = unanswered(result.history);
      if (!fails(result)) continue;
      outage.judgement = result.judgement;
      outage.story = result.story;
    }
    outages.push_back(std::move(outage));
  }
  return outages;
}

}  // namespace lockstep::chaos
