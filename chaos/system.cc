#include "chaos/system.h"

#include "transport/check.h"

namespace lockstep::chaos {

std::unique_ptr<transport::Node> make_node_of(const System& system, const OptionValues& options,
                                              const statemachine::MachineKind& machine,
                                              transport::NodeId node) {
  if (system.make_node_for) return system.make_node_for(options, machine, node)->fresh();
  const auto made = system.make_node(options, machine);
  const auto* prototype = std::get_if<std::shared_ptr<transport::Node>>(&made);
  LOCKSTEP_CHECK(prototype != nullptr);
  return (*prototype)->fresh();
}

std::uint32_t all_nodes(const System& system, const OptionValues& options, std::uint32_t nodes) {
  return nodes + (system.supporting_nodes ? system.supporting_nodes(options) : 0);
}

std::vector<transport::NodeId> serving_nodes(const System& system, const OptionValues& options,
                                             const std::vector<transport::NodeId>& founders) {
  std::vector<transport::NodeId> serving;
  for (const auto node : founders) {
    if (number(node) > all_nodes(system, options, 0)) serving.push_back(node);
  }
  return serving;
}

std::vector<AnyMonitor> monitors_of(const System& system, std::uint32_t nodes,
                                    const OptionValues& options) {
  return system.monitors_for ? system.monitors_for(nodes, options) : system.monitors(nodes);
}

}  // namespace lockstep::chaos
