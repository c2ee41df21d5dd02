// `lockstep replay`: a run step by step, from its trace or by running it again.
#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>

#include "chaos/trace.h"
#include "chaos/trace.pb.h"
#include "chaos/trace_view.h"
#include "labs/cli/commands.h"
#include "labs/cli/run_options.h"
#include "labs/systems/registry.h"

namespace lockstep::labs {

using chaos::Trace;
using chaos::TraceFilter;

namespace {

constexpr int kUsage = 2;

struct ReplayCommand {
  RunOptions options;  ///< `system` is what the user named: a trace file or a system
  std::uint64_t seed = 1;
  std::string from;
  std::string until;
  std::string follow;
  TraceFilter filter;
  chaos::TraceStyle style;
  /// The first flag that only makes sense for a system, if one was given.
  std::string run_flag;
};

std::optional<UsageError> read_moment(const std::string& text, const char* flag,
                                      std::optional<chaos::Moment>& moment) {
  if (text.empty()) return {};
  const auto read = chaos::parse_moment(text);
  if (const auto* wrong = std::get_if<std::string>(&read)) {
    return UsageError{fmt::format("{} {}: {}", flag, text, *wrong)};
  }
  moment = std::get<chaos::Moment>(read);
  return {};
}

std::optional<UsageError> read_filter(ReplayCommand& command) {
  if (auto error = read_moment(command.from, "--from", command.filter.from)) return error;
  if (auto error = read_moment(command.until, "--until", command.filter.until)) return error;
  if (command.follow.empty()) return {};
  const auto read = chaos::parse_request_name(command.follow);
  if (const auto* wrong = std::get_if<std::string>(&read)) {
    return UsageError{fmt::format("--follow {}: {}", command.follow, *wrong)};
  }
  command.filter.follow = std::get<chaos::RequestName>(read);
  return {};
}

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

/// A name that is not in the trace would only print nothing.
std::optional<UsageError> check_names(const TraceFilter& filter, Trace& trace) {
  const auto& nodes = trace.header().node();
  for (const auto node : filter.nodes) {
    if (std::find(nodes.begin(), nodes.end(), node) != nodes.end()) continue;
    return UsageError{fmt::format("--node {}: the nodes are {}", node, fmt::join(nodes, ", "))};
  }
  if (filter.messages.empty()) return {};
  const auto known = message_names(trace);
  for (const auto& name : filter.messages) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    return UsageError{fmt::format("--message {}: no such message was sent; there are: {}", name,
                                  fmt::join(known, ", "))};
  }
  return {};
}

int refuse(const UsageError& error) {
  fmt::print(stderr, "lockstep replay: {}\n", error.message);
  return kUsage;
}

int execute(ReplayCommand& command) {
  if (const auto error = read_filter(command)) return refuse(*error);
  auto trace = trace_of(command);
  if (const auto* error = std::get_if<UsageError>(&trace)) return refuse(*error);
  auto& steps = std::get<Trace>(trace);
  if (const auto error = check_names(command.filter, steps)) return refuse(*error);
  // A reader that has seen enough closes the pipe; that is no error.
  chaos::print(steps, command.filter, command.style, [](std::string_view text) {
    return std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
  });
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
  app_command->add_option("--from", command->from,
                          "Begin at this virtual time in ms (12.5) or event (#345)");
  app_command->add_option("--until", command->until, "End after this time or event");
  app_command->add_option("--node", command->filter.nodes, "Only what happens at this node")
      ->allow_extra_args(false);
  app_command
      ->add_option("--message", command->filter.messages,
                   "Only messages of this type, such as AppendEntries")
      ->allow_extra_args(false);
  app_command->add_option("--follow", command->follow,
                          "Only what touches this request, as CLIENT:SEQUENCE");
  app_command->add_flag("--full", command->style.full, "Cut nothing");
  app_command->add_option("--width", command->style.width, "Columns")
      ->capture_default_str()
      ->check(CLI::Range(60, 1000));
  app_command->add_flag("--json", command->style.json, "Print one JSON object per line");
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
