#include "labs/sample/lab.h"

#include "labs/sample/sample.messages.h"
#include "transport/process/remote.h"

namespace lockstep::labs {

namespace {

/// What a student's LOCKSTEP_NODE is told of a node; `options` are names and values of your own.
std::variant<std::shared_ptr<transport::Node>, std::string> make_node(
    const chaos::OptionValues&, const statemachine::MachineKind& machine) {
  const transport::NodeSpec spec{"", std::string(machine.name), {{"primary", "1"}}};
  return std::shared_ptr<transport::Node>(transport::remote_node<lab_sample::Message>(spec));
}

chaos::System system() {
  chaos::System system;
  system.name = "sample";
  system.promise = "a linearizable state machine, whichever node a client asks";
  system.machines = {"kv"};
  // Clients may repeat a request under the same name, and ask any node.
  system.exactly_once = true;
  system.any_node = true;
  system.message_names = {"Forward"};
  // A run that reaches less than this proves nothing, and counts as infrastructure or as stuck.
  system.floor = {{chaos::Reach::Operations, 20}, {chaos::Reach::Bites, 1}};
  system.make_node = make_node;
  system.survives = [](const chaos::OptionValues&) { return chaos::FaultModel::crash_recovery(); };
  // A monitor watches messages and claims of all nodes: labs/ping/complete_rounds.h is a small one.
  system.monitors = [](std::uint32_t) { return std::vector<chaos::AnyMonitor>(); };
  system.promises = [] { return std::optional<chaos::AnyPromises>(); };
  return system;
}

}  // namespace

Lab sample_lab() {
  Lab lab;
  lab.name = "sample";
  lab.title = "Sample: many doors, one machine";
  // Seeds of a grading are drawn from it: another version, other seeds.
  lab.version = "1";
  lab.system = system();
  LabBuilder builder(lab);
  builder.part('A', "One machine", "1");
  add_sample_network_tests(builder);
  builder.part('B', "Crashes", "1");
  add_sample_crash_tests(builder);
  return lab;
}

}  // namespace lockstep::labs
