// State transfer: §5.2 for logs, §5.1 for what a checkpoint covers.
//
// What is committed is the same whatever the view, so a checkpoint may be taken over at any time;
// the log after it belongs to a view, and only who is in that view with status normal gives it
// away.
#include <algorithm>
#include <utility>

#include "consensus/viewstamped/viewstamped.h"

namespace lockstep::consensus {

/// The operations after `op`, all of them. Requires: log_.base() <= op.
void Viewstamped::write_log(std::uint64_t after, viewstamped::Log& log) const {
  log.set_base(after);
  log.set_commit(commit_);
  for (std::uint64_t op = after + 1; op <= log_.last(); ++op) {
    viewstamped::write(log_.at(op), *log.add_entries());
  }
}

/// Makes the log after the commit-number equal to the one that was sent. False if that begins
/// beyond what was executed here; then the sender is asked for its checkpoint.
bool Viewstamped::adopt(Ctx& ctx, NodeId from, const viewstamped::Log& log) {
  const std::uint64_t last = viewstamped::last_of(log);
  if (log.base() > commit_) {
    viewstamped::GetCheckpoint question;
    question.set_op(commit_);
    ctx.send(from, std::move(question));
    return false;
  }
  if (last < commit_) return false;  // It is from before a checkpoint that has arrived since.
  std::uint64_t op = commit_ + 1;
  while (op <= std::min(last, log_.last()) &&
         log_.at(op).view == view_of(viewstamped::entry_at(log, op))) {
    ++op;
  }
  if (op <= log_.last()) truncate(ctx, op);
  for (; op <= last; ++op) append(ctx, viewstamped::entry_at(log, op));
  return true;
}

/// `from` speaks for a later view, or for this one, which began without this replica. The log stays
/// until the new one is there. §5.2 cuts it off at once; but if the view then changes before the
/// answer comes, an operation that this replica helped to commit may be lost.
void Viewstamped::missed_view(Ctx& ctx, NodeId from, View view) {
  if (view > view_) leave_view(ctx, view);
  if (source_) return;  // It has been asked, and will be again.
  source_ = from;
  ask_for_state(ctx, from);
}

void Viewstamped::ask_for_state(Ctx& ctx, NodeId from) {
  viewstamped::GetState question;
  stamp(view_, question);
  question.set_op(status_ == Status::Normal ? log_.last() : commit_);
  ctx.send(from, std::move(question));
}

void Viewstamped::on(Ctx& ctx, NodeId from, const viewstamped::GetState& question) {
  if (question.epoch() < view_.epoch) return tell_epoch(ctx, from, question.op());
  if (status_ != Status::Normal || view_of(question) != view_) return;
  if (question.op() < log_.base()) return send_checkpoint(ctx, from);
  viewstamped::NewState answer;
  stamp(view_, answer);
  write_log(std::min(question.op(), log_.last()), *answer.mutable_log());
  viewstamped::write(members_, *answer.mutable_members());
  ctx.send(from, std::move(answer));
}

void Viewstamped::on(Ctx& ctx, NodeId from, const viewstamped::NewState& answer) {
  if (answer.epoch() > view_.epoch) {
    if (!adopt(ctx, from, answer.log())) return;
    enter_epoch(ctx, view_of(answer), answer.epoch_start(),
                viewstamped::nodes_in(answer.members()));
    return commit(ctx, answer.log().commit());
  }
  if (view_of(answer) != view_ || is_primary(ctx)) return;
  if (status_ == Status::Normal) {
    extend(ctx, answer.log());
  } else if (status_ == Status::ViewChange) {
    if (!adopt(ctx, from, answer.log())) return;
    reached(ctx, ViewstampedReach::MissedView);
    follow(ctx);
  } else {
    return;
  }
  acknowledge(ctx, primary_of(view_), 0);
  commit(ctx, answer.log().commit());
}

/// Adds what is new in a log of this view.
void Viewstamped::extend(Ctx& ctx, const viewstamped::Log& log) {
  source_.reset();
  if (log.base() > log_.last() || viewstamped::last_of(log) <= log_.last()) return;
  reached(ctx, ViewstampedReach::StateTransfer);
  while (log_.last() < viewstamped::last_of(log)) {
    append(ctx, viewstamped::entry_at(log, log_.last() + 1));
  }
}

// Application state.

void Viewstamped::checkpoint_if_due(Ctx& ctx) {
  const bool is_due =
      options_.checkpoint_every != 0 && commit_ - checkpoint_.op >= options_.checkpoint_every;
  if (is_due) take_checkpoint(ctx);
}

void Viewstamped::take_checkpoint(Ctx& ctx) {
  checkpoint_ = {log_.at(commit_).view, commit_, machine_.snapshot()};
  ctx.log("takes a checkpoint up to {}", commit_);
  ctx.observe(transport::Compacted{{}, commit_, term_of(checkpoint_.view), machine_.digest()});
  const std::uint64_t kept = std::min(options_.checkpoint_keep, commit_ - log_.base());
  compact(ctx, commit_ - kept);
  store_checkpoint(ctx);
}

void Viewstamped::on(Ctx& ctx, NodeId from, const viewstamped::GetCheckpoint& question) {
  if (question.op() < checkpoint_.op) send_checkpoint(ctx, from);
}

void Viewstamped::send_checkpoint(Ctx& ctx, NodeId to) {
  viewstamped::Checkpoint message;
  stamp(checkpoint_.view, message);
  message.set_op(checkpoint_.op);
  message.set_state(*checkpoint_.state);
  message.set_sender_epoch(view_.epoch);
  message.set_sender_view(view_.number);
  ctx.send(to, std::move(message));
}

// Then whatever stopped for want of it goes on. A replica that takes part in a view takes nothing
// from later ones: as a primary it would tell others, whose logs differ, that this much is
// committed.
void Viewstamped::on(Ctx& ctx, NodeId from, const viewstamped::Checkpoint& checkpoint) {
  const View theirs{checkpoint.sender_epoch(), checkpoint.sender_view()};
  const bool is_fit = checkpoint.op() > commit_ && (!takes_part() || theirs <= view_);
  if (!is_fit || !install(ctx, checkpoint)) return;
  switch (status_) {
    case Status::Normal:
      return ask_for_state(ctx, from);
    case Status::Transitioning:
      return ask_for_epoch(ctx, from);
    case Status::ViewChange:
      return source_ ? ask_for_state(ctx, *source_) : start_view_if_possible(ctx);
    case Status::Recovering:
      // The answers that it has may be of before the checkpoint.
      recovers_from_ = std::max(recovers_from_, theirs);
      responses_.clear();
      return send_recovery(ctx);
    default:
      return;
  }
}

/// What follows the checkpoint in the log stays: this replica may have acknowledged it.
bool Viewstamped::install(Ctx& ctx, const viewstamped::Checkpoint& checkpoint) {
  if (!machine_.restore(checkpoint.state())) return false;
  const View view = view_of(checkpoint);
  ctx.log("takes over a checkpoint up to {}", checkpoint.op());
  ctx.observe(transport::Installed{{}, checkpoint.op(), term_of(view), machine_.digest()});
  compact(ctx, checkpoint.op());
  commit_ = checkpoint.op();
  checkpoint_ = {view, checkpoint.op(), checkpoint.state()};
  store_checkpoint(ctx);
  return true;
}

}  // namespace lockstep::consensus
