// Majorities: any two of them share a member, which is why Raft is safe.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

#include "consensus/raft/position.h"
#include "consensus/raft/progress.h"
#include "transport/identity.h"

namespace lockstep::consensus::raft {

/// How many of `members` make a majority.
constexpr std::size_t majority_of(std::size_t members) { return members / 2 + 1; }

/// The highest index up to which a majority has the leader's log; 0 for no members. Groups are
/// small, so counting for each member is cheaper than sorting a copy.
inline Index majority_match(std::span<const Progress> members) {
  Index best{};
  for (const Progress& candidate : members) {
    if (candidate.match <= best) continue;
    const auto reached = std::count_if(members.begin(), members.end(), [&](const Progress& member) {
      return member.match >= candidate.match;
    });
    if (static_cast<std::size_t>(reached) >= majority_of(members.size())) best = candidate.match;
  }
  return best;
}

/// Who voted for a candidate; a vote that arrives twice counts once.
class Votes {
 public:
  void clear() { voters_.clear(); }
  void add(transport::NodeId voter) {
    if (std::find(voters_.begin(), voters_.end(), voter) == voters_.end()) voters_.push_back(voter);
  }
  std::size_t count() const { return voters_.size(); }

 private:
  std::vector<transport::NodeId> voters_;
};

}  // namespace lockstep::consensus::raft
