// A group of three under Raft's monitor, with the steps that make up a story.
#pragma once

#include <string>

#include "tests/consensus/raft/bench.h"
#include "consensus/raft/monitors.h"
#include "tests/consensus/shown.h"

namespace lockstep::consensus::tests {

using transport::Appended;
using transport::Applied;
using transport::Committed;
using transport::Compacted;
using transport::Configured;
using transport::Follows;
using transport::Installed;
using transport::Leads;
using transport::Served;
using transport::Truncated;

/// A group of three under a monitor, with the steps that make up a story.
class Story : public Shown<RaftMonitor, raft::Message> {
 public:
  Story() : Shown(RaftMonitor({kSelf, kSecond, kThird})) {}

  /// `node` is elected in `term` with the vote of `voter`.
  void elect(NodeId node, std::uint64_t term, NodeId voter) {
    sent(node, voter, request_vote(term, 0, 0));
    sent(voter, node, vote(term));
    delivered(node, voter, vote(term));
    claimed(node, Leads{{}, term});
  }

  /// `node` appends an entry whose content is a function of index and term.
  void append(NodeId node, std::uint64_t index, std::uint64_t term) {
    claimed(node, Appended{{}, index, term, index * 1000 + term});
  }

  /// `node` has the leader's log up to `index` and says so, as does the leader itself.
  void acknowledge(NodeId node, NodeId leader, std::uint64_t term, std::uint64_t index) {
    delivered(node, leader, entries(term, 0, 0, {}));
    sent(node, leader, accepted(term, index));
    delivered(leader, node, accepted(term, index));
    store_own(leader, term, index);
  }

  /// The leader's own log is durable up to `index`.
  void store_own(NodeId leader, std::uint64_t term, std::uint64_t index) {
    sent(leader, leader, accepted(term, index));
    delivered(leader, leader, accepted(term, index));
  }

  void apply(NodeId node, std::uint64_t index, std::uint64_t term, std::uint64_t result = 7) {
    claimed(node, Applied{{}, index, index * 1000 + term, result});
  }

  /// kSelf leads term 1; index 1 is on kSelf and kSecond and committed by the leader.
  void commit_first() {
    elect(kSelf, 1, kSecond);
    append(kSelf, 1, 1);
    append(kSecond, 1, 1);
    acknowledge(kSecond, kSelf, 1, 1);
    claimed(kSelf, Committed{{}, 1, 1});
  }

  std::string rule() const {
    return watcher.violation() ? watcher.violation()->rule : std::string();
  }
};

}  // namespace lockstep::consensus::tests
