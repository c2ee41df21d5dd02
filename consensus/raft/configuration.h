// Who takes part in a Raft group, and who has to agree (dissertation chapter 4).
//
// A server always uses the latest configuration in its log, committed or not (§4.1), so the
// configurations live beside the log and are truncated and compacted with it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "consensus/quorum.h"
#include "consensus/raft/position.h"
#include "transport/claim.h"
#include "transport/identity.h"

namespace lockstep::consensus::raft {

class Members;  // The message of raft.proto.

using consensus::contains;
using consensus::with;
using consensus::without;

/// Voters, learners and, while a change is joint, the voters that go (§4.3).
struct Configuration {
  Nodes voters;
  Nodes outgoing;
  Nodes learners;

  bool is_joint() const { return !outgoing.empty(); }
  bool is_voter(transport::NodeId node) const {
    return contains(voters, node) || contains(outgoing, node);
  }
  bool is_member(transport::NodeId node) const {
    return is_voter(node) || contains(learners, node);
  }

  /// All members, ascending.
  Nodes members() const;

  /// Whether those for whom `agrees` is true are a quorum: a majority of the voters and, while the
  /// change is joint, one of the outgoing voters too.
  template <class Predicate>
  bool has_quorum(const Predicate& agrees) const {
    return has_majority(voters, agrees) && (outgoing.empty() || has_majority(outgoing, agrees));
  }

  friend bool operator==(const Configuration&, const Configuration&) = default;

 private:
  template <class Predicate>
  static bool has_majority(const Nodes& nodes, const Predicate& agrees) {
    const auto count = std::count_if(nodes.begin(), nodes.end(), agrees);
    return static_cast<std::size_t>(count) >= majority_of(nodes.size());
  }
};

/// To and from messages. Malformed messages, such as from a rotten disk, give what can be read.
Configuration configuration_in(const Members& message);
void write(const Configuration& configuration, Members& message);

/// The claim that this configuration is in force at a node.
transport::Configured configured(Index index, Term term, const Configuration& configuration);

/// "n1 n2 n3", "n1 n2 n3 -> n1 n2 n4", with "learning n5" where there are learners.
std::string to_string(const Configuration& configuration);

/// The configurations that stand in a log, from the one in force at its base on.
class Configurations {
 public:
  /// Begins anew: `configuration` has been in force since `index`.
  void reset(Index index, Configuration configuration);

  const Configuration& latest() const { return entries_.back().configuration; }
  Index latest_index() const { return entries_.back().index; }

  /// The one in force at `index`. Requires: it is not before the base.
  const Configuration& at(Index index) const;

  /// The one before the latest; the latest if it is the only one known.
  const Configuration& previous() const;

  void append(Index index, Configuration configuration) {
    entries_.push_back({index, std::move(configuration)});
  }

  /// Forgets those from `index` on. True if the latest is another now. Requires: index > base.
  bool truncate(Index index);

  /// Forgets those that were replaced at or before `index`.
  void compact(Index index);

 private:
  struct Entry {
    Index index{};
    Configuration configuration;
  };
  std::vector<Entry> entries_{1};  // Ascending.
};

}  // namespace lockstep::consensus::raft
