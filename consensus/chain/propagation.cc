// How updates go down the chain and acknowledgements come back (OSDI'04 §3.1, §3.2).
//
// The paper's links lose nothing; ours do. So a server sends again what its successor does not say
// it has, and a server that misses something says so. What holds between neighbours is the paper's
// Update Propagation Invariant: the successor's history is a beginning of the predecessor's.
#include <algorithm>

#include "consensus/chain/chain.h"

namespace lockstep::consensus {

/// The history after `after` is new. The tail is the end of the way, also while somebody joins.
void Chain::pass_on(Ctx& ctx, std::uint64_t after) {
  if (configuration_.successor(ctx.self())) send_updates(ctx, after, last());
  if (is_tail(ctx.self())) await_durable(ctx);
}

/// The updates after `after`, up to `until`; if there are none, a message without any.
/// Requires: there is a successor.
void Chain::send_updates(Ctx& ctx, std::uint64_t after, std::uint64_t until) {
  const NodeId successor = *configuration_.successor(ctx.self());
  if (after < base_) {
    send_state(ctx, successor);
    after = committed_;
  }
  const bool leased = has_lease(ctx);
  do {
    const std::uint64_t end = std::min(until, after + options_.max_batch);
    ctx.send<chain::Update>(successor, [&](chain::Update& message) {
      message.set_epoch(configuration_.epoch);
      message.set_previous(after);
      for (std::uint64_t index = after + 1; index <= end; ++index) {
        chain::Entry& entry = *message.add_entries();
        entry.set_epoch(update_at(index).epoch);
        entry.set_command(*update_at(index).command);
      }
      message.set_last(last());
      message.set_has_lease(leased);
    });
    after = std::max(after, end);
  } while (after < until);
}

void Chain::send_state(Ctx& ctx, NodeId joiner) {
  ctx.send<chain::State>(joiner, [&](chain::State& state) {
    state.set_epoch(configuration_.epoch);
    state.set_index(committed_);
    state.set_entry_epoch(epoch_at(committed_));
    state.set_machine(machine_.snapshot());
  });
}

/// Tells the predecessor, if there is one, what is committed and what this server has.
void Chain::acknowledge(Ctx& ctx, bool is_missing) {
  const auto predecessor = configuration_.predecessor(ctx.self());
  told_committed_ = committed_;
  if (!predecessor) return;
  const bool leased = has_lease(ctx);
  ctx.send<chain::UpdateAck>(*predecessor, [&](chain::UpdateAck& ack) {
    ack.set_epoch(configuration_.epoch);
    ack.set_committed(committed_);
    ack.set_last(last());
    ack.set_is_missing(is_missing);
    ack.set_has_lease(leased);
  });
}

void Chain::on(Ctx& ctx, NodeId from, const chain::Update& update) {
  heard_from(ctx, from, update.has_lease(), update.epoch());
  if (configuration_.epoch == 0) {
    // It came back a moment ago and cannot know yet whether it is still in the chain.
    return ctx.send<chain::UpdateAck>(from, [&](chain::UpdateAck& ack) { ack.set_last(last()); });
  }
  const bool is_current = update.epoch() == configuration_.epoch;
  if (!is_current || configuration_.predecessor(ctx.self()) != from) return;
  const std::uint64_t before = last();
  const bool is_missing = !take(ctx, update);
  if (!settles_at_) settles_at_ = update.last();
  const bool is_new = last() > before;
  if (is_new) pass_on(ctx, before);
  settle(ctx);
  // Otherwise the acknowledgement comes from the tail.
  const bool answers =
      is_new ? configuration_.is_joining(ctx.self()) : is_missing || !update.entries().empty();
  if (answers) acknowledge(ctx, is_missing);
}

/// False if updates are missing before these. Those that it has already are the same ones.
bool Chain::take(Ctx& ctx, const chain::Update& update) {
  if (update.previous() > last()) return false;
  std::uint64_t index = update.previous();
  for (const chain::Entry& entry : update.entries()) {
    if (++index > last()) append(ctx, entry.epoch(), entry.command());
  }
  return true;
}

void Chain::on(Ctx& ctx, NodeId from, const chain::UpdateAck& ack) {
  heard_from(ctx, from, ack.has_lease(), ack.epoch());
  const bool is_current = has_chain() && ack.epoch() == configuration_.epoch;
  if (!is_current || configuration_.successor(ctx.self()) != from) return;
  successor_last_ = ack.last();
  if (configuration_.is_joining(from)) {
    joiner_holds(ctx);
  } else {
    commit(ctx, std::min(ack.committed(), last()));
    if (committed_ > told_committed_) acknowledge(ctx);
  }
  if (!ack.is_missing() || resent_after_ == ack.last()) return;
  resent_after_ = ack.last();
  send_updates(ctx, std::min(ack.last(), last()), last());
}

/// A successor that did not say in time that it has the updates gets them again, or a sign of life.
void Chain::send_again(Ctx& ctx) {
  resent_after_.reset();
  if (configuration_.successor(ctx.self())) {
    const bool is_late = successor_last_ < std::min(last_at_tick_, last());
    const std::uint64_t after = is_late ? successor_last_ : last();
    const std::uint64_t first = std::max(after, after < base_ ? committed_ : after);
    send_updates(ctx, after, std::min(last(), first + options_.max_batch));
  }
  last_at_tick_ = last();
  acknowledge(ctx);
}

// The tail.

// A write that is not durable yet is not committed: the message to itself comes back once it is.
void Chain::await_durable(Ctx& ctx) {
  ctx.send<chain::Durable>(ctx.self(), [&](chain::Durable& durable) {
    durable.set_epoch(configuration_.epoch);
    durable.set_last(last());
  });
}

void Chain::on(Ctx& ctx, NodeId from, const chain::Durable& durable) {
  if (from != ctx.self() || durable.epoch() != configuration_.epoch) return;
  durable_ = std::max(durable_, durable.last());
  commit_as_tail(ctx);
}

// OSDI'04 §3: an update that has reached the tail is on all servers of the chain.
void Chain::commit_as_tail(Ctx& ctx) {
  if (!is_tail(ctx.self()) || !is_settled_) return;
  std::uint64_t committed = std::min(durable_, last());
  if (configuration_.joining && joiner_counts_) committed = std::min(committed, successor_last_);
  commit(ctx, committed);
  if (committed_ > told_committed_) acknowledge(ctx);
}

// A server takes part in its epoch, as a tail above all, once it has all that its predecessor had
// when it entered the epoch: before, the predecessor may still act as the tail that it was.
void Chain::settle(Ctx& ctx) {
  if (is_settled_ || !settles_at_ || last() < *settles_at_) return;
  is_settled_ = true;
  commit_as_tail(ctx);
}

// OSDI'04 §3.1, "Extending a Chain": the joining server becomes the tail when it has the history.
// From when it nearly has it, nothing is committed without it, for the master's word that it is the
// tail may come at any time. The master is asked once it has everything committed before that.
void Chain::joiner_holds(Ctx& ctx) {
  if (!is_settled_ || !is_tail(ctx.self())) return;
  if (successor_last_ + options_.max_batch >= last()) joiner_counts_ = true;
  commit_as_tail(ctx);
  if (!joiner_counts_ || joiner_is_ready_ || successor_last_ < committed_) return;
  joiner_is_ready_ = true;
  ask_master(ctx);
}

void Chain::on(Ctx& ctx, NodeId from, const chain::State& state) {
  const bool is_current = state.epoch() == configuration_.epoch;
  if (!is_current || configuration_.predecessor(ctx.self()) != from) return;
  if (state.index() > last() && machine_.restore(state.machine())) {
    erase_updates(ctx, base_ + 1, last());
    history_.clear();
    dirty_.clear();
    base_ = committed_ = state.index();
    base_epoch_ = state.entry_epoch();
    store_snapshot(ctx, state.machine());
    ctx.observe(transport::Installed{kGroup, base_, base_epoch_, machine_.digest()});
    settle(ctx);
  }
  acknowledge(ctx);
}

}  // namespace lockstep::consensus
