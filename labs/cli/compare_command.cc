#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "chaos/run_description.h"
#include "labs/cli/account.h"
#include "labs/cli/commands.h"
#include "labs/cli/compare_account.h"
#include "labs/cli/run_options.h"
#include "labs/systems/option_reader.h"
#include "labs/systems/registry.h"

namespace lockstep::labs {

using chaos::FaultKind;
using chaos::FaultModel;
using chaos::FaultPlan;

namespace {

constexpr int kUsage = 2;

struct CompareCommand {
  std::vector<std::string> systems;
  std::uint32_t nodes = 5;
  std::string delay = "1ms";
  std::string sync = "500us";
  std::uint64_t operations = 200;
  std::uint64_t seed = 1;
  std::string faults = "swarm";
  bool json = false;
};

/// "raft" or "raft:read=lease,pre_vote=off", as flags of `run` say it.
RunOptions options_of(const CompareCommand& command, const std::string& column) {
  RunOptions options;
  options.system = column.substr(0, column.find(':'));
  options.nodes = command.nodes;
  options.faults = command.faults == "swarm" ? "none" : command.faults;
  options.default_options = true;
  for (auto at = column.find(':'); at != std::string::npos;) {
    const auto end = column.find(',', at + 1);
    options.options.push_back(column.substr(at + 1, end == std::string::npos ? end : end - at - 1));
    at = end;
  }
  return options;
}

/// What all of them promise to survive.
FaultModel shared_model(const std::vector<chaos::RunSpec>& runs) {
  FaultModel shared;
  std::uint32_t drift = shared.max_drift_ppm();
  for (std::size_t kind = 0; kind < chaos::kFaultKinds; ++kind) {
    bool survive = true;
    for (const auto& run : runs) {
      const auto model = run.system->survives(run.options);
      survive = survive && model.survives(static_cast<FaultKind>(kind));
      drift = std::min(drift, model.max_drift_ppm());
    }
    if (survive && static_cast<FaultKind>(kind) != FaultKind::Membership) {
      shared.allow(static_cast<FaultKind>(kind));
    }
  }
  return shared.limit_drift(drift);
}

Compared column_of(const CompareCommand& command, const std::string& name,
                   const chaos::RunSpec& run) {
  Compared column;
  column.name = name;
  column.system = run.system;
  if (run.system->cost) column.cost = run.system->cost(run.options);
  column.quiet.system = run.system;
  column.quiet.options = run.options;
  column.quiet.nodes = command.nodes;
  column.quiet.delay = parse_range(command.delay)->low;
  column.quiet.sync = parse_range(command.sync)->low;
  column.quiet.operations = command.operations;
  column.quiet.seed = command.seed;
  return column;
}

std::optional<UsageError> problem_with(const CompareCommand& command) {
  for (const auto& [flag, text] : {std::pair{"--delay", command.delay}, {"--sync", command.sync}}) {
    const auto range = parse_range(text);
    if (!range || range->low != range->high || range->low < transport::kQuantum) {
      return UsageError{
          fmt::format("{} {}: expected one duration of at least 100us, such as 2ms", flag, text)};
    }
  }
  return std::nullopt;
}

int refuse(const UsageError& error) {
  fmt::print(stderr, "lockstep compare: {}\n", error.message);
  return kUsage;
}

int execute(const CompareCommand& command) {
  if (const auto problem = problem_with(command)) return refuse(*problem);
  std::vector<chaos::RunSpec> runs;
  for (const auto& name : command.systems) {
    auto resolved = options_of(command, name).resolve(command.seed);
    if (const auto* error = std::get_if<UsageError>(&resolved)) return refuse(*error);
    runs.push_back(std::get<chaos::RunSpec>(std::move(resolved)));
  }
  std::vector<Compared> columns;
  const FaultPlan swarm = chaos::swarm_plan(command.seed, shared_model(runs), command.nodes, {});
  for (std::size_t at = 0; at < runs.size(); ++at) {
    Compared column = column_of(command, command.systems[at], runs[at]);
    auto measured = chaos::measure(column.quiet);
    if (const auto* why = std::get_if<std::string>(&measured)) {
      fmt::print(stderr, "lockstep compare: {}: {}\n", column.name, *why);
      return exit_code(chaos::Judgement::Unknown);
    }
    column.measured = std::get<chaos::QuietCosts>(std::move(measured));
    if (command.faults == "swarm") runs[at].plan = swarm;
    column.stormy = chaos::simulate(runs[at]);
    column.outages =
        chaos::outages_of(*runs[at].system, runs[at].options, command.nodes, command.seed);
    columns.push_back(std::move(column));
  }
  if (command.json) {
    fmt::print("{}\n", comparison_json(columns).dump(2));
  } else {
    fmt::print("{}", comparison(columns));
  }
  return std::all_of(columns.begin(), columns.end(), is_as_promised) ? 0 : 1;
}

}  // namespace

void add_compare(CLI::App& app, Action& action) {
  auto* app_command =
      app.add_subcommand("compare", "Put systems side by side: costs, latencies, outages");
  auto command = std::make_shared<CompareCommand>();
  app_command
      ->add_option("systems", command->systems, "NAME, or NAME:option=value,...; see `systems`")
      ->required();
  app_command->add_option("--nodes", command->nodes, "Nodes of each")
      ->capture_default_str()
      ->check(CLI::Range(2, 63));
  app_command->add_option("--delay", command->delay, "d: what one message takes, without faults")
      ->capture_default_str();
  app_command->add_option("--sync", command->sync, "s: what one stable write takes, without faults")
      ->capture_default_str();
  app_command
      ->add_option("--operations", command->operations, "Operations of each kind, without faults")
      ->capture_default_str()
      ->check(CLI::Range(1, 100'000));
  app_command->add_option("--seed", command->seed, "Of the faults that all of them meet")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber);
  app_command->add_option("--faults", command->faults, "swarm, none, or a file with a fault plan")
      ->capture_default_str();
  app_command->add_flag("--json", command->json, "Print JSON");
  app_command->footer(
      "Examples:\n"
      "  lockstep compare raft abd\n"
      "  lockstep compare raft:read=lease raft:read=log --nodes 3\n\n"
      "Exit codes: 0 every figure is within a tenth of its formula and every run holds; 1 not so;\n"
      "2 usage or input error; 3 a system does not answer.");
  app_command->callback([command, &action] { action = [command] { return execute(*command); }; });
}

}  // namespace lockstep::labs
