#include "chaos/run_description.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <numeric>

#include "transport/random.h"

namespace lockstep::chaos {

namespace {

using Microseconds = std::chrono::microseconds;

constexpr std::uint32_t kClientsMax = 10'000;
constexpr std::uint64_t kOperationsMax = 100'000'000;
constexpr std::uint32_t kValueBytesMax = 1 << 20;

template <class... Values>
DescriptionError error(fmt::format_string<Values...> format, Values&&... values) {
  return {fmt::format(format, std::forward<Values>(values)...)};
}

std::optional<DescriptionError> read_options(const RunDescription& description,
                                             const System& system, OptionValues& options) {
  std::vector<std::string> known;
  for (const auto& option : system.options) known.push_back(option.name);
  for (const auto& given : description.option()) {
    if (std::find(known.begin(), known.end(), given.name()) == known.end()) {
      return error("{} has no option \"{}\"{}", system.name, given.name(),
                   did_you_mean(given.name(), known));
    }
    if (!options.emplace(given.name(), given.value()).second) {
      return error("option \"{}\" is given twice", given.name());
    }
  }
  return std::nullopt;
}

void read_workload(const Workload& given, WorkloadOptions& workload) {
  if (given.clients() != 0) workload.clients = given.clients();
  if (given.operations() != 0) workload.operations = given.operations();
  if (given.keys() != 0) workload.keys = given.keys();
  if (given.value_bytes() != 0) workload.value_bytes = given.value_bytes();
  workload.skewed = given.skewed();
  workload.read_percent = given.read_percent();
  workload.open_loop = given.open_loop();
  workload.think = {Microseconds(given.think_low_us()), Microseconds(given.think_high_us())};
}

std::optional<DescriptionError> problem_with(const WorkloadOptions& workload,
                                             const System& system) {
  if (std::find(system.machines.begin(), system.machines.end(), workload.machine) ==
      system.machines.end()) {
    return error("{} does not replicate \"{}\"{}", system.name, workload.machine,
                 did_you_mean(workload.machine, system.machines));
  }
  if (workload.clients > kClientsMax) {
    return error("clients: {} are too many, at most {}", workload.clients, kClientsMax);
  }
  if (workload.operations > kOperationsMax) {
    return error("operations: {} are too many, at most {}", workload.operations, kOperationsMax);
  }
  if (workload.keys > kKeysMax) {
    return error("keys: {} are too many, at most {}", workload.keys, kKeysMax);
  }
  if (workload.read_percent > 100) {
    return error("read_percent: {} is more than 100", workload.read_percent);
  }
  if (workload.value_bytes > kValueBytesMax) {
    return error("value_bytes: {} are too many, at most {}", workload.value_bytes, kValueBytesMax);
  }
  if (workload.think.low > workload.think.high) {
    return error("think: its low end is above its high end");
  }
  return std::nullopt;
}

std::optional<DescriptionError> problem_with_plan(const RunSpec& spec, bool may_go_beyond) {
  if (const auto problem =
          problem_with(spec.plan, all_nodes(*spec.system, spec.options, spec.nodes))) {
    return error("fault plan: {}", *problem);
  }
  const auto further = beyond(spec.plan, spec.system->survives(spec.options));
  if (further.empty() || may_go_beyond) return std::nullopt;
  const FaultModel model = spec.system->survives(spec.options);
  std::vector<std::string> names;
  for (const auto kind : further) names.push_back(model.beyond(kind));
  return error("fault plan: {} does not promise to survive {}; say --beyond-promise if you mean it",
               spec.system->name, fmt::join(names, ", "));
}

std::size_t distance(std::string_view left, std::string_view right) {
  std::vector<std::size_t> row(right.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= left.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= right.size(); ++j) {
      const std::size_t replaced = diagonal + (left[i - 1] != right[j - 1]);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
    }
  }
  return row.back();
}

std::string closest(std::string_view word, const std::vector<std::string>& known) {
  const std::string* best = nullptr;
  std::size_t least = word.size() / 3 + 2;
  for (const auto& candidate : known) {
    if (const auto edits = distance(word, candidate); edits < least) {
      least = edits;
      best = &candidate;
    }
  }
  return best == nullptr ? "" : *best;
}

}  // namespace

std::string did_you_mean(std::string_view word, const std::vector<std::string>& known) {
  const std::string close = closest(word, known);
  if (!close.empty()) return fmt::format(", did you mean \"{}\"?", close);
  return fmt::format("; there are: {}", fmt::join(known, ", "));
}

