// The replica: PMMC §2.1. What is chosen is applied in the order of the slots, and whoever missed
// some of it asks another node (PML §4, catch-up).
#include <algorithm>
#include <string>
#include <utility>

#include "consensus/paxos/multi_paxos.h"
#include "statemachine/sessions.h"

namespace lockstep::consensus {

// The leader of this ballot says how far slots are chosen. That is about its own values, so a vote
// of another ballot says nothing: the value may be another one.
void MultiPaxos::learn(Ctx& ctx, Slot upto, Ballot ballot) {
  Slot known = commit_;
  for (auto at = votes_.find(paxos::next(known));
       at != votes_.end() && at->first == paxos::next(known) && at->first <= upto; ++at) {
    if (!at->second.chosen && at->second.ballot != ballot) break;
    known = at->first;
  }
  commit(ctx, known);
}

/// Requires: the values of all slots up to this one are chosen and stand in votes_.
void MultiPaxos::commit(Ctx& ctx, Slot slot) {
  if (slot <= commit_) return;
  commit_ = slot;
  ctx.observe(transport::Committed{{}, number(slot), number(votes_.at(slot).ballot)});
  while (applied_ < commit_) {
    applied_ = paxos::next(applied_);
    apply(ctx, applied_, votes_.at(applied_).value);
  }
  compact_if_due(ctx);
  answer_reads(ctx);
  configure(ctx);
}

void MultiPaxos::apply(Ctx& ctx, Slot slot, const Value& value) {
  const bool is_own = role_ == Role::Leader && proposals_.erase(slot) > 0;
  if (value.has_members()) {
    Nodes members;
    for (const auto id : value.members().node()) members = with(std::move(members), NodeId{id});
    configurations_.add(paxos::plus(slot, options_.window), std::move(members));
    fill_to_ = paxos::previous(configurations_.latest_since());
    return;
  }
  if (value.no_op()) return;
  const std::string result = ctx.apply(machine_, number(slot), value.command());
  if (!is_own) return;
  const auto [status, inner] = statemachine::session_result(result);
  // A client that said it has the answer is not waiting for it.
  if (status == statemachine::SessionStatus::Forgotten) return;
  const auto asked = statemachine::parse_session_command(value.command());
  if (asked) answer(ctx, {ClientId{asked->client}, asked->sequence}, Reply::OK, inner);
}

void MultiPaxos::catch_up(Ctx& ctx, NodeId from) {
  ctx.send<multi_paxos::CatchUp>(
      from, [&](multi_paxos::CatchUp& question) { question.set_from_slot(number(commit_) + 1); });
}

void MultiPaxos::on(Ctx& ctx, NodeId from, const multi_paxos::CatchUp& question) {
  const Slot first{question.from_slot()};
  if (first > commit_) return;
  if (first <= snapshot_) return send_snapshot(ctx, from);
  reached(ctx, MultiPaxosReach::CaughtUp);
  const Slot last = std::min(paxos::plus(first, options_.batch - 1), commit_);
  ctx.send<multi_paxos::Chosen>(from, [&](multi_paxos::Chosen& chosen) {
    chosen.set_commit(number(commit_));
    for (Slot slot = first; slot <= last; slot = paxos::next(slot)) {
      multi_paxos::Vote& vote = *chosen.add_votes();
      vote.set_slot(number(slot));
      vote.set_ballot(number(votes_.at(slot).ballot));
      *vote.mutable_value() = votes_.at(slot).value;
      vote.set_chosen(true);
    }
  });
}

// What is learnt is stored as chosen, so that it is known after a restart too. A leader that
// proposed in a slot waits for its own votes instead: followers take it at its word about those.
void MultiPaxos::on(Ctx& ctx, NodeId from, const multi_paxos::Chosen& chosen) {
  Slot known = commit_;
  for (const multi_paxos::Vote& vote : chosen.votes()) {
    const Slot slot{vote.slot()};
    if (slot != paxos::next(known)) continue;
    if (role_ == Role::Leader && slot < next_slot_) break;
    Vote& kept = votes_[slot];
    kept.ballot = std::max(kept.ballot, Ballot{vote.ballot()});
    kept.value = vote.value();
    kept.chosen = true;
    store_vote(ctx, slot);
    known = slot;
  }
  if (known == commit_) return;
  commit(ctx, known);
  if (commit_ < Slot{chosen.commit()}) catch_up(ctx, from);
  go_on(ctx);
}

/// After this node learnt from another what is chosen.
void MultiPaxos::go_on(Ctx& ctx) {
  if (role_ == Role::Candidate) return lead_if_promised(ctx);
  if (role_ != Role::Leader) return;
  next_slot_ = std::max(next_slot_, paxos::next(commit_));
  propose(ctx);
}

}  // namespace lockstep::consensus
