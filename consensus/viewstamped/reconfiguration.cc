// Reconfiguration: §7.
//
// A reconfiguration is an operation, the last of its epoch. Whoever executes it is in the next
// epoch, whose first view begins with the log up to there. Who learns of a later epoch fetches that
// log.
#include <algorithm>
#include <iterator>
#include <utility>

#include "consensus/viewstamped/viewstamped.h"

namespace lockstep::consensus {
namespace {

// Sets of nodes are also kept as bits of a word (transport::Configured).
constexpr std::uint32_t kHighestNode = 63;

/// What the group becomes; nothing if the request names no group.
std::optional<Nodes> target_of(const Nodes& members, const Admin& admin) {
  switch (admin.change_case()) {
    case Admin::kAdd:
      return with(members, NodeId{admin.add()});
    case Admin::kRemove:
      return without(members, NodeId{admin.remove()});
    case Admin::kMembers: {
      Nodes all;
      for (const std::uint32_t node : admin.members().node()) {
        all = with(std::move(all), NodeId{node});
      }
      return all;
    }
    default:
      return std::nullopt;
  }
}

Nodes merged(const Nodes& left, const Nodes& right) {
  Nodes all;
  std::set_union(left.begin(), left.end(), right.begin(), right.end(), std::back_inserter(all));
  return all;
}

}  // namespace

void Viewstamped::administer(Ctx& ctx, const Request& request) {
  const Asker asker = asker_of(request);
  if (status_ == Status::Retired) return redirect(ctx, asker, primary_of(view_));
  if (status_ != Status::Normal) return answer(ctx, asker, Reply::UNAVAILABLE);
  if (!is_primary(ctx)) return redirect(ctx, asker, primary_of(view_));
  if (request.admin().has_snapshot()) {
    if (commit_ > checkpoint_.op) take_checkpoint(ctx);
    return answer(ctx, asker, Reply::OK);
  }
  const auto target = target_of(members_, request.admin());
  const bool is_valid = target && !target->empty() && target->front() != NodeId{} &&
                        number(target->back()) <= kHighestNode;
  if (!is_valid) {
    return answer(ctx, asker, Reply::REJECTED,
                  "expected a group of nodes from n1 to n63; views decide who leads it");
  }
  if (*target == members_) return answer(ctx, asker, Reply::OK);
  // What an earlier epoch left may still have to be committed in this one.
  if (is_reconfiguring() || commit_ < view_start_) return answer(ctx, asker, Reply::UNAVAILABLE);
  ctx.log("proposes a group of {}", target->size());
  operator_ = asker;
  viewstamped::Entry entry;
  stamp(view_, entry);
  viewstamped::write(*target, *entry.mutable_members());
  propose(ctx, entry);
}

/// Whether the last operation ends the epoch.
bool Viewstamped::is_reconfiguring() const {
  if (log_.last() == log_.base()) return false;
  const viewstamped::LogEntry& latest = log_.at(log_.last());
  return latest.is_reconfiguration && latest.view.epoch == view_.epoch;
}

// §7.1, step 4: all who are or were concerned are told. Should nobody hear of it, the members of
// the next epoch will, by its heartbeats; and who goes tells them until they have begun (§7.1.2).
void Viewstamped::begin_epoch(Ctx& ctx, Nodes members) {
  const Nodes concerned = merged(members_, members);
  if (operator_) answer(ctx, *std::exchange(operator_, std::nullopt), Reply::OK);
  if (status_ == Status::Normal && is_primary(ctx)) {
    ctx.observe(transport::Follows{{}, term_of(view_)});
    ctx.cancel_timer(Timer::Heartbeat);
  }
  enter_epoch(ctx, {view_.epoch + 1, 0}, commit_, std::move(members));
  for (const NodeId node : concerned) {
    if (node != ctx.self()) send_start_epoch(ctx, node);
  }
}

/// Takes part in this view of a later epoch, or has been replaced. The log is there.
void Viewstamped::enter_epoch(Ctx& ctx, View view, std::uint64_t start, Nodes members) {
  view_ = view;
  epoch_start_ = start;
  members_ = std::move(members);
  epoch_started_.clear();
  reached(ctx, ViewstampedReach::EpochBegun);
  ctx.log("is in epoch {} with {} members", view_.epoch, members_.size());
  tell_configuration(ctx);
  if (contains(members_, ctx.self())) return is_primary(ctx) ? lead(ctx) : follow(ctx);
  status_ = Status::Retired;
  store_views(ctx);
  ctx.cancel_timer(Timer::ViewChange);
  ctx.set_timer(Timer::Retry, options_.heartbeat);
}

/// Whether a message is of the epoch that this replica is in. If its sender's is later, its state
/// is asked for; if it is earlier, the sender is told.
bool Viewstamped::is_of_this_epoch(Ctx& ctx, NodeId from, std::uint64_t epoch) {
  if (status_ == Status::Recovering) return false;
  if (epoch > view_.epoch) {
    if (takes_part()) transition(ctx);
    source_ = from;
    ask_for_epoch(ctx, from);
  } else if (epoch < view_.epoch) {
    send_start_epoch(ctx, from);
  }
  return epoch == view_.epoch;
}

/// This replica's epoch is over, or it has none yet: it takes no part until it has the state with
/// which a later one began.
void Viewstamped::transition(Ctx& ctx) {
  if (status_ == Status::Normal && is_primary(ctx)) {
    ctx.observe(transport::Follows{{}, term_of(view_)});
    ctx.cancel_timer(Timer::Heartbeat);
  }
  status_ = Status::Transitioning;
  if (operator_) answer(ctx, *std::exchange(operator_, std::nullopt), Reply::UNAVAILABLE);
  ctx.cancel_timer(Timer::ViewChange);
  ctx.set_timer(Timer::Retry, options_.heartbeat);
}

void Viewstamped::ask_for_epoch(Ctx& ctx, NodeId from) {
  viewstamped::GetState question;
  stamp(view_, question);
  question.set_op(commit_);
  ctx.send(from, std::move(question));
}

/// Tells who is in an earlier epoch of this one. Who does not take part in a view just now gives
/// away what is the same for all: that the epoch's first view began, and with which log.
void Viewstamped::tell_epoch(Ctx& ctx, NodeId to, std::uint64_t after) {
  if (status_ == Status::Recovering || status_ == Status::Transitioning) return;
  if (after < log_.base()) return send_checkpoint(ctx, to);
  viewstamped::NewState answer;
  const bool is_normal = status_ == Status::Normal;
  stamp(is_normal ? view_ : View{view_.epoch, 0}, answer);
  write_log(std::min(after, log_.last()), *answer.mutable_log());
  if (!is_normal) {
    const std::uint64_t last = std::max(after, epoch_start_);
    viewstamped::cut_off_after(last, *answer.mutable_log());
  }
  viewstamped::write(members_, *answer.mutable_members());
  answer.set_epoch_start(epoch_start_);
  ctx.send(to, std::move(answer));
}

void Viewstamped::send_start_epoch(Ctx& ctx, NodeId to) {
  viewstamped::StartEpoch message;
  message.set_epoch(view_.epoch);
  viewstamped::write(members_, *message.mutable_members());
  ctx.send(to, std::move(message));
}

void Viewstamped::on(Ctx& ctx, NodeId from, const viewstamped::StartEpoch& message) {
  if (message.epoch() > view_.epoch) {
    is_of_this_epoch(ctx, from, message.epoch());
    return;
  }
  if (message.epoch() < view_.epoch || status_ == Status::Retired) return;
  viewstamped::EpochStarted answer;
  answer.set_epoch(view_.epoch);
  ctx.send(from, std::move(answer));
}

void Viewstamped::on(Ctx&, NodeId from, const viewstamped::EpochStarted& message) {
  if (message.epoch() == view_.epoch && contains(members_, from)) epoch_started_.add(from);
}

// §7.1.2: until more of the next epoch than may fail have the state, it is needed here.
void Viewstamped::retire_or_remind(Ctx& ctx) {
  if (epoch_started_.count() > members_.size() - quorum()) return;
  for (const NodeId node : members_) send_start_epoch(ctx, node);
  ctx.set_timer(Timer::Retry, options_.heartbeat);
}

void Viewstamped::tell_configuration(Ctx& ctx) const {
  std::uint64_t bits = 0;
  for (const NodeId node : members_) bits |= 1ull << (number(node) & kHighestNode);
  ctx.observe(transport::Configured{{}, epoch_start_, term_of(View{view_.epoch, 0}), bits, 0, 0});
}

}  // namespace lockstep::consensus
