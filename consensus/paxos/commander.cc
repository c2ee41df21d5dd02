// Phase 2 (PMMC §2.4, commanders): how the leader gets a value chosen for one slot after the other,
// several at a time.
#include <algorithm>
#include <utility>

#include "consensus/paxos/multi_paxos.h"

namespace lockstep::consensus {

// What earlier ballots left behind comes first, then holes are filled, then clients are served.
void MultiPaxos::propose(Ctx& ctx) {
  if (role_ != Role::Leader) return;
  const Slot first = next_slot_;
  while (may_propose(ctx, next_slot_)) {
    const auto value = value_for(ctx, next_slot_);
    if (!value) break;
    accept(ctx, next_slot_, ballot_, *value);
    proposals_[next_slot_] = {};
    next_slot_ = paxos::next(next_slot_);
  }
  for (Slot slot = first; slot < next_slot_; slot = paxos::plus(slot, options_.batch)) {
    const Slot end = std::min(paxos::plus(slot, options_.batch), next_slot_);
    send_accept(ctx, slot, paxos::previous(end));
  }
}

// PMMC §2.2: whoever has applied all slots up to s knows who governs those up to s + α, and no
// others are used. PML §5.5: what others have compacted is chosen, and can only be learnt.
bool MultiPaxos::may_propose(Ctx& ctx, Slot slot) {
  if (slot > paxos::plus(applied_, options_.window)) return false;
  if (slot > compacted_ && has_promises(slot)) return true;
  if (std::exchange(has_asked_, true)) return false;
  if (slot <= compacted_) {
    reached(ctx, MultiPaxosReach::LeaderCaughtUp);
    catch_up(ctx, compacted_by_);
  } else {
    Nodes silent = without(configurations_.at(slot), ctx.self());
    std::erase_if(silent, [&](NodeId node) { return promises_.has(node); });
    ask_to_promise(ctx, silent);
    if (!promises_.has(ctx.self())) send_promise(ctx, ctx.self(), prepared_);
  }
  return false;
}

/// What to propose in this slot; nothing if it can stay free.
std::optional<MultiPaxos::Value> MultiPaxos::value_for(Ctx& ctx, Slot slot) {
  Value value;
  if (const auto found = recovered_.find(slot); found != recovered_.end()) {
    reached(ctx, MultiPaxosReach::Recovered);
    value = std::move(found->second.value);
    recovered_.erase(found);
  } else if (slot <= last_seen_) {
    reached(ctx, MultiPaxosReach::HoleFilled);
    value.set_no_op(true);
  } else if (!waiting_.empty()) {
    value = std::move(waiting_.front());
    waiting_.pop_front();
  } else if (slot <= fill_to_) {
    value.set_no_op(true);
  } else {
    return std::nullopt;
  }
  return value;
}

/// Requires: it proposed in these slots, and none of them is compacted.
MultiPaxos::Ctx::Prepared MultiPaxos::accept_message(Slot first, Slot last) const {
  return Ctx::prepare<multi_paxos::Accept>([&](multi_paxos::Accept& message) {
    message.set_ballot(number(ballot_));
    message.set_first_slot(number(first));
    message.set_commit(number(commit_));
    for (Slot slot = first; slot <= last; slot = paxos::next(slot)) {
      *message.add_values() = votes_.at(slot).value;
    }
  });
}

// The acceptors may write while the leader writes: should it lose its own votes in a crash, nobody
// counted them, and it does not use this ballot again.
void MultiPaxos::send_accept(Ctx& ctx, Slot first, Slot last) {
  const auto message = accept_message(first, last);
  for (const NodeId acceptor : configurations_.members(first, last)) {
    if (acceptor != ctx.self()) ctx.send_early(acceptor, message);
  }
  ctx.send<multi_paxos::Accepted>(ctx.self(), [&](multi_paxos::Accepted& accepted) {
    accepted.set_ballot(number(ballot_));
    accepted.set_first_slot(number(first));
    accepted.set_last_slot(number(last));
  });
}

void MultiPaxos::on(Ctx& ctx, NodeId from, const multi_paxos::Accepted& accepted) {
  if (role_ != Role::Leader || Ballot{accepted.ballot()} != ballot_) return;
  const Slot last{accepted.last_slot()};
  for (auto at = proposals_.lower_bound(Slot{accepted.first_slot()});
       at != proposals_.end() && at->first <= last; ++at) {
    at->second.votes.add(from);
  }
  advance_commit(ctx);
}

// A slot is chosen once a quorum of those who govern it accepted in this ballot. Slots are applied
// in their order, so what counts is how far they are chosen without a gap.
void MultiPaxos::advance_commit(Ctx& ctx) {
  Slot chosen = commit_;
  for (auto at = proposals_.find(paxos::next(chosen));
       at != proposals_.end() && at->first == paxos::next(chosen); ++at) {
    if (!paxos::is_quorum(at->second.votes, configurations_.at(at->first))) break;
    chosen = at->first;
  }
  if (chosen == commit_) return;
  commit(ctx, chosen);
  propose(ctx);
}

// Whatever got lost is sent again to those who have not answered, at the second heartbeat.
void MultiPaxos::propose_again(Ctx& ctx) {
  for (const NodeId acceptor : everybody()) {
    if (acceptor != ctx.self()) propose_again(ctx, acceptor);
  }
  for (auto& [slot, proposal] : proposals_) proposal.is_old = true;
}

void MultiPaxos::propose_again(Ctx& ctx, NodeId acceptor) {
  std::optional<std::pair<Slot, Slot>> run;
  const auto flush = [&] {
    if (run) ctx.send(acceptor, accept_message(run->first, run->second));
    run.reset();
  };
  for (const auto& [slot, proposal] : proposals_) {
    const bool is_missing = proposal.is_old && !proposal.votes.has(acceptor) &&
                            contains(configurations_.at(slot), acceptor);
    if (!is_missing) continue;
    const bool continues = run && paxos::next(run->second) == slot &&
                           number(slot) - number(run->first) < options_.batch;
    if (!continues) flush();
    run = {continues ? run->first : slot, slot};
  }
  flush();
}

/// Whether all that earlier ballots may have got chosen is applied here.
bool MultiPaxos::is_settled() const { return commit_ >= last_seen_ && commit_ >= compacted_; }

// A leader that reaches no quorum gets nothing chosen, so its clients had better look for another.
void MultiPaxos::send_heartbeats(Ctx& ctx) {
  if (role_ != Role::Leader) return;
  if (options_.heartbeat.low * unconfirmed_++ >= options_.election_timeout.high) {
    reached(ctx, MultiPaxosReach::Alone);
    return follow(ctx);
  }
  ctx.set_timer(Timer::Heartbeat, options_.heartbeat);
  // The clock is read for leases only; an explorer without a clock can do without them.
  rounds_.begin(options_.lease ? ctx.now() : Time{});
  rounds_heard_[ctx.self()] = rounds_.latest();
  if (rounds_.confirm(agreed_round())) unconfirmed_ = 0;
  const auto heartbeat = Ctx::prepare<multi_paxos::Heartbeat>([&](multi_paxos::Heartbeat& beat) {
    beat.set_ballot(number(ballot_));
    beat.set_commit(number(commit_));
    beat.set_round(rounds_.latest());
  });
  for (const NodeId member : everybody()) {
    if (member != ctx.self()) ctx.send(member, heartbeat);
  }
  has_asked_ = false;
  propose(ctx);
}

void MultiPaxos::on(Ctx& ctx, NodeId from, const multi_paxos::HeartbeatReply& reply) {
  if (role_ != Role::Leader || Ballot{reply.ballot()} != ballot_) return;
  std::uint64_t& heard = rounds_heard_[from];
  heard = std::max(heard, reply.round());
  if (rounds_.confirm(agreed_round())) unconfirmed_ = 0;
  // A vote that the promises did not tell of was not for anything chosen; but reads wait for it.
  last_seen_ = std::max(last_seen_, Slot{reply.last_slot()});
  propose(ctx);
}

}  // namespace lockstep::consensus
