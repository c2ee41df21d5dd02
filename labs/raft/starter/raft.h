// Your Raft server. Everything in this file is yours to change, but for the functions on() that
// the framework calls: one per message, one for requests, one for timers, one for the start.
#pragma once

#include <cstdint>

#include "labs/node/lab_node.h"
#include "raft.messages.h"

namespace student {

using lockstep::transport::Between;
using lockstep::transport::Context;
using lockstep::transport::Fields;
using lockstep::transport::NodeId;
using lockstep::transport::Reply;
using lockstep::transport::Request;
using lockstep::transport::Start;

class Raft {
 public:
  using Message = raft::Message;
  using Ctx = Context<Raft>;
  enum class Timer : std::uint32_t { Election, Heartbeat };

  struct Options {
    Between election_timeout{};  // How long a follower waits for its leader.
    Between heartbeat{};         // How often a leader shows that it is there.
    std::uint64_t snapshot_every = 0;  // Applied entries after which to compact; 0 for never.
    lockstep::statemachine::MachineFactory machine;
  };

  explicit Raft(Options options);

  void on(Ctx& ctx, Start start);
  void on(Ctx& ctx, const Request& request);
  void on(Ctx& ctx, NodeId from, const raft::RequestVote& request);
  void on(Ctx& ctx, NodeId from, const raft::VoteReply& reply);
  void on(Ctx& ctx, NodeId from, const raft::AppendEntries& append);
  void on(Ctx& ctx, NodeId from, const raft::AppendReply& reply);
  void on(Ctx& ctx, NodeId from, const raft::InstallSnapshot& snapshot);
  void on(Ctx& ctx, NodeId from, const raft::SnapshotReply& reply);
  void on(Ctx& ctx, NodeId from, const raft::TimeoutNow& order);
  void on(Ctx& ctx, NodeId from, const raft::ReadIndex& question);
  void on(Ctx& ctx, NodeId from, const raft::ReadIndexReply& reply);
  void on(Ctx& ctx, Timer timer, std::uint64_t key);

  // Names your state: the failure page shows how it changes under each event.
  void describe(Fields& fields) const;

 private:
  Options options_;
  std::uint64_t term_ = 0;
};

}  // namespace student
