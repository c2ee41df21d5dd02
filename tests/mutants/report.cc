#include "tests/mutants/report.h"

#include <fmt/core.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace lockstep::mutants {
namespace {

constexpr std::string_view kFormat = "{:<36} {:<4} {:<32} {:>14} {:>7}  {:<34} {:>5}\n";

double seconds(std::chrono::milliseconds time) { return static_cast<double>(time.count()) / 1000; }

std::string verdict(const Outcome& outcome) {
  if (outcome.is_killed()) {
    return outcome.by_swarm ? outcome.by_swarm->kill.detector : outcome.by_scenario->kill.detector;
  }
  if (outcome.trouble) return "TROUBLE: " + *outcome.trouble;
  return outcome.variant.should_fail() ? "SURVIVED" : "passes";
}

std::string swarm_text(const Outcome& outcome, const HuntOptions& options) {
  if (outcome.by_swarm && options.rate > 0) {
    return fmt::format("{} ({}/{})", outcome.by_swarm->run, outcome.rate_kills, options.rate);
  }
  if (outcome.by_swarm) return fmt::format("{}", outcome.by_swarm->run);
  return fmt::format("none of {}", outcome.swarm_seeds);
}

std::string event_text(const Outcome& outcome) {
  if (!outcome.is_killed()) return "";
  const Kill& kill = outcome.by_swarm ? outcome.by_swarm->kill : outcome.by_scenario->kill;
  return kill.event == 0 ? "end" : fmt::format("{}", kill.event);
}

std::string scenario_text(const Outcome& outcome) {
  if (!outcome.by_scenario) return "";
  return fmt::format("{} (seed {})", outcome.by_scenario->where, outcome.by_scenario->kill.seed);
}

nlohmann::json to_json(const Evidence& evidence) {
  return {{"where", evidence.where},
          {"seeds_run", evidence.run},
          {"seed", evidence.kill.seed},
          {"judgement", evidence.kill.judgement},
          {"detector", evidence.kill.detector},
          {"event", evidence.kill.event},
          {"story", evidence.kill.story}};
}

}  // namespace

std::string table_head(const HuntOptions& options) {
  return fmt::format(kFormat, "variant", "", "noticed by",
                     options.rate > 0 ? "seeds (share)" : "seeds", "event", "scenario", "cpu s");
}

std::string table_line(const Outcome& outcome, const HuntOptions& options) {
  return fmt::format(kFormat, outcome.variant.title(), outcome.variant.field("Difficulty"),
                     verdict(outcome), swarm_text(outcome, options), event_text(outcome),
                     scenario_text(outcome), fmt::format("{:.1f}", seconds(outcome.cpu)));
}

std::string summary(const std::vector<Outcome>& outcomes) {
  const auto count = [&](auto&& predicate) {
    return std::count_if(outcomes.begin(), outcomes.end(), predicate);
  };
  const auto mutants = count([](const Outcome& one) { return one.variant.should_fail(); });
  const auto killed =
      count([](const Outcome& one) { return one.variant.should_fail() && one.is_killed(); });
  const auto passed =
      count([](const Outcome& one) { return !one.variant.should_fail() && one.is_as_expected(); });
  std::chrono::milliseconds cpu{};
  for (const auto& outcome : outcomes) cpu += outcome.cpu;
  std::string text =
      fmt::format("\n{} of {} mutants were noticed; {} of {} others passed; {:.0f} s of CPU\n",
                  killed, mutants, passed, std::ssize(outcomes) - mutants, seconds(cpu));
  for (const auto& outcome : outcomes) {
    if (outcome.is_as_expected()) continue;
    text += fmt::format("  {}: {}\n", outcome.variant.title(), verdict(outcome));
    if (outcome.is_killed() && !outcome.variant.should_fail()) {
      text += fmt::format("    {}\n", outcome.by_swarm ? outcome.by_swarm->kill.story
                                                       : outcome.by_scenario->kill.story);
    }
  }
  return text;
}

nlohmann::json to_json(const Outcome& outcome, const HuntOptions& options) {
  nlohmann::json json{{"variant", outcome.variant.title()},
                      {"fields", outcome.variant.fields},
                      {"as_expected", outcome.is_as_expected()},
                      {"swarm_seeds", outcome.swarm_seeds},
                      {"invalid", outcome.invalid},
                      {"cpu_ms", outcome.cpu.count()}};
  if (outcome.by_swarm) json["swarm"] = to_json(*outcome.by_swarm);
  if (outcome.by_scenario) json["scenario"] = to_json(*outcome.by_scenario);
  if (outcome.trouble) json["trouble"] = *outcome.trouble;
  if (options.rate > 0) json["rate"] = {{"seeds", options.rate}, {"kills", outcome.rate_kills}};
  return json;
}

}  // namespace lockstep::mutants
