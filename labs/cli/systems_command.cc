#include <fmt/core.h>

#include "labs/cli/commands.h"
#include "labs/systems/registry.h"

namespace lockstep::labs {
namespace {

/// n nodes, d the delay of a message, s the time of a stable write; of the default options.
void print_cost(const chaos::Cost& cost) {
  fmt::print("\n  costs {} nodes for f crashes; a write: {} messages, {}", cost.nodes,
             to_string(cost.messages), to_string(cost.write));
  for (const auto& read : cost.reads) {
    fmt::print("; {} read: {}", read.level.empty() ? "a" : read.level, to_string(read.steps));
  }
}

int list_systems() {
  for (const auto& system : all_systems()) {
    fmt::print("{}\n  promises {}\n  {}\n  replicates", system.name, system.promise, system.paper);
    for (const auto& machine : system.machines) fmt::print(" {}", machine);
    if (system.cost) print_cost(*system.cost({}));
    fmt::print("\n  options\n");
    for (const auto& option : system.options) {
      fmt::print("    {:<18} {} (default {})\n", option.name, option.help, option.default_value);
    }
    fmt::print("\n");
  }
  return 0;
}

}  // namespace

void add_systems(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand("systems", "List the systems, their promises and options");
  command->callback([&action] { action = list_systems; });
}

}  // namespace lockstep::labs
