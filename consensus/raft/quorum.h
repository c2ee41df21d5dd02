// What a quorum of voters has reached: all of Raft's counting of servers in one place.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

#include "consensus/raft/configuration.h"
#include "consensus/raft/progress.h"
#include "transport/identity.h"

namespace lockstep::consensus::raft {

/// The highest value that a majority of those `chosen` has reached, a default value for nobody.
/// Groups are small, so counting for each member is cheaper than sorting a copy.
template <class Value>
Value majority_value(std::span<const Progress> members, bool Progress::*chosen,
                     Value Progress::*value) {
  const auto size = static_cast<std::size_t>(std::count_if(
      members.begin(), members.end(), [&](const Progress& member) { return member.*chosen; }));
  Value best{};
  for (const Progress& candidate : members) {
    if (!(candidate.*chosen) || candidate.*value <= best) continue;
    const auto reached = std::count_if(members.begin(), members.end(), [&](const Progress& member) {
      return member.*chosen && member.*value >= candidate.*value;
    });
    if (static_cast<std::size_t>(reached) >= majority_of(size)) best = candidate.*value;
  }
  return best;
}

/// The highest value that a quorum has reached: in a joint configuration, a majority of the voters
/// and a majority of the outgoing voters (dissertation §4.3).
template <class Value>
Value quorum_value(std::span<const Progress> members, Value Progress::*value) {
  const Value agreed = majority_value(members, &Progress::is_voter, value);
  const bool is_joint = std::any_of(members.begin(), members.end(),
                                    [](const Progress& member) { return member.is_outgoing; });
  if (!is_joint) return agreed;
  return std::min(agreed, majority_value(members, &Progress::is_outgoing, value));
}

}  // namespace lockstep::consensus::raft
