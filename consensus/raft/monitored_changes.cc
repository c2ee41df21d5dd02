// The part of the monitor that judges who takes part: configurations and their changes
// (dissertation chapter 4).
#include <fmt/core.h>

#include "consensus/raft/monitors.h"
#include "consensus/raft/raft.messages.h"

namespace lockstep::consensus {

using raft::MemberSets;

void RaftMonitor::claims(Watched& node, const transport::Configured& claim) {
  const Index index{claim.index};
  const MemberSets sets{claim.voters, claim.outgoing, claim.learners};
  const Index latest = node.configurations.latest().index;
  node.configured = index;
  // A crash took back a compaction, and the node tells what all had compacted by then: there is
  // nothing left to compare it with.
  if (is_forgotten(index)) return node.configurations.replace(index, sets);
  if (index < latest) {
    return broken("The Latest Configuration Counts", "dissertation §4.1",
                  fmt::format("{} uses the configuration of index {}, although its log holds one "
                              "at index {}",
                              to_string(node.id), claim.index, number(latest)));
  }
  if (index > latest) {
    if (node.log.at(index) == Term{claim.term}) return learns(node, index, Term{claim.term}, sets);
    return broken("The Latest Configuration Counts", "dissertation §4.1",
                  fmt::format("{} uses a configuration of index {} and term {}, which its log does "
                              "not hold",
                              to_string(node.id), claim.index, claim.term));
  }
  if (node.configurations.latest().sets != sets) {
    broken(
        "Configurations Match", "dissertation §4.1",
        fmt::format("{} uses {} since index {}, where the configuration is {}", to_string(node.id),
                    to_string(sets), claim.index, to_string(node.configurations.latest().sets)));
  }
}

/// That the entry is a configuration, from a claim or message of `node`.
void RaftMonitor::learns(const Watched& node, Index index, Term term, MemberSets sets) {
  if (is_forgotten(index)) return;
  if (const MemberSets* const known = configurations_.find(index, term)) {
    if (*known == sets) return;
    return broken(
        "Configurations Match", "dissertation §4.1",
        fmt::format("{} has {} at index {} and term {}, where others have {}", to_string(node.id),
                    to_string(sets), number(index), number(term), to_string(*known)));
  }
  configurations_.add(index, term, sets);
  for (Watched& other : nodes_) {
    const bool holds = index > other.configurations.base() && other.log.at(index) == term;
    if (holds) other.configurations.add(index, sets);
  }
  const bool is_committed = index <= committed_ && place(index).committed == term;
  if (is_committed) committed_configurations_.add(index, sets);
  if (node.leads == term) changes(node, index, sets);
}

// A leader begins a change with this entry, or goes on with one.
void RaftMonitor::changes(const Watched& leader, Index index, MemberSets sets) {
  if (index == Index{}) return;
  const auto& [since, current] = leader.configurations.at(raft::previous(index));
  const auto story = [&, &before = current](std::string_view mistake) {
    return fmt::format("{}, leader of term {}, changes {} to {} at index {}, {}",
                       to_string(leader.id), number(leader.leads), to_string(before),
                       to_string(sets), number(index), mistake);
  };
  if (since > leader.commit) {
    return broken("One Change At A Time", "dissertation §4.1",
                  story("before the last change is committed"));
  }
  // raft-dev, July 2015. How a joint configuration ends is settled when it is committed.
  const bool is_settled = leader.log.at(leader.commit) == leader.leads;
  if (!is_settled && !current.is_joint()) {
    return broken("One Change At A Time", "dissertation §4.1, raft-dev July 2015",
                  story("before it has committed an entry of its term"));
  }
  if (!overlap(current, sets)) {
    broken("Configurations Overlap", "dissertation §4.1, §4.3",
           story("so that two leaders could be elected"));
  }
}

/// It leads or commits; by the configuration that it says it uses.
void RaftMonitor::uses_latest(const Watched& node) {
  const Index latest = node.configurations.latest().index;
  if (!node.configured && pardons_silence_) return;
  const Index used = node.configured.value_or(Index{});
  if (used == latest) return;
  broken(
      "The Latest Configuration Counts", "dissertation §4.1",
      fmt::format("{} uses the configuration of index {}, although the latest that its log holds "
                  "is of index {}",
                  to_string(node.id), number(used), number(latest)));
}

void RaftMonitor::proposes(const Watched& node, const raft::AppendEntries& append) {
  Index index{append.prev_index()};
  for (const raft::Entry& entry : append.entries()) {
    index = next(index);
    if (entry.has_members()) learns(node, index, Term{entry.term()}, sets_in(entry.members()));
  }
}

void RaftMonitor::offers(const Watched& node, const raft::InstallSnapshot& chunk) {
  const Index index{chunk.last_index()};
  if (index == Index{} || index > committed_ || is_forgotten(index)) return;
  const MemberSets& sets = committed_configurations_.at(index).sets;
  if (sets_in(chunk.members()) == sets) return;
  broken("Snapshots Hold Their Configuration", "§7, dissertation §5.1",
         fmt::format("{} sends a snapshot up to index {} with {}, where {} was in force",
                     to_string(node.id), number(index), to_string(sets_in(chunk.members())),
                     to_string(sets)));
}

}  // namespace lockstep::consensus
