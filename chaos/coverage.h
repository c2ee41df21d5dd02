// What a run reached. A run that reached too little proves nothing: it is invalid, not passed.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "statemachine/fold.h"
#include "transport/witness.h"

namespace lockstep::chaos {

enum class Reach : std::uint8_t {
  Operations,        ///< completed by clients
  Elections,         ///< claims to lead in a term that nobody led before
  Truncations,       ///< entries removed from a log
  SnapshotInstalls,  ///< snapshots that replaced a state machine
  Compactions,
  Crashes,
  Restarts,
  Bites,                 ///< times that a fault changed something
  ConfigurationChanges,  ///< different configurations that came into force after the first
};
inline constexpr std::size_t kReaches = 9;

std::string_view name_of(Reach reach);

using ReachCounts = std::array<std::uint64_t, kReaches>;

inline std::uint64_t& at(ReachCounts& counts, Reach reach) {
  return counts[static_cast<std::size_t>(reach)];
}
inline std::uint64_t at(const ReachCounts& counts, Reach reach) {
  return counts[static_cast<std::size_t>(reach)];
}

/// The least that a run must reach to count.
struct CoverageGoal {
  Reach reach{};
  std::uint64_t minimum = 0;
};

/// What a run should reach often: not each, but the share of seeds that do is reported. `what` is
/// the name of a Reach, or one of the system's own (System::reach_names).
struct CoverageAim {
  std::string what;
  std::uint64_t minimum = 0;
};

/// How often each of a system's own kinds of event was reached, by kind.
using OwnCounts = std::vector<std::uint64_t>;

/// The count that an aim is about; nothing if no such name is known.
std::optional<std::uint64_t> count_of(const std::string& what, const ReachCounts& counts,
                                      const std::vector<std::string>& own_names,
                                      const OwnCounts& own);

/// The goals that were missed, as sentences.
std::vector<std::string> missed(const std::vector<CoverageGoal>& floor, const ReachCounts& counts);

/// Counts what nodes and faults reach; operations and bites are added by the simulation.
class Coverage final : public transport::Observer {
 public:
  /// Who leads, and what is the system's own, counts in this group only.
  explicit Coverage(transport::GroupId group = {}) : group_(group) {}

  void see(const transport::Witness& witness) override;
  ReachCounts& counts() { return counts_; }
  /// By kind, as far as one was reached.
  const OwnCounts& own() const { return own_; }

  /// Who led when: for the account of a run.
  struct Reign {
    transport::Time from{};
    transport::NodeId leader{};
    std::uint64_t term = 0;
  };
  const std::vector<Reign>& reigns() const { return reigns_; }

 private:
  void observe(const transport::Witness& witness);

  transport::GroupId group_;
  ReachCounts counts_{};
  OwnCounts own_;
  /// Group, voters, outgoing voters, learners.
  std::set<std::array<std::uint64_t, 4>> configurations_;
  std::vector<Reign> reigns_;
};

}  // namespace lockstep::chaos
