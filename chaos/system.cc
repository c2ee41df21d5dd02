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

std::vector<AnyMonitor> monitors_of(const System& system, std::uint32_t nodes,
                                    const OptionValues& options) {
  return system.monitors_for ? system.monitors_for(nodes, options) : system.monitors(nodes);
}

}  // namespace lockstep::chaos
