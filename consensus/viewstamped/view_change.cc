// View changes: §4.2.
#include <algorithm>
#include <utility>

#include "consensus/viewstamped/viewstamped.h"

namespace lockstep::consensus {

// Step 1: because the primary is silent, or because another replica found so.
void Viewstamped::start_view_change(Ctx& ctx, View view) {
  if (!takes_part()) return;
  leave_view(ctx, view);
  ctx.log("leaves its view for view {}", view.number);
  send_start_view_change(ctx);
  send_do_view_change(ctx);
}

/// From now on this replica takes no part in earlier views.
void Viewstamped::leave_view(Ctx& ctx, View view) {
  if (status_ == Status::Normal && is_primary(ctx)) {
    ctx.observe(transport::Follows{{}, term_of(view)});
    ctx.cancel_timer(Timer::Heartbeat);
  }
  if (operator_) answer(ctx, *std::exchange(operator_, std::nullopt), Reply::UNAVAILABLE);
  view_ = view;
  status_ = Status::ViewChange;
  left_.clear();
  offered_.clear();
  has_done_view_change_ = false;
  source_.reset();
  store_views(ctx);
  wait_for_primary(ctx);
  ctx.set_timer(Timer::Retry, options_.heartbeat);
}

void Viewstamped::send_start_view_change(Ctx& ctx) {
  viewstamped::StartViewChange vote;
  stamp(view_, vote);
  write_incarnations(*vote.mutable_incarnations());
  ctx.broadcast(members_, std::move(vote));
}

// Step 2.
void Viewstamped::on(Ctx& ctx, NodeId from, const viewstamped::StartViewChange& vote) {
  const View view = view_of(vote);
  if (!is_of_this_epoch(ctx, from, view.epoch) || !takes_part()) return;
  if (is_outdated(from, vote.incarnations())) return reached(ctx, ViewstampedReach::OutdatedVote);
  learn_incarnations(vote.incarnations());
  if (view < view_) return;
  if (view > view_ && grants_lease(ctx, from)) return;
  if (view > view_) start_view_change(ctx, view);
  // The view has begun, and the sender does not know it.
  if (status_ == Status::Normal) {
    if (is_primary(ctx)) send_start_view(ctx, from);
    return;
  }
  left_[from] = incarnations_[from];
  if (counts_lives()) {
    std::erase_if(left_, [&](const auto& left) { return left.second < incarnations_[left.first]; });
  }
  if (!has_done_view_change_) send_do_view_change(ctx);
}

// §8.2: only when f others have left their views too. Then, if this replica forgets what it does
// now, it cannot recover into an earlier view: too few are left there to let it in.
void Viewstamped::send_do_view_change(Ctx& ctx) {
  if (left_.size() + 1 < quorum()) return;
  has_done_view_change_ = true;
  viewstamped::DoViewChange message;
  stamp(view_, message);
  message.set_last_normal(last_normal_.number);
  write_log(log_.base(), *message.mutable_log());
  ctx.send(primary_of(view_), std::move(message));
}

// Step 3.
void Viewstamped::on(Ctx& ctx, NodeId from, const viewstamped::DoViewChange& message) {
  const View view = view_of(message);
  if (!is_of_this_epoch(ctx, from, view.epoch) || !takes_part()) return;
  if (view < view_ || (view > view_ && grants_lease(ctx, from))) return;
  if (view > view_) start_view_change(ctx, view);
  if (status_ == Status::Normal) return send_start_view(ctx, from);
  offered_[from] = message;
  start_view_if_possible(ctx);
}

// The log of the latest normal view, and of those the longest, has all that was ever committed: a
// quorum acknowledged each such operation in some view, and one of them is among the quorum here.
void Viewstamped::start_view_if_possible(Ctx& ctx) {
  if (status_ != Status::ViewChange || offered_.size() < quorum()) return;
  const auto rank = [](const viewstamped::DoViewChange& message) {
    return std::pair(message.last_normal(), viewstamped::last_of(message.log()));
  };
  const auto best = std::max_element(
      offered_.begin(), offered_.end(),
      [&](const auto& one, const auto& other) { return rank(one.second) < rank(other.second); });
  std::uint64_t committed = 0;
  for (const auto& [node, message] : offered_) {
    committed = std::max(committed, message.log().commit());
  }
  if (!adopt(ctx, best->first, best->second.log())) return;
  ctx.log("begins view {} with the log of {}", view_.number, to_string(best->first));
  reached(ctx, ViewstampedReach::ViewChange);
  lead(ctx);
  for (const NodeId backup : members_) {
    if (backup != ctx.self()) send_start_view(ctx, backup);
  }
  commit(ctx, committed);
}

void Viewstamped::send_start_view(Ctx& ctx, NodeId backup) {
  if (!is_primary(ctx) || backup == ctx.self()) return;
  viewstamped::StartView message;
  stamp(view_, message);
  write_log(log_.base(), *message.mutable_log());
  ctx.send(backup, std::move(message));
}

// Step 5.
void Viewstamped::on(Ctx& ctx, NodeId from, const viewstamped::StartView& message) {
  const View view = view_of(message);
  if (!is_of_this_epoch(ctx, from, view.epoch) || !takes_part()) return;
  if (view < view_) return;
  if (view == view_ && status_ == Status::Normal) return;
  if (view > view_) leave_view(ctx, view);
  if (!adopt(ctx, from, message.log())) return missed_view(ctx, from, view);
  follow(ctx);
  acknowledge(ctx, from, 0);
  commit(ctx, message.log().commit());
}

void Viewstamped::lead(Ctx& ctx) {
  begin_normal(ctx);
  ctx.cancel_timer(Timer::ViewChange);
  ctx.observe(transport::Leads{{}, term_of(view_)});
  prepared_.clear();
  begun_for_good_ = false;
  answered_.clear();
  rounds_ = {};
  view_start_ = log_.last();
  acknowledge(ctx, ctx.self(), 0);
  ctx.set_timer(Timer::Heartbeat, options_.heartbeat);
}

void Viewstamped::follow(Ctx& ctx) {
  begin_normal(ctx);
  ctx.observe(transport::Follows{{}, term_of(view_)});
  wait_for_primary(ctx);
  // What it has forgotten may have been a promise to a primary with a lease.
  grant_lease(ctx);
}

void Viewstamped::begin_normal(Ctx& ctx) {
  status_ = Status::Normal;
  last_normal_ = view_;
  left_.clear();
  offered_.clear();
  responses_.clear();
  source_.reset();
  store_views(ctx);
  ctx.cancel_timer(Timer::Retry);
}

}  // namespace lockstep::consensus
