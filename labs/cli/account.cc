#include "labs/cli/account.h"

#include <fmt/core.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "chaos/check/explain.h"

namespace lockstep::labs {

using chaos::Judgement;
using chaos::Reach;
using chaos::RunResult;
using chaos::RunSpec;
using transport::Duration;

namespace {

constexpr std::size_t kFaultsShown = 40;
constexpr std::size_t kReignsShown = 12;

std::int64_t tenths_of_ms(Duration duration) { return duration.count() / 100'000; }

std::string seconds(transport::Time at) {
  const auto ms = at.time_since_epoch().count() / 1'000'000;
  return fmt::format("{:>4}.{:03} s", ms / 1000, ms % 1000);
}

std::string thousandths(std::uint64_t value) {
  return fmt::format("{}.{}", value / 1000, value % 1000 / 100);
}

/// Each line of a story two columns in, the last one ended.
std::string indented(const std::string& story) {
  std::string text;
  std::istringstream lines(story);
  for (std::string line; std::getline(lines, line);) text += "  " + line + "\n";
  return text;
}

/// Broken at spaces into lines of at most 100 columns.
std::string wrapped(const std::string& text) {
  constexpr std::size_t kColumns = 100;
  std::string lines;
  std::size_t begin = 0;
  while (text.size() - begin > kColumns) {
    auto space = text.rfind(' ', begin + kColumns);
    if (space == std::string::npos || space <= begin) space = begin + kColumns;
    lines += text.substr(begin, space - begin) + "\n";
    begin = space + 1;
  }
  return lines + text.substr(begin) + "\n";
}

std::string header(const RunSpec& spec) {
  const auto& workload = spec.workload;
  std::string text =
      fmt::format("{}: {} nodes, {} clients, {} operations on {}, seed {}\n", spec.system->name,
                  spec.nodes, workload.clients, workload.operations, workload.machine, spec.seed);
  std::string options;
  for (const auto& [name, value] : spec.options) {
    options += fmt::format("{}{}={}", options.empty() ? "with " : ", ", name, value);
  }
  if (!options.empty()) text += wrapped(options);
  return text + fmt::format("It promises {}.\n", spec.system->promise);
}

std::string faults(const RunSpec& spec, const RunResult& result) {
  if (result.injected.empty()) {
    return fmt::format("\nNothing was injected; the storm would have lasted {}.\n",
                       duration_text(std::chrono::milliseconds(spec.plan.storm_ms())));
  }
  std::string text = "\nWhat was injected\n";
  std::size_t shown = 0;
  for (const auto& fault : result.injected) {
    if (shown++ == kFaultsShown) break;
    text += fmt::format("  {}  {}{}\n", seconds(fault.at), fault.story,
                        fault.effects == 0 ? "  (changed nothing)" : "");
  }
  if (result.injected.size() > kFaultsShown) {
    text += fmt::format("  ... and {} more\n", result.injected.size() - kFaultsShown);
  }
  return text +
         fmt::format("  {}  everything is healed, if the run got there\n",
                     seconds(transport::Time{std::chrono::milliseconds(spec.plan.storm_ms())}));
}

std::string leaders(const RunResult& result) {
  if (result.reigns.empty()) return {};
  std::string text = "\nWho led\n";
  std::size_t shown = 0;
  for (const auto& reign : result.reigns) {
    if (shown++ == kReignsShown) break;
    text += fmt::format("  {}  {} in term {}\n", seconds(reign.from), to_string(reign.leader),
                        reign.term);
  }
  if (result.reigns.size() > kReignsShown) {
    text += fmt::format("  ... and {} more\n", result.reigns.size() - kReignsShown);
  }
  return text;
}

std::string clients(const RunResult& result) {
  const auto& seen = result.statistics;
  std::string text = "\nWhat clients saw\n";
  text += fmt::format("  {} operations completed, {} left open by a time-out; {} per second\n",
                      seen.completed, seen.indeterminate, seen.operations_per_second());
  text += fmt::format("  latency {} median, {} p99, {} at most\n", duration_text(seen.latency_p50),
                      duration_text(seen.latency_p99), duration_text(seen.latency_max));
  text += fmt::format("  unavailable for {} altogether, {} at a stretch\n",
                      duration_text(seen.unavailable), duration_text(seen.longest_gap));
  return text + fmt::format("  {} messages, {} bytes and {} fsyncs per operation\n",
                            thousandths(seen.messages_per_operation_milli()),
                            seen.bytes_per_operation_milli() / 1000,
                            thousandths(seen.syncs_per_operation_milli()));
}

std::string reached(const RunSpec& spec, const RunResult& result) {
  std::string all;
  const auto add = [&](std::uint64_t times, std::string_view name) {
    if (times > 0) all += fmt::format("{}{} {}", all.empty() ? "" : ", ", times, name);
  };
  for (std::size_t at = 0; at < chaos::kReaches; ++at) {
    add(result.reached[at], name_of(static_cast<Reach>(at)));
  }
  for (std::size_t kind = 0; kind < result.own.size(); ++kind) {
    add(result.own[kind], spec.system->reach_names[kind]);
  }
  std::string text = "\nWhat the run reached\n" + indented(wrapped(all));
  std::string bites;
  for (std::size_t at = 0; at < chaos::kFaultKinds; ++at) {
    if (result.bites[at] == 0) continue;
    bites += fmt::format("{}{} {}", bites.empty() ? "" : ", ",
                         name_of(static_cast<chaos::FaultKind>(at)), result.bites[at]);
  }
  return bites.empty() ? text : text + "  by faults: " + bites + "\n";
}

std::string verdict(const RunSpec& spec, const RunResult& result) {
  std::string text = "\nVerdict: ";
  switch (result.judgement) {
    case Judgement::Holds:
      text += fmt::format("HOLDS\n  {} operations {}; every monitor held",
                          result.statistics.completed + result.statistics.indeterminate,
                          result.linearizability ? "are linearizable" : "were watched");
      if (result.probed > 0) {
        text += fmt::format(";\n  {} of {} promises were probed by a restart and kept",
                            result.probed, result.promises);
      }
      text += "\n";
      break;
    case Judgement::Wrong:
      text += fmt::format("WRONG: {}\n", result.detector);
      break;
    case Judgement::Stuck:
      text += "STUCK\n";
      break;
    case Judgement::Invalid:
      text += "INVALID\n";
      break;
    case Judgement::Unknown:
      text += fmt::format("UNKNOWN: {}\n", result.detector);
      break;
  }
  if (result.event != 0) {
    text += fmt::format("  at {}, event {}\n", duration_text(result.at.time_since_epoch()),
                        result.event);
  }
  if (!result.source.empty()) text += fmt::format("  the rule: {}\n", result.source);
  text += indented(result.story);
  const auto further = beyond(spec.plan, spec.system->survives(spec.options));
  if (!further.empty() && result.judgement != Judgement::Holds) {
    text +=
        fmt::format("  This was to be expected: the plan goes beyond what {} promises ({}).\n",
                    spec.system->name, spec.system->survives(spec.options).beyond(further.front()));
  }
  if (spec.all_linearizable && result.detector == "linearizability") {
    text += "  All reads had to be linearizable (--promise), also where less is promised.\n";
  }
  return text;
}

}  // namespace

std::string account(const RunSpec& spec, const RunResult& result) {
  std::string text = header(spec) + faults(spec, result) + leaders(result) + clients(result) +
                     reached(spec, result) + verdict(spec, result);
  text += fmt::format("\n  digest {} after {} events and {} of virtual time\n",
                      digest_text(result.digest), result.events,
                      duration_text(result.statistics.virtual_time));
  return text + fmt::format("  again: {}\n", spec.replay);
}

nlohmann::json account_json(const RunSpec& spec, const RunResult& result) {
  const auto& seen = result.statistics;
  nlohmann::json json{{"system", spec.system->name},
                      {"seed", spec.seed},
                      {"nodes", spec.nodes},
                      {"judgement", name_of(result.judgement)},
                      {"detector", result.detector},
                      {"story", result.story},
                      {"event", result.event},
                      {"digest", digest_text(result.digest)},
                      {"events", result.events},
                      {"completed", seen.completed},
                      {"indeterminate", seen.indeterminate},
                      {"virtual_us", seen.virtual_time.count() / 1000},
                      {"latency_us",
                       {{"p50", seen.latency_p50.count() / 1000},
                        {"p99", seen.latency_p99.count() / 1000},
                        {"max", seen.latency_max.count() / 1000}}},
                      {"unavailable_us", seen.unavailable.count() / 1000},
                      {"messages", seen.cluster.messages},
                      {"bytes", seen.cluster.message_bytes},
                      {"fsyncs", seen.cluster.syncs},
                      {"promises", result.promises},
                      {"probed", result.probed},
                      {"plan", to_text(spec.plan)},
                      {"again", spec.replay}};
  json["options"] = nlohmann::json::object();
  for (const auto& [name, value] : spec.options) json["options"][name] = value;
  for (std::size_t kind = 0; kind < result.own.size(); ++kind) {
    json["reached"][spec.system->reach_names[kind]] = result.own[kind];
  }
  for (std::size_t at = 0; at < chaos::kReaches; ++at) {
    json["reached"][std::string(name_of(static_cast<Reach>(at)))] = result.reached[at];
  }
  for (std::size_t at = 0; at < chaos::kFaultKinds; ++at) {
    json["faults"][std::string(name_of(static_cast<chaos::FaultKind>(at)))] = result.bites[at];
  }
  return json;
}

int exit_code(Judgement judgement) {
  switch (judgement) {
    case Judgement::Holds:
      return 0;
    case Judgement::Wrong:
    case Judgement::Stuck:
      return 1;
    case Judgement::Invalid:
    case Judgement::Unknown:
      return 3;
  }
  return 3;
}

std::string digest_text(std::uint64_t digest) { return fmt::format("{:016x}", digest); }

std::string duration_text(Duration duration) {
  const auto tenths = tenths_of_ms(duration);
  if (tenths < 10'000) return fmt::format("{}.{} ms", tenths / 10, tenths % 10);
  return fmt::format("{}.{:02} s", tenths / 10'000, tenths % 10'000 / 100);
}

}  // namespace lockstep::labs
