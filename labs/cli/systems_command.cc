#include <fmt/core.h>

#include "labs/cli/commands.h"
#include "labs/systems/registry.h"

namespace lockstep::labs {
namespace {

int list_systems() {
  for (const auto& system : all_systems()) {
    fmt::print("{}\n  promises {}\n  {}\n  replicates", system.name, system.promise, system.paper);
    for (const auto& machine : system.machines) fmt::print(" {}", machine);
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
