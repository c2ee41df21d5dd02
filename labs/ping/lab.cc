#include "labs/ping/lab.h"

#include "labs/ping/complete_rounds.h"
#include "labs/ping/ping.messages.h"
#include "transport/process/remote.h"

namespace lockstep::labs {

namespace {

std::variant<std::shared_ptr<transport::Node>, std::string> make_node(
    const chaos::OptionValues&, const statemachine::MachineKind&) {
  const transport::NodeSpec spec{"", "", {{"resend", "40ms..60ms"}}};
  return std::shared_ptr<transport::Node>(transport::remote_node<lab::ping::Message>(spec));
}

chaos::System system() {
  chaos::System system;
  system.name = "ping";
  system.promise = "a round is complete when everybody answered in it";
  // No test asks for a command of it: a client says "ping" and gets the number of its round.
  system.machines = {"register"};
  system.message_names = {"Ping", "Pong"};
  system.reach_names = {"complete_round"};
  system.make_node = make_node;
  system.survives = [](const chaos::OptionValues&) { return chaos::FaultModel::crash_recovery(); };
  system.monitors = [](std::uint32_t nodes) {
    return std::vector<chaos::AnyMonitor>{chaos::AnyMonitor(CompleteRounds(nodes))};
  };
  system.promises = [] { return std::optional<chaos::AnyPromises>(); };
  return system;
}

}  // namespace

Lab ping_lab() {
  Lab lab;
  lab.name = "ping";
  lab.title = "Ping: find one bug with the failure page (no points)";
  lab.version = "1";
  lab.system = system();
  LabBuilder builder(lab);
  builder.part('A', "Who is there?", "1");
  add_ping_tests(builder);
  return lab;
}

}  // namespace lockstep::labs