std::variant<RunSpec, DescriptionError> to_spec(const RunDescription& description,
                                                const FindSystem& find) {
  RunSpec spec;
  spec.system = find(description.system());
  if (spec.system == nullptr) return error("there is no system \"{}\"", description.system());
  if (auto wrong = read_options(description, *spec.system, spec.options)) return *wrong;
  if (description.nodes() != 0) spec.nodes = description.nodes();
  if (spec.nodes > kNodesMax) {
    return error("nodes: {} are too many, at most {}", spec.nodes, kNodesMax);
  }
  spec.seed = description.seed();
  spec.all_linearizable = description.all_linearizable();
  spec.workload.machine = description.workload().machine();
  if (spec.workload.machine.empty()) spec.workload.machine = spec.system->machines.front();
  if (description.has_workload()) read_workload(description.workload(), spec.workload);
  if (auto wrong = problem_with(spec.workload, *spec.system)) return *wrong;
  const auto& machine = *statemachine::find_machine(spec.workload.machine);
  const auto made = spec.system->make_node(spec.options, machine);
  if (const auto* wrong = std::get_if<std::string>(&made)) {
    return error("{}: {}", spec.system->name, *wrong);
  }
  const std::uint32_t supporting = all_nodes(*spec.system, spec.options, 0);
  if (spec.nodes + supporting > kNodesMax) {
    return error("nodes: {} and {} that support them are too many, at most {}", spec.nodes,
                 supporting, kNodesMax);
  }
  spec.plan = description.plan();
  if (auto wrong = problem_with_plan(spec, description.beyond_promise())) return *wrong;
  if (description.workload().think_high_us() == 0) {
    spec.workload.think = think_for(spec.workload, std::chrono::milliseconds(spec.plan.storm_ms()));
  }
  spec.replay = command_line(spec, "PLAN");
  return spec;
}

std::uint32_t in_microseconds(transport::Duration duration) {
  return static_cast<std::uint32_t>(std::chrono::duration_cast<Microseconds>(duration).count());
}

RunDescription describe(const RunSpec& spec) {
  RunDescription description;
  description.set_system(spec.system->name);
  for (const auto& [name, value] : spec.options) {
    auto& option = *description.add_option();
    option.set_name(name);
    option.set_value(value);
  }
  description.set_nodes(spec.nodes);
  description.set_seed(spec.seed);
  description.set_all_linearizable(spec.all_linearizable);
  auto& workload = *description.mutable_workload();
  workload.set_machine(spec.workload.machine);
  workload.set_clients(spec.workload.clients);
  workload.set_operations(spec.workload.operations);
  workload.set_keys(spec.workload.keys);
  workload.set_skewed(spec.workload.skewed);
  workload.set_read_percent(spec.workload.read_percent);
  workload.set_value_bytes(spec.workload.value_bytes);
  workload.set_open_loop(spec.workload.open_loop);
  workload.set_think_low_us(in_microseconds(spec.workload.think.low));
  workload.set_think_high_us(in_microseconds(spec.workload.think.high));
  *description.mutable_plan() = spec.plan;
  description.set_beyond_promise(!beyond(spec.plan, spec.system->survives(spec.options)).empty());
  return description;
}

OptionValues swarm_options(const System& system, std::uint64_t seed) {
  OptionValues values;
  for (const auto& option : system.options) {
    if (option.swarm.empty()) continue;
    const auto word = transport::draw(seed, "option", statemachine::digest_of(option.name), 0);
    values[option.name] = option.swarm[transport::below(word, option.swarm.size())];
  }
  return values;
}

namespace {

/// The flags that set a run's options, given what the seed's swarm would draw for them.
std::string option_flags(const RunSpec& spec, bool is_own_plan) {
  const OptionValues drawn = is_own_plan ? swarm_options(*spec.system, spec.seed) : OptionValues();
  const bool all_set = std::all_of(drawn.begin(), drawn.end(), [&](const auto& option) {
    return spec.options.count(option.first) > 0;
  });
  std::string flags = all_set ? "" : " --default-options";
  for (const auto& [name, value] : spec.options) {
    const auto own = drawn.find(name);
    if (all_set && own != drawn.end() && own->second == value) continue;
    flags += fmt::format(" --option {}={}", name, value);
  }
  return flags;
}

}  // namespace

FaultPlan swarm_plan(const System& system, const OptionValues& options, std::uint32_t nodes,
                     std::uint64_t seed) {
  return swarm_plan(seed, system.survives(options), all_nodes(system, options, nodes),
                    system.message_names);
}

std::string command_line(const RunSpec& spec, std::string_view plan_file) {
  const RunSpec usual;
  std::string line = fmt::format("./lockstep run {} --seed {}", spec.system->name, spec.seed);
  const auto own = swarm_plan(*spec.system, spec.options, spec.nodes, spec.seed);
  const bool is_own_plan = to_text(own) == to_text(spec.plan);
  line += option_flags(spec, is_own_plan);
  const auto add = [&](std::string_view flag, std::uint64_t value, std::uint64_t normal) {
    if (value != normal) line += fmt::format(" --{} {}", flag, value);
  };
  const auto& workload = spec.workload;
  add("nodes", spec.nodes, usual.nodes);
  add("clients", workload.clients, usual.workload.clients);
  add("ops", workload.operations, usual.workload.operations);
  add("keys", workload.keys, usual.workload.keys);
  add("reads", workload.read_percent, usual.workload.read_percent);
  add("value-bytes", workload.value_bytes, usual.workload.value_bytes);
  if (workload.machine != spec.system->machines.front()) {
    line += fmt::format(" --workload {}", workload.machine);
  }
  const auto pace = think_for(workload, std::chrono::milliseconds(spec.plan.storm_ms()));
  if (workload.think != pace) {
    line += fmt::format(" --think {}us..{}us", in_microseconds(workload.think.low),
                        in_microseconds(workload.think.high));
  }
  if (workload.skewed) line += " --skewed";
  if (workload.open_loop) line += " --open-loop";
  if (!beyond(spec.plan, spec.system->survives(spec.options)).empty()) line += " --beyond-promise";
  if (spec.all_linearizable) line += " --promise linearizable";
  if (!is_own_plan) line += fmt::format(" --faults {}", plan_file);
  return line;
}

}  // namespace lockstep::chaos
