// Which acceptors govern which slots. A configuration that was chosen in slot s governs slot s + α
// and those after it (Paxos Made Moderately Complex §2.2, where α is WINDOW), so whoever has
// applied all slots up to s knows the acceptors of all slots up to s + α.
#pragma once

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "consensus/paxos/slot.h"
#include "consensus/quorum.h"

namespace lockstep::consensus::paxos {

class Configurations {
 public:
  /// Forgets everything: `members` govern all slots from `first` on.
  void reset(Slot first, Nodes members) {
    by_first_.clear();
    by_first_.emplace(first, std::move(members));
  }

  /// Requires: `first` is above that of all others.
  void add(Slot first, Nodes members) { by_first_.emplace(first, std::move(members)); }

  /// Forgets what governs slots below `slot` only.
  void forget_below(Slot slot) {
    while (by_first_.size() > 1 && std::next(by_first_.begin())->first <= slot) {
      by_first_.erase(by_first_.begin());
    }
  }

  /// Who governs this slot. Requires: it was not forgotten, and reset() was called.
  const Nodes& at(Slot slot) const { return governing(slot)->second; }

  /// The first slot that the configuration of this slot governs.
  Slot since(Slot slot) const { return governing(slot)->first; }

  /// The latest one, be it in force yet or not, and the first slot that it governs.
  const Nodes& latest() const { return by_first_.rbegin()->second; }
  Slot latest_since() const { return by_first_.rbegin()->first; }

  /// Whether `holds` is true of every configuration that governs some slot from `first` to `last`.
  template <class Predicate>
  bool all_of(Slot first, Slot last, Predicate holds) const {
    for (auto at = governing(first); at != by_first_.end() && at->first <= last; ++at) {
      if (!holds(at->second)) return false;
    }
    return true;
  }

  /// Everybody who governs some slot from `first` to `last`.
  Nodes members(Slot first, Slot last) const {
    Nodes all;
    all_of(first, last, [&](const Nodes& nodes) {
      for (const auto node : nodes) all = with(std::move(all), node);
      return true;
    });
    return all;
  }

  const std::map<Slot, Nodes>& by_first() const { return by_first_; }

 private:
  std::map<Slot, Nodes>::const_iterator governing(Slot slot) const {
    auto after = by_first_.upper_bound(slot);
    return after == by_first_.begin() ? after : std::prev(after);
  }

  std::map<Slot, Nodes> by_first_;  // By the first slot that they govern.
};

/// Whether those who voted are a majority of `members`.
inline bool is_quorum(const Votes& votes, const Nodes& members) {
  const auto count = std::count_if(members.begin(), members.end(),
                                   [&](transport::NodeId node) { return votes.has(node); });
  return static_cast<std::size_t>(count) >= majority_of(members.size());
}

}  // namespace lockstep::consensus::paxos
