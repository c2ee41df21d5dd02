// The normal case: §4.1.
#include <algorithm>
#include <functional>
#include <utility>
#include <vector>

#include "consensus/viewstamped/viewstamped.h"
#include "statemachine/sessions.h"

namespace lockstep::consensus {

// The primary's side: sending.

// The primary writes while the backups do, and counts itself once its own write is durable. Should
// its disk lose what the others have got, it does not lead this view again: it knows that it led.
void Viewstamped::propose(Ctx& ctx, const viewstamped::Entry& entry) {
  append(ctx, entry);
  const auto prepare = prepare_from(log_.last());
  for (const NodeId backup : members_) {
    if (backup == ctx.self()) continue;
    begun_for_good_ ? ctx.send_early(backup, prepare) : ctx.send(backup, prepare);
  }
  acknowledge(ctx, ctx.self(), 0);
}

/// A PREPARE of the operations from `first` on, as many as one message takes.
/// Requires: log_.base() < first.
Viewstamped::Ctx::Prepared Viewstamped::prepare_from(std::uint64_t first) const {
  return Ctx::prepare<viewstamped::Prepare>([&](viewstamped::Prepare& prepare) {
    stamp(view_, prepare);
    prepare.set_first(first);
    prepare.set_commit(commit_);
    prepare.set_round(rounds_.latest());
    const std::uint64_t last = std::min(first + options_.max_batch - 1, log_.last());
    for (std::uint64_t op = first; op <= last; ++op) {
      viewstamped::write(log_.at(op), *prepare.add_entries());
    }
  });
}

// A backup that acknowledged less than everything may have lost a PREPARE, so it gets it again.
// What it lacks may be in the checkpoint by now; then it finds that it lags, and asks (§5.2).
void Viewstamped::send_heartbeats(Ctx& ctx) {
  if (status_ != Status::Normal || !is_primary(ctx)) return;
  ctx.set_timer(Timer::Heartbeat, options_.heartbeat);
  begin_round(ctx);
  for (const NodeId backup : members_) {
    if (backup == ctx.self()) continue;
    const std::uint64_t prepared = prepared_[backup];
    if (prepared < log_.last() && prepared >= log_.base()) {
      ctx.send(backup, prepare_from(prepared + 1));
      continue;
    }
    ctx.send<viewstamped::Commit>(backup, [&](viewstamped::Commit& commit) {
      stamp(view_, commit);
      commit.set_op(log_.last());
      commit.set_commit(commit_);
      commit.set_round(rounds_.latest());
    });
  }
}

void Viewstamped::acknowledge(Ctx& ctx, NodeId primary, std::uint64_t round) {
  ctx.send<viewstamped::PrepareOk>(primary, [&](viewstamped::PrepareOk& ok) {
    stamp(view_, ok);
    ok.set_op(log_.last());
    ok.set_round(round);
  });
}

// The backup's side.

/// Whether a message of a primary is for the view that this replica takes part in. If it is of a
/// later one, or of one that began without this replica, the state has to be transferred first.
bool Viewstamped::hears_primary(Ctx& ctx, NodeId from, View view) {
  if (!is_of_this_epoch(ctx, from, view.epoch)) return false;
  if (!takes_part() || view < view_) return false;
  if (view > view_ || status_ == Status::ViewChange) {
    missed_view(ctx, from, view);
    return false;
  }
  wait_for_primary(ctx);
  grant_lease(ctx);
  return true;
}

// §4.1, step 4: in order, so that a PREPAREOK stands for everything before it as well.
void Viewstamped::on(Ctx& ctx, NodeId from, const viewstamped::Prepare& prepare) {
  if (!hears_primary(ctx, from, view_of(prepare))) return;
  if (prepare.first() > log_.last() + 1) return ask_for_state(ctx, from);
  std::uint64_t op = prepare.first();
  for (const viewstamped::Entry& entry : prepare.entries()) {
    if (op++ > log_.last()) append(ctx, entry);
  }
  acknowledge(ctx, from, prepare.round());
  commit(ctx, prepare.commit());
}

void Viewstamped::on(Ctx& ctx, NodeId from, const viewstamped::Commit& message) {
  if (!hears_primary(ctx, from, view_of(message))) return;
  if (message.op() > log_.last()) ask_for_state(ctx, from);
  acknowledge(ctx, from, message.round());
  commit(ctx, message.commit());
}

// The primary's side again: step 5.

void Viewstamped::on(Ctx& ctx, NodeId from, const viewstamped::PrepareOk& ok) {
  if (view_of(ok) != view_ || status_ != Status::Normal || !is_primary(ctx)) return;
  begun_for_good_ |= from == ctx.self();
  std::uint64_t& round = answered_[from];
  round = std::max(round, ok.round());
  confirm_rounds();
  std::uint64_t& prepared = prepared_[from];
  if (ok.op() <= prepared) return;
  prepared = ok.op();
  advance_commit(ctx);
}

// Operations of earlier views count like those of this one: who acknowledges has the log of this
// view, and no later view begins without asking one of them (§8.1). Raft counts its own term only,
// because its voters compare the terms of entries; here the latest normal view decides.
void Viewstamped::advance_commit(Ctx& ctx) {
  std::vector<std::uint64_t> ops;
  for (const NodeId member : members_) ops.push_back(prepared_[member]);
  std::sort(ops.begin(), ops.end(), std::greater<>());
  commit(ctx, ops[quorum() - 1]);
}

// Everybody's: steps 5 and 7.

void Viewstamped::commit(Ctx& ctx, std::uint64_t op) {
  const std::uint64_t last = std::min(op, log_.last());
  if (last <= commit_) return;
  ctx.observe(transport::Committed{{}, last, term_of(log_.at(last).view)});
  while (commit_ < last) apply(ctx, ++commit_);
  const viewstamped::LogEntry& latest = log_.at(commit_);
  const bool ends_epoch = latest.is_reconfiguration && latest.view.epoch == view_.epoch;
  if (ends_epoch) begin_epoch(ctx, viewstamped::members_in(latest));
  checkpoint_if_due(ctx);
}

void Viewstamped::apply(Ctx& ctx, std::uint64_t op) {
  const viewstamped::LogEntry& entry = log_.at(op);
  if (entry.is_reconfiguration) return;
  const std::string result = ctx.apply(machine_, op, entry.content);
  if (status_ != Status::Normal || !is_primary(ctx)) return;
  const auto [session, inner] = statemachine::session_result(result);
  // A client that said it has the answer is not waiting for it.
  if (session == statemachine::SessionStatus::Forgotten) return;
  const auto asked = statemachine::parse_session_command(entry.content);
  if (asked) answer(ctx, {ClientId{asked->client}, asked->sequence}, Reply::OK, inner);
}

}  // namespace lockstep::consensus
