// The part of the monitor that judges reads which pass the log by (dissertation §6.4).
#include "consensus/raft/monitored_reads.h"

#include <fmt/core.h>

#include <algorithm>

#include "consensus/raft/monitors.h"
#include "consensus/raft/raft.messages.h"

namespace lockstep::consensus {
namespace raft {
namespace {

// Reads of one client that are remembered.
constexpr std::size_t kReads = 64;

}  // namespace

void MonitoredReads::asked(std::uint64_t client, std::uint64_t sequence,
                           std::uint64_t acknowledged_below, Index committed) {
  auto known = std::partition_point(clients_.begin(), clients_.end(),
                                    [&](const Client& other) { return other.number < client; });
  if (known == clients_.end() || known->number != client) {
    known = clients_.insert(known, {client, 0, {}});
  }
  auto& [number, forgotten_below, reads] = *known;
  forgotten_below = std::max(forgotten_below, acknowledged_below);
  while (!reads.empty() && reads.front().sequence < forgotten_below) reads.pop_front();
  // A request that comes late, after its answer, is not the first.
  if (sequence < forgotten_below) return;
  const bool is_repeated = std::any_of(reads.begin(), reads.end(),
                                       [&](const Read& read) { return read.sequence == sequence; });
  if (is_repeated) return;
  if (reads.size() == kReads) {
    forgotten_below = reads.front().sequence + 1;
    reads.pop_front();
  }
  reads.push_back({sequence, committed});
}

Index MonitoredReads::committed_before(std::uint64_t client, std::uint64_t sequence) const {
  const auto known = std::partition_point(
      clients_.begin(), clients_.end(), [&](const Client& other) { return other.number < client; });
  if (known == clients_.end() || known->number != client) return {};
  for (const Read& read : known->reads) {
    if (read.sequence == sequence) return read.committed;
  }
  return {};
}

void MonitoredReads::fold_into(statemachine::Fold& digest) const {
  digest(clients_.size());
  for (const Client& client : clients_) {
    digest(client.number);
    digest(client.forgotten_below);
    digest(client.reads.size());
    for (const Read& read : client.reads) {
      digest(read.sequence);
      digest(number(read.committed));
    }
  }
}

}  // namespace raft

void RaftMonitor::requested(const Witness& witness) {
  const auto* request = witness.message_as<Request>();
  if (request == nullptr || !request->read_only()) return;
  reads_.asked(request->client(), request->sequence(), request->acknowledged_below(), committed_);
}

void RaftMonitor::claims(Watched& node, const transport::Served& claim) {
  const Index index{claim.index};
  if (!has_state_after(node, index)) {
    return broken("Reads Show Applied State", "dissertation §6.4",
                  fmt::format("{} answered a read from the state after index {}, which it has not "
                              "applied",
                              to_string(node.id), claim.index));
  }
  if (claim.level == raft::ReadOptions::LOCAL) {
    if (index < node.read_locally) {
      return broken("Local Reads Go Forward", "README",
                    fmt::format("{} answered a read from the state after index {}, and an earlier "
                                "one from that after {}",
                                to_string(node.id), claim.index, number(node.read_locally)));
    }
    node.read_locally = index;
    return;
  }
  const bool by_leader =
      claim.level == raft::ReadOptions::LEASE || claim.level == raft::ReadOptions::READ_INDEX;
  if (by_leader) reads_as_leader(node);
  const Index committed = reads_.committed_before(claim.client, claim.sequence);
  if (index < committed) {
    broken("Reads See What Was Committed", "dissertation §6.4",
           fmt::format("{} answered a read from the state after index {}, but when it was asked "
                       "for, index {} was committed",
                       to_string(node.id), claim.index, number(committed)));
  }
}

/// Whether it has applied the commands up to `index`, as far as others have shown what they are.
bool RaftMonitor::has_state_after(const Watched& node, Index index) {
  if (index > node.commit) return false;
  if (index >= applied_) return node.applied >= applied_;
  return is_forgotten(index) || !place(index).is_applied || node.applied >= index;
}

// Step 1 of §6.4: without an entry of its own term a leader does not know what is committed.
void RaftMonitor::reads_as_leader(const Watched& node) {
  if (node.leads == Term{}) {
    return broken(
        "Only Leaders Confirm Reads", "dissertation §6.4",
        fmt::format("{} answered a read as a leader, but does not lead", to_string(node.id)));
  }
  if (node.log.at(node.commit) != node.leads) {
    broken("Leaders Commit Before They Read", "dissertation §6.4",
           fmt::format("{} answered a read as the leader of term {}, before it had committed an "
                       "entry of that term",
                       to_string(node.id), number(node.leads)));
  }
}

// The same for a follower's read: the index must cover what the leader cannot know yet.
void RaftMonitor::names_read_index(const Watched& node, const raft::ReadIndexReply& reply) {
  const Index index{reply.index()};
  if (node.leads != Term{reply.term()} || index < node.log.base()) return;
  if (node.log.at(index) == node.leads) return;
  broken(
      "Leaders Commit Before They Read", "dissertation §6.4",
      fmt::format("{}, leader of term {}, let others read from index {} on, which is not of that "
                  "term",
                  to_string(node.id), number(node.leads), number(index)));
}

}  // namespace lockstep::consensus
