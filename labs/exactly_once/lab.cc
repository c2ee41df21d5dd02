#include "labs/exactly_once/lab.h"

#include "labs/exactly_once/bounded_storage.h"
#include "labs/exactly_once/exactly_once.messages.h"
#include "labs/exactly_once/named_requests.h"
#include "transport/process/remote.h"

namespace lockstep::labs {

using chaos::AnyMonitor;
using chaos::FaultKind;
using transport::NodeId;

namespace {

constexpr NodeId kServer{1};

std::shared_ptr<transport::Node> make_node_for(const chaos::OptionValues&,
                                               const statemachine::MachineKind& machine,
                                               NodeId node) {
  const transport::NodeSpec spec{node == kServer ? "server" : "client",
                                 std::string(machine.name),
                                 {{"server", "1"}, {"retry", "40ms..60ms"}}};
  return transport::remote_node<lab::exactly_once::Message>(spec);
}

/// Users share the client nodes out among themselves.
NodeId home(transport::ClientId client, std::uint32_t nodes) {
  return NodeId{static_cast<std::uint32_t>(2 + (number(client) - 1) % (nodes - 1))};
}

chaos::System system() {
  chaos::System system;
  system.name = "exactly_once";
  system.promise = "a linearizable state machine, and each request executed once";
  system.machines = {"kv", "counter", "register"};
  system.exactly_once = true;
  system.message_names = {"Call", "Answer"};
  system.floor = {{chaos::Reach::Operations, 20}, {chaos::Reach::Bites, 1}};
  system.make_node = [](const chaos::OptionValues& options,
                        const statemachine::MachineKind& machine)
      -> std::variant<std::shared_ptr<transport::Node>, std::string> {
    return make_node_for(options, machine, kServer);
  };
  system.make_node_for = make_node_for;
  system.home = home;
  system.survives = [](const chaos::OptionValues&) { return chaos::FaultModel::crash_recovery(); };
  system.monitors = [](std::uint32_t) {
    return std::vector<AnyMonitor>{AnyMonitor(NamedRequests()),
                                   AnyMonitor(BoundedStorage(kServer))};
  };
  system.promises = [] { return std::optional<chaos::AnyPromises>(); };
  return system;
}

}  // namespace

Lab exactly_once_lab() {
  Lab lab;
  lab.name = "exactly_once";
  lab.title = "Exactly once: a client and a server over a network that loses and repeats";
  lab.version = "1";
  lab.system = system();
  LabBuilder builder(lab);
  builder.part('A', "Exactly once, by sessions", "4-7");
  add_directed_tests(builder);
  add_network_tests(builder);
  builder.part('B', "Read a trace, find the bug", "1");
  add_trace_questions(builder);
  builder.part('C', "Judge six histories by hand", "1");
  add_history_questions(builder);
  return lab;
}

}  // namespace lockstep::labs
