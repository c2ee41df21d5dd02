// Phase 1 (PMMC §2.4, scouts): how a node gets a ballot promised for all slots at once, learns what
// earlier ballots may have got chosen, and leads. Late promises still count: a leader needs them
// when other acceptors come into force.
#include <algorithm>
#include <utility>

#include "consensus/paxos/multi_paxos.h"

namespace lockstep::consensus {

/// Whether it governs a slot that is not yet known to be chosen.
bool MultiPaxos::may_lead(NodeId self) const { return contains(everybody(), self); }

// The promise to itself is on disk before anybody hears of the ballot, so no later life uses it.
void MultiPaxos::stand(Ctx& ctx, Ballot takes_over) {
  const Ballot ballot = paxos::above(promised_, ctx.self());
  adopt(ctx, ballot);
  ctx.log("tries to lead in ballot {}", to_string(ballot));
  role_ = Role::Candidate;
  ballot_ = ballot;
  takes_over_ = takes_over;
  prepared_ = paxos::next(commit_);
  promises_.clear();
  recovered_.clear();
  last_seen_ = compacted_ = commit_;
  ask_to_promise(ctx, without(everybody(), ctx.self()));
  send_promise(ctx, ctx.self(), prepared_);
}

void MultiPaxos::ask_to_promise(Ctx& ctx, const Nodes& acceptors) {
  const auto prepare = Ctx::prepare<multi_paxos::Prepare>([&](multi_paxos::Prepare& message) {
    message.set_ballot(number(ballot_));
    message.set_from_slot(number(prepared_));
    message.set_takes_over(number(takes_over_));
  });
  for (const NodeId acceptor : acceptors) ctx.send(acceptor, prepare);
}

void MultiPaxos::on(Ctx& ctx, NodeId from, const multi_paxos::Promise& promise) {
  // A promise to an earlier candidacy may arrive during a later one.
  if (role_ == Role::Follower || Ballot{promise.ballot()} != ballot_) return;
  collect(from, promise);
  role_ == Role::Candidate ? lead_if_promised(ctx) : propose(ctx);
}

// PMMC §2.4, pmax: for each slot the value of the highest ballot.
void MultiPaxos::collect(NodeId from, const multi_paxos::Promise& promise) {
  const Slot open = role_ == Role::Leader ? next_slot_ : paxos::next(commit_);
  for (const multi_paxos::Vote& reported : promise.votes()) {
    const Slot slot{reported.slot()};
    if (slot < open) continue;
    Vote& known = recovered_[slot];
    last_seen_ = std::max(last_seen_, slot);
    if (Ballot{reported.ballot()} <= known.ballot) continue;
    known = {Ballot{reported.ballot()}, reported.value(), reported.chosen()};
  }
  if (const Slot compacted{promise.snapshot_slot()}; compacted > compacted_) {
    compacted_ = compacted;
    compacted_by_ = from;
  }
  promises_.add(from);
}

/// Whether a quorum of those who govern this slot promised this ballot.
bool MultiPaxos::has_promises(Slot slot) const {
  return paxos::is_quorum(promises_, configurations_.at(slot));
}

void MultiPaxos::lead_if_promised(Ctx& ctx) {
  if (role_ == Role::Candidate && has_promises(paxos::next(commit_))) lead(ctx);
}

void MultiPaxos::lead(Ctx& ctx) {
  role_ = Role::Leader;
  leader_ = ctx.self();
  ctx.cancel_timer(Timer::Election);
  ctx.observe(transport::Leads{{}, number(ballot_)});
  ctx.log("leads in ballot {} from slot {}", to_string(ballot_), number(commit_) + 1);
  if (takes_over_ != Ballot{}) reached(ctx, MultiPaxosReach::Transfer);
  next_slot_ = paxos::next(commit_);
  // A configuration that waits for its first slot waits for slots to be used.
  fill_to_ = paxos::previous(configurations_.latest_since());
  rounds_ = {};
  rounds_heard_.clear();
  unconfirmed_ = 0;
  gave_lease_up_ = false;
  send_heartbeats(ctx);
}

// Somebody promised a higher ballot (PMMC: preempted).
void MultiPaxos::on(Ctx& ctx, NodeId from, const multi_paxos::Refused& refused) {
  if (role_ == Role::Follower || Ballot{refused.ballot()} != ballot_) return;
  const bool is_behind = role_ == Role::Candidate && Slot{refused.commit()} > commit_;
  adopt(ctx, Ballot{refused.promised()});
  if (is_behind) catch_up(ctx, from);
}

// Handing over. The successor's promises are asked for as any candidate's, but acceptors do not
// wait for this leader's silence; so from now on its lease is worth nothing.
void MultiPaxos::transfer(Ctx& ctx, const Asker& asker, NodeId successor) {
  if (successor == ctx.self()) return answer(ctx, asker, Reply::OK);
  if (!contains(configurations_.at(paxos::next(commit_)), successor)) {
    return answer(ctx, asker, Reply::REJECTED, "the successor is no member");
  }
  if (transfer_) return answer(ctx, asker, Reply::UNAVAILABLE);
  transfer_ = asker;
  gave_lease_up_ = true;
  ctx.set_timer(Timer::Transfer, {options_.election_timeout.high, options_.election_timeout.high});
  ctx.send<multi_paxos::TakeOver>(
      successor, [&](multi_paxos::TakeOver& wish) { wish.set_ballot(number(ballot_)); });
}

void MultiPaxos::on(Ctx& ctx, NodeId, const multi_paxos::TakeOver& wish) {
  const Ballot ballot{wish.ballot()};
  if (role_ == Role::Follower && ballot == promised_ && may_lead(ctx.self())) stand(ctx, ballot);
}

}  // namespace lockstep::consensus
