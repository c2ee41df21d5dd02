#include "raft.h"

namespace student {

Raft::Raft(Options options) : options_(std::move(options)) {}

void Raft::on(Ctx& ctx, Start) {
  ctx.log("up, in term {}", term_);
  // Read back what you stored: ctx.storage(). Then wait for a leader:
  ctx.set_timer(Timer::Election, options_.election_timeout);
}

void Raft::on(Ctx& ctx, const Request& request) {
  // Whoever does not lead sends the client on.
  Reply reply;
  reply.set_status(Reply::UNAVAILABLE);
  ctx.reply(lockstep::transport::ClientId{request.client()}, request.sequence(), reply);
}

void Raft::on(Ctx&, NodeId, const raft::RequestVote&) {}

void Raft::on(Ctx&, NodeId, const raft::VoteReply&) {}

void Raft::on(Ctx&, NodeId, const raft::AppendEntries&) {}

void Raft::on(Ctx&, NodeId, const raft::AppendReply&) {}

void Raft::on(Ctx&, NodeId, const raft::InstallSnapshot&) {}

void Raft::on(Ctx&, NodeId, const raft::SnapshotReply&) {}

void Raft::on(Ctx&, NodeId, const raft::TimeoutNow&) {}

void Raft::on(Ctx&, NodeId, const raft::ReadIndex&) {}

void Raft::on(Ctx&, NodeId, const raft::ReadIndexReply&) {}

void Raft::on(Ctx& ctx, Timer timer, std::uint64_t) {
  // Nobody was heard for a whole election timeout. Part A begins here.
  if (timer == Timer::Election) ctx.set_timer(Timer::Election, options_.election_timeout);
}

void Raft::describe(Fields& fields) const { fields("term", std::to_string(term_)); }

}  // namespace student

LOCKSTEP_NODE(spec) {
  student::Raft::Options options;
  options.election_timeout = spec.between("election_timeout");
  options.heartbeat = spec.between("heartbeat");
  options.snapshot_every = spec.number("snapshot_every");
  options.machine = spec.machine();
  return lockstep::labs::node<student::Raft>(options);
}
