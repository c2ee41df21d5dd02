// What must always hold of state machines that are replicated by a log, whatever the protocol is
// (Schneider, "Implementing Fault-Tolerant Services Using the State Machine Approach", ACM
// Computing Surveys 1990): every replica applies the same commands in the same order.
//
// It reads claims only: Leads, Committed, Applied, Installed and Compacted of one group. How a
// protocol gets there is watched by the protocol's own monitors.
//
// - "One Leader Per Term": no two nodes lead in one term (ballot, view, epoch).
// - "State Machine Safety": one index, one command, one result.
// - "No Command Is Skipped": an index that one node applied is not passed over by another.
// - "Applied In Order": within one life of a node, indices ascend and are committed before.
// - "Commit Only Grows": within one life of a node.
// - "Snapshots Agree": one index, one state.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "consensus/vocabulary.h"

namespace lockstep::consensus {

class ReplicatedLogMonitor {
 public:
  /// What the group's protocol calls its terms, for stories ("view"), and where its paper states
  /// that replicas agree.
  struct Terminology {
    std::string_view term = "term";
    std::string_view source;
  };

  /// Requires: what `terminology` points to outlives the monitor; nodes that start from a snapshot
  /// claim Installed or Compacted before they apply more, and no node keeps an applied index
  /// across a restart without that.
  explicit ReplicatedLogMonitor(Terminology terminology, transport::GroupId group = {})
      : terminology_(terminology), group_(group) {}

  /// Takes note of one event, in constant time. After the first violation it notes nothing more.
  void see(const Witness& witness);
  const std::optional<Violation>& violation() const { return violation_; }
  std::uint64_t digest() const;

 private:
  /// What is known of one life of a node.
  struct Life {
    std::uint64_t applied = 0;
    std::uint64_t committed = 0;  // 0 as long as it claims no commits.
  };

  /// What is known of one index.
  struct Place {
    bool is_applied = false;
    bool is_skipped = false;
    bool has_state = false;
    std::uint64_t command_digest = 0;
    std::uint64_t result_digest = 0;
    std::uint64_t state_digest = 0;
  };

  void claims(NodeId node, const transport::Leads& claim);
  void claims(NodeId node, const transport::Committed& claim);
  void claims(NodeId node, const transport::Applied& claim);
  void claims(NodeId node, const transport::Installed& claim);
  void claims(NodeId node, const transport::Compacted& claim);
  template <class Other>
  void claims(NodeId, const Other&) {}

  void skip(NodeId node, std::uint64_t from, std::uint64_t to);
  void agree_on_state(NodeId node, std::uint64_t index, std::uint64_t digest);
  Place* place(std::uint64_t index);
  void broken(std::string_view rule, std::string story);

  Terminology terminology_;
  transport::GroupId group_;
  std::map<NodeId, Life> lives_;
  std::map<std::uint64_t, NodeId> leaders_;  // By term; old ones are forgotten.
  std::uint64_t first_ = 1;                  // The index of the first place that is remembered.
  std::deque<Place> places_;
  std::optional<Violation> violation_;
  Time now_{};
  std::uint64_t event_ = 0;
};

}  // namespace lockstep::consensus
