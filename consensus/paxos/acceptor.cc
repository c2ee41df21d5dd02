// The acceptor: PMMC §2.3. It answers phases 1 and 2 by what it promised and accepted, and nothing
// else. The world keeps its answers back until what they promise is durable.
#include <utility>

#include "consensus/paxos/multi_paxos.h"

namespace lockstep::consensus {

/// Promises to take part in no ballot below this one. False if a higher one was promised.
bool MultiPaxos::adopt(Ctx& ctx, Ballot ballot) {
  if (ballot < promised_) return false;
  if (ballot == promised_) return true;
  promised_ = ballot;
  store_promise(ctx);
  follow(ctx);
  return true;
}

// Leases rest on this (PML §5.2): whoever heard from a leader lately lets nobody else lead. Who
// stands because that very leader asked for it need not wait.
bool MultiPaxos::hears_leader(Ctx& ctx) const {
  if (!options_.lease) return false;
  if (role_ == Role::Leader) return true;
  return leader_heard_ && ctx.now() - *leader_heard_ < options_.election_timeout.low;
}

void MultiPaxos::on(Ctx& ctx, NodeId from, const multi_paxos::Prepare& prepare) {
  const Ballot ballot{prepare.ballot()};
  const bool is_known = ballot == promised_ || Ballot{prepare.takes_over()} == promised_;
  if (!is_known && hears_leader(ctx)) return;
  if (!adopt(ctx, ballot)) return refuse(ctx, from, ballot);
  wait_for_leader(ctx);
  send_promise(ctx, from, Slot{prepare.from_slot()});
}

// Phase 1b: all votes, chosen or not, whoever led when they were cast.
void MultiPaxos::send_promise(Ctx& ctx, NodeId to, Slot from_slot) {
  ctx.send<multi_paxos::Promise>(to, [&](multi_paxos::Promise& promise) {
    promise.set_ballot(number(promised_));
    promise.set_from_slot(number(from_slot));
    promise.set_snapshot_slot(number(snapshot_));
    for (auto at = votes_.lower_bound(from_slot); at != votes_.end(); ++at) {
      multi_paxos::Vote& vote = *promise.add_votes();
      vote.set_slot(number(at->first));
      vote.set_ballot(number(at->second.ballot));
      *vote.mutable_value() = at->second.value;
      vote.set_chosen(at->second.chosen);
    }
  });
}

void MultiPaxos::refuse(Ctx& ctx, NodeId to, Ballot ballot) {
  ctx.send<multi_paxos::Refused>(to, [&](multi_paxos::Refused& refused) {
    refused.set_ballot(number(ballot));
    refused.set_promised(number(promised_));
    refused.set_commit(number(commit_));
  });
}

// Phase 2b. What a snapshot covers is chosen, and needs no vote any more.
void MultiPaxos::on(Ctx& ctx, NodeId from, const multi_paxos::Accept& message) {
  const Ballot ballot{message.ballot()};
  if (!adopt(ctx, ballot)) return refuse(ctx, from, ballot);
  hear_leader(ctx, from);
  Slot slot{message.first_slot()};
  for (const Value& value : message.values()) {
    if (slot > snapshot_) accept(ctx, slot, ballot, value);
    slot = paxos::next(slot);
  }
  ctx.send<multi_paxos::Accepted>(from, [&](multi_paxos::Accepted& accepted) {
    accepted.set_ballot(message.ballot());
    accepted.set_first_slot(message.first_slot());
    accepted.set_last_slot(number(paxos::previous(slot)));
  });
  learn(ctx, Slot{message.commit()}, ballot);
}

void MultiPaxos::accept(Ctx& ctx, Slot slot, Ballot ballot, const Value& value) {
  Vote& vote = votes_[slot];
  vote.ballot = ballot;
  vote.value = value;
  store_vote(ctx, slot);
}

/// The last slot that this node knows to be used.
MultiPaxos::Slot MultiPaxos::last_slot() const {
  return votes_.empty() ? snapshot_ : votes_.rbegin()->first;
}

void MultiPaxos::on(Ctx& ctx, NodeId from, const multi_paxos::Heartbeat& heartbeat) {
  const Ballot ballot{heartbeat.ballot()};
  if (!adopt(ctx, ballot)) return refuse(ctx, from, ballot);
  hear_leader(ctx, from);
  ctx.send<multi_paxos::HeartbeatReply>(from, [&](multi_paxos::HeartbeatReply& reply) {
    reply.set_ballot(heartbeat.ballot());
    reply.set_round(heartbeat.round());
    reply.set_last_slot(number(last_slot()));
  });
  const Slot commit{heartbeat.commit()};
  learn(ctx, commit, ballot);
  if (commit_ < commit) catch_up(ctx, from);
}

}  // namespace lockstep::consensus
