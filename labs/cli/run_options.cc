#include "labs/cli/run_options.h"

#include <fmt/core.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <set>
#include <sstream>

#include "labs/systems/option_reader.h"
#include "labs/systems/registry.h"
#include "transport/process/child.h"
#include "transport/process/commanded.h"

namespace lockstep::labs {

using chaos::FaultPlan;
using chaos::RunDescription;
using chaos::RunSpec;

void RunOptions::add_to(CLI::App& command) {
  command.add_option("--nodes", nodes, "Nodes in the cluster")
      ->capture_default_str()
      ->check(CLI::Range(1, 63));
  command.add_option("--clients", clients, "Clients")
      ->capture_default_str()
      ->check(CLI::Range(1, 10'000));
  command.add_option("--ops", operations, "Operations of all clients together")
      ->capture_default_str()
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{100'000'000}));
  command.add_option(
      "--workload", workload,
      "What is replicated and used: kv, register, counter or decisions (default: what "
      "fits)");
  command.add_option("--keys", keys, "Keys that clients use")
      ->capture_default_str()
      ->check(CLI::Range(1, 4096));
  command.add_option("--reads", reads, "Percentage of reads")
      ->capture_default_str()
      ->check(CLI::Range(0, 100));
  command.add_option("--value-bytes", value_bytes, "Bytes in a value, at least")
      ->capture_default_str()
      ->check(CLI::Range(1, 1 << 20));
  command.add_option("--think", think,
                     "How long a client thinks between operations, as in 0ms..70ms (default: so "
                     "that the operations last as long as the storm)");
  command.add_flag("--skewed", skewed, "Use the k-th key in proportion to 1/k");
  command.add_flag("--open-loop", open_loop, "Begin operations on schedule, answered or not");
  command
      .add_option("--faults", faults,
                  "swarm (drawn from the seed), none, or a file with a fault plan")
      ->capture_default_str();
  command.add_flag("--beyond-promise", beyond_promise,
                   "Allow faults that the system does not promise to survive");
  command
      .add_option("--promise", promise,
                  "What reads have to keep: own (what their level promises), or linearizable (all)")
      ->capture_default_str()
      ->check(CLI::IsMember({"own", "linearizable"}));
  command.add_option("--option", options, "An option of the system, as name=value")
      ->allow_extra_args(false);
  command.add_flag("--default-options", default_options,
                   "The swarm draws no options: those not set have their defaults");
  command.add_flag("--wire", wire, "Serialise and parse every message");
  command.add_flag("--check", check, "Verify that nobody changes a message that was sent");
  command.add_flag("--child-processes", child_processes, "Each node is a process of its own")
      ->excludes("--wire")
      ->excludes("--check");
}

namespace {

std::variant<FaultPlan, UsageError> plan_from(const std::string& path) {
  auto text = read_file(path);
  if (const auto* error = std::get_if<UsageError>(&text)) {
    return UsageError{error->message + "; --faults takes swarm, none, or a file with a fault plan"};
  }
  auto plan = chaos::parse_plan(std::get<std::string>(text));
  if (const auto* error = std::get_if<chaos::PlanError>(&plan)) {
    return UsageError{
        fmt::format("{}:{}:{}: {}", path, error->line, error->column, error->message)};
  }
  return std::get<FaultPlan>(plan);
}

/// For a shell.
std::string quoted(const std::string& text) {
  std::string inside;
  for (const char letter : text) inside += letter == '\'' ? "'\\''" : std::string(1, letter);
  return "'" + inside + "'";
}

/// Nodes of any language, which are told what the system's own would be.
transport::HostFactory commanded(const RunSpec& run, const std::string& command) {
  transport::CommandedOptions options;
  options.spec.role = run.system->name;
  options.spec.machine = run.workload.machine;
  options.spec.options = run.options;
  return transport::commanded_processes(transport::in_a_shell(command), options);
}

FaultPlan without_faults() {
  constexpr std::uint32_t kStormMs = 5000;
  FaultPlan plan;
  plan.set_storm_ms(kStormMs);
  return plan;
}

}  // namespace

std::variant<RunSpec, UsageError> RunOptions::resolve(std::uint64_t seed) const {
  const auto* known = find_system(system);
  if (known == nullptr) {
    std::vector<std::string> names;
    for (const auto& each : all_systems()) names.push_back(each.name);
    return UsageError{
        fmt::format("there is no system \"{}\"{}", system, chaos::did_you_mean(system, names))};
  }
  RunDescription description;
  description.set_system(system);
  description.set_nodes(nodes);
  description.set_seed(seed);
  description.set_beyond_promise(beyond_promise);
  description.set_all_linearizable(promise == "linearizable");
  auto& wanted = *description.mutable_workload();
  wanted.set_machine(workload);
  wanted.set_clients(clients);
  wanted.set_operations(operations);
  wanted.set_keys(keys);
  wanted.set_read_percent(reads);
  wanted.set_value_bytes(value_bytes);
  wanted.set_skewed(skewed);
  wanted.set_open_loop(open_loop);
  if (!think.empty()) {
    const auto range = parse_range(think);
    if (!range || range->high < std::chrono::microseconds(1)) {
      return UsageError{fmt::format("--think {}: expected a range such as 0ms..70ms", think)};
    }
    wanted.set_think_low_us(chaos::in_microseconds(range->low));
    wanted.set_think_high_us(chaos::in_microseconds(range->high));
  }
  chaos::OptionValues values;
  if (faults == "swarm" && !default_options) values = chaos::swarm_options(*known, seed);
  std::set<std::string> given;
  for (const auto& option : options) {
    const auto equals = option.find('=');
    if (equals == std::string::npos) {
      return UsageError{fmt::format("--option {}: expected name=value", option)};
    }
    const std::string name = option.substr(0, equals);
    if (!given.insert(name).second) {
      return UsageError{fmt::format("option \"{}\" is given twice", name)};
    }
    values[name] = option.substr(equals + 1);
  }
  for (const auto& [name, text] : values) {
    auto& value = *description.add_option();
    value.set_name(name);
    value.set_value(text);
  }
  *description.mutable_plan() = without_faults();
  if (faults != "swarm" && faults != "none") {
    auto plan = plan_from(faults);
    if (const auto* error = std::get_if<UsageError>(&plan)) return *error;
    *description.mutable_plan() = std::get<FaultPlan>(plan);
  } else if (faults == "swarm") {
    *description.mutable_plan() = chaos::swarm_plan(*known, values, nodes, seed);
  }
  auto spec = chaos::to_spec(description, find_system);
  if (const auto* error = std::get_if<chaos::DescriptionError>(&spec)) {
    return UsageError{error->message};
  }
  auto& run = std::get<RunSpec>(spec);
  run.host = child_processes ? transport::child_processes() : transport::in_process({wire, check});
  run.replay = chaos::command_line(run, faults);
  if (!node_command.empty()) {
    run.host = commanded(run, node_command);
    run.replay += " --node " + quoted(node_command);
  }
  return std::move(run);
}

std::variant<std::string, UsageError> read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  if (!in || !(text << in.rdbuf())) {
    return UsageError{fmt::format("{}: cannot be read: {}", path, std::strerror(errno))};
  }
  return std::move(text).str();
}

}  // namespace lockstep::labs
