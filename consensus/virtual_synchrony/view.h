// Views and ballots, and the streams of messages within a view: small types without messages to
// send or disks to write.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "consensus/virtual_synchrony/virtual_synchrony.messages.h"
#include "transport/identity.h"

namespace lockstep::consensus::group {

using transport::NodeId;

/// The number of a ballot or a view: unique as long as no node uses a counter twice.
using Ballot = std::uint64_t;

inline constexpr unsigned kNodeBits = 6;

constexpr Ballot ballot_of(std::uint64_t counter, NodeId node) {
  return counter << kNodeBits | number(node);
}
constexpr std::uint64_t counter_of(Ballot ballot) { return ballot >> kNodeBits; }
constexpr NodeId coordinator_of(Ballot ballot) {
  return NodeId{static_cast<std::uint32_t>(ballot & ((1u << kNodeBits) - 1))};
}

/// The view that a group is founded with; nobody proposed it.
inline constexpr Ballot kFirstView = ballot_of(1, NodeId{});

/// Such as "4.n2".
inline std::string to_string(Ballot ballot) {
  return std::to_string(counter_of(ballot)) + "." + transport::to_string(coordinator_of(ballot));
}

constexpr std::uint64_t bit_of(NodeId node) { return 1ull << number(node); }

/// Who is in the group, the most senior first.
struct View {
  Ballot id = 0;             ///< 0: none
  std::uint64_t height = 0;  ///< one more than that of the view before
  std::vector<Member> members;

  std::optional<std::size_t> place_of(NodeId node) const {
    for (std::size_t place = 0; place < members.size(); ++place) {
      if (members[place].node() == number(node)) return place;
    }
    return std::nullopt;
  }
  bool has(NodeId node) const { return place_of(node).has_value(); }
  NodeId at(std::size_t place) const { return NodeId{members[place].node()}; }
  std::uint64_t mask() const {
    std::uint64_t mask = 0;
    for (const Member& member : members) mask |= bit_of(NodeId{member.node()});
    return mask;
  }
};

/// Messages in the order in which their one sender, or all of them, put them.
struct Stream {
  std::map<std::uint64_t, Cast> casts;  ///< by position, as long as somebody may still need them
  std::uint64_t received = 0;           ///< everything up to here, without a gap
  std::uint64_t delivered = 0;
  std::uint64_t stable = 0;  ///< every member of the view has received everything up to here

  /// False if it was there before.
  bool add(const Cast& cast) {
    if (cast.position() <= received || !casts.emplace(cast.position(), cast).second) return false;
    while (casts.contains(received + 1)) ++received;
    return true;
  }
  /// What came before it is missing, and may never come.
  void drop_what_follows_a_gap() { casts.erase(casts.upper_bound(received), casts.end()); }
  void forget_what_all_have() {
    casts.erase(casts.begin(), casts.upper_bound(std::min(stable, delivered)));
  }
};

}  // namespace lockstep::consensus::group
