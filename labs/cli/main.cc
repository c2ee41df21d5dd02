#include <fmt/core.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <exception>
#include <optional>
#include <string>
#include <vector>

#include "chaos/run_description.h"
#include "labs/cli/commands.h"

namespace {

constexpr int kUsage = 2;
constexpr int kInfrastructure = 3;

std::optional<std::string> unknown_command(const CLI::App& app, int argc, char** argv) {
  if (argc < 2 || argv[1][0] == '-') return std::nullopt;
  std::vector<std::string> known;
  for (const auto* command : app.get_subcommands({})) known.push_back(command->get_name());
  if (std::find(known.begin(), known.end(), argv[1]) != known.end()) return std::nullopt;
  return fmt::format("there is no command \"{}\"{}", argv[1],
                     lockstep::chaos::did_you_mean(argv[1], known));
}

int run(int argc, char** argv) {
  CLI::App app{
      "Runs replication protocols in virtual time, breaks what can break, and tells whether "
      "what clients saw was right."};
  app.name("lockstep");
  app.set_version_flag("--version", LOCKSTEP_VERSION);
  app.require_subcommand(1);
  app.footer(
      "Examples:\n"
      "  lockstep run raft                          one run under faults, with its verdict\n"
      "  lockstep run raft --seeds 1..1000          many, on all cores\n"
      "  lockstep replay raft --seed 7 --node 3     the same run step by step\n"
      "  lockstep check history.edn                 is a recorded history linearizable?\n"
      "  lockstep compare raft abd                  two systems side by side\n"
      "  lockstep lab list                          exercises, with tests and points\n\n"
      "Exit codes: 0 fine; 1 a violation was found; 2 usage or input error; 3 unknown, invalid or\n"
      "infrastructure.");
  lockstep::labs::Action action;
  lockstep::labs::add_run(app, action);
  lockstep::labs::add_replay(app, action);
  lockstep::labs::add_check(app, action);
  lockstep::labs::add_systems(app, action);
  lockstep::labs::add_compare(app, action);
  lockstep::labs::add_lab(app, action);
  if (const auto unknown = unknown_command(app, argc, argv)) {
    fmt::print(stderr, "lockstep: {}\n", *unknown);
    return kUsage;
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kUsage;
  }
  return action();
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_DFL);
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    fmt::print(stderr, "lockstep: {}\n", error.what());
    return kInfrastructure;
  }
}
