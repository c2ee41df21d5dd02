#include "consensus/abd/abd.h"
#include "consensus/abd/monitors.h"
#include "labs/systems/option_reader.h"
#include "labs/systems/registry.h"

namespace lockstep::labs {

using chaos::OptionValues;
using chaos::System;
using consensus::Abd;

namespace {

const std::vector<chaos::SystemOption>& options() {
  static const std::vector<chaos::SystemOption> all{
      {"write_back", "on",
       "a reader spreads what it read before it answers; off breaks linearizability"},
      {"retry", "40ms..60ms", "how long a coordinator waits before it asks again"},
  };
  return all;
}

std::variant<std::shared_ptr<transport::Node>, std::string> make_node(
    const OptionValues& given, const statemachine::MachineKind&) {
  OptionReader reader(given, options());
  Abd::Options abd;
  abd.write_back = reader.flag("write_back");
  abd.retry = reader.range("retry");
  if (reader.problem()) return *reader.problem();
  return std::make_shared<transport::Hosted<Abd>>(abd);
}

/// Two rounds; only a write has something to write down, before its second round and in it. A read
/// of what all know already writes nothing.
chaos::Cost cost(const OptionValues& given) {
  OptionReader reader(given, options());
  const bool has_two_rounds = reader.flag("write_back");
  return {"2f+1", {-4, 4}, {{4}, {2}}, {{"", {{has_two_rounds ? 4 : 2}, {}}}}};
}

}  // namespace

System abd_system() {
  System system;
  system.name = "abd";
  system.paper =
      "Attiya, Bar-Noy, Dolev: Sharing Memory Robustly in Message-Passing Systems (JACM 1995)";
  system.promise = "a linearizable register, as long as a majority of the nodes answers";
  system.options = options();
  system.machines = {"register"};
  system.compare_and_set = false;
  system.any_node = true;
  system.message_names = {"Query", "QueryReply", "Update", "UpdateReply"};
  system.floor = {{chaos::Reach::Operations, 20}, {chaos::Reach::Bites, 1}};
  system.make_node = make_node;
  system.cost = cost;
  system.survives = [](const OptionValues&) { return chaos::FaultModel::crash_recovery(); };
  system.monitors = [](std::uint32_t) {
    return std::vector<chaos::AnyMonitor>{chaos::AnyMonitor(consensus::AbdMonitor{})};
  };
  system.promises = [] { return chaos::AnyPromises(consensus::AbdPromises{}); };
  return system;
}

}  // namespace lockstep::labs
