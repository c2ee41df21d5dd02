// How long a system serves nobody after one fault: clients that knock every ten milliseconds, and
// those of their requests that are not answered within a deadline.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "chaos/simulation.h"

namespace lockstep::chaos {

inline constexpr transport::Duration kBetweenProbes = std::chrono::milliseconds(10);
inline constexpr transport::Duration kProbeDeadline = std::chrono::milliseconds(100);

struct Outage {
  std::string_view fault;  ///< as a table's row, such as "crash of the leader"
  Judgement judgement = Judgement::Holds;
  std::string story;  ///< if it does not hold
  /// kBetweenProbes for each probe that was not answered in time.
  transport::Duration writes{};
  transport::Duration reads{};
};

/// Runs without a fault and with each kind of fault that can hit one node, on the leader and
/// on another; each fault lasts two seconds. Where nobody leads, node 1 stands for the leader.
/// Requires: the system makes nodes from these options, and its first machine has a workload.
std::vector<Outage> outages_of(const System& system, const OptionValues& options,
                               std::uint32_t nodes, std::uint64_t seed);

}  // namespace lockstep::chaos
