#include "tests/mutants/hunt.h"

#include <fmt/core.h>

#include <algorithm>
#include <stdexcept>
#include <string_view>

namespace lockstep::mutants {
namespace {

// Small first: most mutants fall early, and the budget is looked at between batches.
constexpr std::uint64_t kFirstBatch = 25;
constexpr std::uint64_t kLargestBatch = 400;
// More of a benign variant's seeds than this may reach too little to count.
constexpr std::uint64_t kInvalidPercent = 3;

class Hunt {
 public:
  Hunt(const Variant& variant, const HuntOptions& options) : options_(options) {
    outcome_.variant = variant;
  }

  Outcome run(const std::vector<Scenario>& scenarios) {
    if (outcome_.variant.should_fail()) {
      const std::string_view made_for_it = outcome_.variant.field("Scenario");
      if (!made_for_it.empty()) aim(scenarios, made_for_it);
      if (!is_over()) swarm(std::min(kFirstBatch, options_.seeds));
      if (!is_over() && !outcome_.by_scenario) aim(scenarios);
      if (!is_over() && !outcome_.by_swarm) swarm(options_.seeds);
      if (options_.rate > 0) count_kills();
    } else {
      aim(scenarios);
      swarm(options_.seeds);
      look_for_too_little();
    }
    return std::move(outcome_);
  }

 private:
  bool is_over() const { return options_.quick && outcome_.is_killed(); }

  Seeds seeds(std::vector<std::string> arguments, bool stop_at_first) {
    auto done = run_seeds(outcome_.variant.program.string(), outcome_.variant.system,
                          std::move(arguments), stop_at_first);
    outcome_.cpu += done.cpu;
    if (done.crash) trouble("crashed: " + *done.crash);
    if (done.unknown > 0) trouble(fmt::format("{} seeds without a verdict", done.unknown));
    return done;
  }

  void trouble(std::string what) {
    if (!outcome_.trouble) outcome_.trouble = std::move(what);
  }

  /// The swarm of the seeds up to `last` that were not run yet.
  void swarm(std::uint64_t last) {
    std::uint64_t batch = kFirstBatch;
    while (outcome_.swarm_seeds < last && !outcome_.by_swarm) {
      if (outcome_.variant.should_fail() && swarm_cpu_ > options_.cpu) return;
      const std::uint64_t first = outcome_.swarm_seeds + 1;
      const std::uint64_t end = std::min(last, outcome_.swarm_seeds + batch);
      const Seeds done = seeds({"--seeds", fmt::format("{}..{}", first, end)}, true);
      swarm_cpu_ += done.cpu;
      outcome_.invalid += done.invalid;
      if (!done.kills.empty()) {
        outcome_.by_swarm = {done.kills.front(), "swarm", done.kills.front().seed};
      }
      outcome_.swarm_seeds = outcome_.by_swarm ? outcome_.by_swarm->run : end;
      batch = std::min(batch * 2, kLargestBatch);
    }
  }

  /// All scenarios, or only the one of this name.
  void aim(const std::vector<Scenario>& scenarios, std::string_view name = {}) {
    for (const auto& scenario : scenarios) {
      if (scenario.system != outcome_.variant.system) continue;
      if (!name.empty() && scenario.name != name) continue;
      const Seeds done = seeds(scenario.arguments, true);
      if (!done.kills.empty()) {
        outcome_.by_scenario = {done.kills.front(), scenario.name, done.run};
        return;
      }
      if (done.invalid * 2 > done.run) {
        trouble(fmt::format("scenario {} reached too little in {} of {} seeds", scenario.name,
                            done.invalid, done.run));
      }
    }
  }

  void count_kills() {
    const Seeds done = seeds({"--seeds", fmt::format("1..{}", options_.rate)}, false);
    outcome_.rate_kills = done.kills.size();
  }

  void look_for_too_little() {
    if (outcome_.invalid * 100 <= outcome_.swarm_seeds * kInvalidPercent) return;
    trouble(
        fmt::format("{} of {} seeds reached too little", outcome_.invalid, outcome_.swarm_seeds));
  }

  const HuntOptions& options_;
  Outcome outcome_;
  std::chrono::milliseconds swarm_cpu_{};
};

}  // namespace

Outcome hunt(const Variant& variant, const std::vector<Scenario>& scenarios,
             const HuntOptions& options) {
  Hunt one(variant, options);
  try {
    return one.run(scenarios);
  } catch (const std::exception& error) {
    Outcome failed;
    failed.variant = variant;
    failed.trouble = error.what();
    return failed;
  }
}

}  // namespace lockstep::mutants
