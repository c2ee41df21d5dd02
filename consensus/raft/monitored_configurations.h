// What the monitor knows of configurations (dissertation chapter 4), as sets of node numbers.
//
// It keeps its own account of which entries are configurations and which of them is in force where:
// the latest in a node's log as the node's claims about its log tell, not the one that the node
// says it uses. It shares no code with raft/configuration.h, whose mistakes it is there to find.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "consensus/raft/position.h"
#include "statemachine/fold.h"
#include "transport/identity.h"

namespace lockstep::consensus::raft {

class Members;  // The message of raft.proto.

/// Bit k stands for node k. Node numbers are below 64.
constexpr std::uint64_t bit_of(transport::NodeId node) {
  return 1ull << (transport::number(node) & 63);
}

/// A configuration.
struct MemberSets {
  std::uint64_t voters = 0;
  std::uint64_t outgoing = 0;  ///< voters before the change, while it is joint
  std::uint64_t learners = 0;

  bool is_joint() const { return outgoing != 0; }

  /// Whether those who agree are a majority of the voters, and of the outgoing ones if there are.
  bool has_quorum(std::uint64_t agreeing) const;

  friend bool operator==(const MemberSets&, const MemberSets&) = default;
};

MemberSets sets_in(const Members& message);

/// "{n1 n2 n3}", "{n1 n2} -> {n1 n3}", with "learning {n4}" where there are learners.
std::string to_string(const MemberSets& sets);

/// Whether every quorum of one shares a server with every quorum of the other, whatever the groups'
/// sizes: they differ by at most one voter (§4.1), or one is joint and the other one of its sides.
bool overlap(const MemberSets& from, const MemberSets& to);

/// Which configuration is in force at each index: of one log, or of all that is committed.
class InForce {
 public:
  struct Since {
    Index index{};
    MemberSets sets;
  };

  void reset(Index index, MemberSets sets) { entries_ = {{index, sets}}; }

  const Since& latest() const { return entries_.back(); }
  Index base() const { return entries_.front().index; }

  /// The one in force at `index`; the oldest known if that came later.
  const Since& at(Index index) const;

  /// An entry at `index` is a configuration. One that is known there already stays.
  void add(Index index, MemberSets sets);

  /// The entry at `index` is this configuration, whatever was known of it.
  void replace(Index index, MemberSets sets);

  /// The entries from `index` on are gone; the oldest known stays.
  void truncate(Index index);

  /// Forgets those that were replaced at or before `index`.
  void compact(Index index);

  void fold_into(statemachine::Fold& digest) const;

 private:
  std::vector<Since> entries_{1};  // Ascending.
};

/// Which entries are configurations, in all logs together.
class ConfigurationEntries {
 public:
  /// The configuration that the entry is; null if it is not known for one.
  const MemberSets* find(Index index, Term term) const;

  /// Requires: it is not known yet.
  void add(Index index, Term term, MemberSets sets);

  /// Forgets the entries before `index`.
  void forget(Index index);

  /// Shows those of the indices after `from`, up to and with `to`, ascending.
  template <class Show>
  void each(Index from, Index to, const Show& show) const {
    for (const Entry& entry : entries_) {
      if (entry.index > from && entry.index <= to) show(entry.index, entry.term, entry.sets);
    }
  }

  void fold_into(statemachine::Fold& digest) const;

 private:
  struct Entry {
    Index index{};
    Term term{};
    MemberSets sets;
  };
  std::vector<Entry> entries_;  // Ascending by index, then term.
};

}  // namespace lockstep::consensus::raft
