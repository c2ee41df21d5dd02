// `lockstep replay`: a run step by step, from its trace or by running it again.
#include <fmt/core.h>

#include <filesystem>
#include <memory>

#include "chaos/trace.h"
#include "labs/cli/commands.h"
#include "labs/cli/run_options.h"
#include "labs/cli/trace_options.h"
#include "labs/systems/registry.h"

namespace lockstep::labs {

using chaos::Trace;

namespace {

constexpr int kUsage = 2;

struct ReplayCommand {
  RunOptions options;  ///< `system` is what the user named: a trace file or a system
  std::uint64_t seed = 1;
  TraceOptions shown;
  /// The first flag that only makes sense for a system, if one was given.
  std::string run_flag;
};

std::variant<Trace, UsageError> run_again(const ReplayCommand& command) {
  auto resolved = command.options.resolve(command.seed);
  if (auto* error = std::get_if<UsageError>(&resolved)) return *error;
  auto recorded = chaos::record(std::get<chaos::RunSpec>(std::move(resolved)));
  auto parsed = Trace::parse(std::move(recorded.trace), "the trace of this run");
  if (const auto* error = std::get_if<chaos::TraceError>(&parsed)) return UsageError{error->text()};
  return std::move(std::get<Trace>(parsed));
}

std::variant<Trace, UsageError> open_file(const ReplayCommand& command) {
  const std::string& path = command.options.system;
  if (!command.run_flag.empty()) {
    return UsageError{fmt::format("{} says what to run, but {} is a trace: a run that is over",
                                  command.run_flag, path)};
  }
  auto opened = Trace::open(path);
  if (const auto* error = std::get_if<chaos::TraceError>(&opened)) return UsageError{error->text()};
  return std::move(std::get<Trace>(opened));
}

std::variant<Trace, UsageError> trace_of(const ReplayCommand& command) {
  const std::string& name = command.options.system;
  if (find_system(name) != nullptr) return run_again(command);
  std::error_code ignored;
  if (std::filesystem::is_regular_file(name, ignored)) return open_file(command);
  std::vector<std::string> known;
  for (const auto& system : all_systems()) known.push_back(system.name);
  return UsageError{
      fmt::format("{} is neither a file nor a system{}", name, chaos::did_you_mean(name, known))};
}

int refuse(const UsageError& error) {
  fmt::print(stderr, "lockstep replay: {}\n", error.message);
  return kUsage;
}

int execute(ReplayCommand& command) {
  if (const auto error = command.shown.read()) return refuse(*error);
  auto trace = trace_of(command);
  if (const auto* error = std::get_if<UsageError>(&trace)) return refuse(*error);
  if (const auto error = command.shown.show(std::get<Trace>(trace))) return refuse(*error);
  return 0;
}

/// Remembers whether a flag was given that says what to run.
std::string first_given(const CLI::App& command, const std::vector<std::string>& flags) {
  for (const auto& flag : flags) {
    if (command.count(flag) > 0) return flag;
  }
  return "";
}

}  // namespace

void add_replay(CLI::App& app, Action& action) {
  auto* app_command = app.add_subcommand("replay", "Show a run step by step");
  auto command = std::make_shared<ReplayCommand>();
  app_command
      ->add_option("trace", command->options.system,
                   "A file that `lockstep run --trace` wrote, or a system to run again")
      ->required();
  std::vector<std::string> run_flags;
  app_command->add_option("--seed", command->seed, "The seed of the run")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber);
  command->options.add_to(*app_command);
  for (const auto* option : app_command->get_options()) {
    if (option->nonpositional() && option->get_name() != "--help") {
      run_flags.push_back(option->get_name());
    }
  }
  command->shown.add_to(*app_command);
  app_command->footer(
      "Filters may be repeated (--node, --message) and combined: all kinds given must hold.\n"
      "Examples:\n"
      "  lockstep run raft --seed 7 --trace run.trace\n"
      "  lockstep replay run.trace --from 180 --until 210 --node 3\n"
      "  lockstep replay raft --seed 7 --follow 2:15\n"
      "Exit codes: 0 the steps were shown, whatever the verdict; 2 usage or input error.");
  app_command->callback([command, app_command, run_flags, &action] {
    command->run_flag = first_given(*app_command, run_flags);
    action = [command] { return execute(*command); };
  });
}

}  // namespace lockstep::labs
