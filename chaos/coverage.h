// What a run reached. A run that reached too little proves nothing: it is invalid, not passed.
#pragma once

#include <array>
#include <cstdint>
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
  Bites,  ///< times that a fault changed something
};
inline constexpr std::size_t kReaches = 8;

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

/// The goals that were missed, as sentences.
std::vector<std::string> missed(const std::vector<CoverageGoal>& floor, const ReachCounts& counts);

/// Counts what nodes and faults reach; operations and bites are added by the simulation.
class Coverage final : public transport::Observer {
 public:
  void see(const transport::Witness& witness) override;
  ReachCounts& counts() { return counts_; }

  /// Who led when: for the account of a run.
  struct Reign {
    transport::Time from{};
    transport::NodeId leader{};
    std::uint64_t term = 0;
  };
  const std::vector<Reign>& reigns() const { return reigns_; }

 private:
  void observe(const transport::Witness& witness);

  ReachCounts counts_{};
  std::vector<Reign> reigns_;
};

}  // namespace lockstep::chaos
