// `lockstep lab debug`: gdb, stopped in the handler of one event.
#include <fmt/core.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <sstream>

#include "labs/cli/lab_suite.h"

namespace lockstep::labs {

namespace fs = std::filesystem;

namespace {

constexpr int kUsage = 2;
constexpr int kInfrastructure = 3;

struct DebugCommand {
  LabRun run;
  std::uint64_t at = 0;
  bool batch = false;
};

bool is_on_path(const std::string& program) {
  const char* path = std::getenv("PATH");
  std::istringstream folders(path == nullptr ? "" : path);
  for (std::string folder; std::getline(folders, folder, ':');) {
    if (access((fs::path(folder) / program).c_str(), X_OK) == 0) return true;
  }
  return false;
}

/// What gdb is told: to stop where the event begins, and then in whichever handler is entered next,
/// which are all called on().
const std::vector<std::string> kGdbCommands{"set pagination off",
                                            "set breakpoint pending on",
                                            "break lockstep_debug_event",
                                            "run",
                                            "delete",
                                            "break on",
                                            "continue"};

int debug(const DebugCommand& command) {
  const auto open = build_suite(command.run.target);
  if (!open) return kUsage;
  const LabTest* test = require_test(*open->lab, command.run.test);
  if (test == nullptr) return kUsage;
  if (!is_on_path("gdb")) {
    fmt::print(stderr, "lockstep lab: gdb is not installed; on Debian: apt install gdb\n");
    return kInfrastructure;
  }
  std::vector<std::string> arguments{"gdb", "-q"};
  if (command.batch) arguments.push_back("-batch");
  for (const auto& each : kGdbCommands) {
    arguments.push_back("-ex");
    arguments.push_back(each);
  }
  if (command.batch) {
    arguments.push_back("-ex");
    arguments.push_back("backtrace 4");
  }
  const std::vector<std::string> program{
      "--args", open->workspace.suite_program(),  "--one",     full_name(*test),
      "--seed", std::to_string(command.run.seed), "--stop-at", std::to_string(command.at)};
  arguments.insert(arguments.end(), program.begin(), program.end());
  if (command.run.small) arguments.push_back("--small");
  return become_program(arguments);
}

}  // namespace

void add_lab_debug(CLI::App& lab, Action& action) {
  auto* sub = lab.add_subcommand("debug", "Stop in gdb where a node handles an event");
  auto command = std::make_shared<DebugCommand>();
  command->run.add_to(*sub);
  sub->add_option("--at", command->at, "The number of the event, as the failure page has it")
      ->required()
      ->check(CLI::PositiveNumber);
  sub->add_flag("--batch", command->batch, "Print where it stopped, and leave");
  sub->footer(
      "Example:\n"
      "  lockstep lab debug raft A.first_leader --seed 7 --at 345");
  sub->callback([command, &action] { action = [command] { return debug(*command); }; });
}

}  // namespace lockstep::labs
