// The hunt for one variant: aimed scenarios, and the seeds' own swarm, until something notices.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tests/mutants/catalog.h"
#include "tests/mutants/program.h"

namespace lockstep::mutants {

struct HuntOptions {
  std::uint64_t seeds = 2000;    ///< of the swarm, at most
  std::chrono::seconds cpu{60};  ///< on the swarm, for a mutant that nobody notices
  std::uint64_t rate = 0;        ///< seeds of which to count all that notice, not only the first
  bool quick = false;            ///< the first evidence is enough: swarm or scenario, not both
};

/// Evidence, and how it was found.
struct Evidence {
  Kill kill;
  std::string where;      ///< "swarm" or a scenario's name
  std::uint64_t run = 0;  ///< seeds run there, this one included
};

struct Outcome {
  Variant variant;
  std::optional<Evidence> by_swarm;
  std::optional<Evidence> by_scenario;
  std::uint64_t swarm_seeds = 0;  ///< run by the swarm
  std::uint64_t rate_kills = 0;   ///< of HuntOptions::rate seeds
  std::uint64_t invalid = 0;
  std::optional<std::string> trouble;  ///< a crash, a run without a verdict, or a refusal
  std::chrono::milliseconds cpu{};

  bool is_killed() const { return by_swarm || by_scenario; }
  /// Mutants must be killed by evidence; everything else must pass without trouble.
  bool is_as_expected() const {
    return variant.should_fail() ? is_killed() : !is_killed() && !trouble;
  }
};

/// Runs everything that HuntOptions ask for. Never throws: what goes wrong is trouble.
Outcome hunt(const Variant& variant, const std::vector<Scenario>& scenarios,
             const HuntOptions& options);

}  // namespace lockstep::mutants
