// What surrounds the parts of Viewstamped Replication: booting, clients, reports.
#include "consensus/viewstamped/viewstamped.h"

#include <utility>

#include "statemachine/sessions.h"

namespace lockstep::consensus {
namespace {

std::string_view name_of(Viewstamped::Status status) {
  switch (status) {
    case Viewstamped::Status::Normal:
      return "normal";
    case Viewstamped::Status::ViewChange:
      return "view-change";
    case Viewstamped::Status::Recovering:
      return "recovering";
    case Viewstamped::Status::Transitioning:
      return "transitioning";
    case Viewstamped::Status::Retired:
      return "retired";
  }
  return "?";
}

}  // namespace

Viewstamped::Viewstamped(Options options)
    : options_(std::move(options)), machine_(options_.machine()) {}

// A primary that restarts with its disk does not take its view up again: it sends operations before
// they are on its disk, and would give their numbers to others.
void Viewstamped::on(Ctx& ctx, Start start) {
  const auto founders = ctx.initial_members();
  members_ = {founders.begin(), founders.end()};
  incarnation_ = start.incarnation;
  incarnations_[ctx.self()] = incarnation_;
  const bool is_first = start.kind == Start::Kind::First;
  const bool forgot = start.kind == Start::Kind::Restart && !options_.disk;
  if (forgot) return recover(ctx);
  if (options_.disk) load(ctx);
  // A node that the operator adds waits until the group tells it of its epoch.
  const bool is_member = contains(members_, ctx.self());
  if (start.kind == Start::Kind::Join || !is_member) {
    status_ = view_.epoch == 0 ? Status::Transitioning : Status::Retired;
    return;
  }
  tell_configuration(ctx);
  commit(ctx, epoch_start_);
  const bool was_normal = view_ == last_normal_;
  if (is_first && is_primary(ctx)) return lead(ctx);
  if (was_normal && !is_primary(ctx)) return follow(ctx);
  start_view_change(ctx, is_primary(ctx) ? next(view_) : view_);
}

void Viewstamped::on(Ctx& ctx, Timer timer, std::uint64_t) {
  switch (timer) {
    case Timer::ViewChange:
      return start_view_change(ctx, next(view_));
    case Timer::Heartbeat:
      return send_heartbeats(ctx);
    case Timer::Retry:
      return on_retry(ctx);
  }
}

// Whatever a replica waits for, it asks for again.
void Viewstamped::on_retry(Ctx& ctx) {
  if (status_ == Status::Recovering) return send_recovery(ctx);
  if (status_ == Status::Retired) return retire_or_remind(ctx);
  if (status_ == Status::Normal) return;
  ctx.set_timer(Timer::Retry, options_.heartbeat);
  if (status_ == Status::Transitioning) {
    // Whom it asked may be gone; the members of its own epoch may be in the later one by now.
    for (const NodeId member : with(members_, *source_)) {
      if (member != ctx.self()) ask_for_epoch(ctx, member);
    }
    return;
  }
  if (source_) return ask_for_state(ctx, *source_);
  send_start_view_change(ctx);
  if (has_done_view_change_) send_do_view_change(ctx);
}

void Viewstamped::on(Ctx& ctx, const Request& request) {
  if (request.has_admin()) return administer(ctx, request);
  if (request.has_command()) {
    return request.read_only() ? read(ctx, request) : execute(ctx, request);
  }
  answer(ctx, asker_of(request), Reply::REJECTED,
         "this group executes commands and changes of the group only");
}

// §4.1, steps 1 to 3.
void Viewstamped::execute(Ctx& ctx, const Request& request) {
  const Asker asker = asker_of(request);
  if (status_ == Status::Retired) return redirect(ctx, asker, primary_of(view_));
  if (status_ != Status::Normal) return answer(ctx, asker, Reply::UNAVAILABLE);
  if (!is_primary(ctx)) return redirect(ctx, asker, primary_of(view_));
  // §7.1: a reconfiguration is the last operation of its epoch.
  if (is_reconfiguring()) return answer(ctx, asker, Reply::UNAVAILABLE);
  if (request.read_only()) reached(ctx, ViewstampedReach::LogRead);
  viewstamped::Entry entry;
  stamp(view_, entry);
  entry.set_command(statemachine::encode_session_command(
      request.client(), request.sequence(), request.acknowledged_below(), request.command()));
  propose(ctx, entry);
}

bool Viewstamped::is_primary(Ctx& ctx) const { return primary_of(view_) == ctx.self(); }

void Viewstamped::wait_for_primary(Ctx& ctx) {
  ctx.set_timer(Timer::ViewChange, options_.view_timeout);
}

void Viewstamped::reached(Ctx& ctx, ViewstampedReach kind) {
  ctx.observe(transport::Reached{{}, static_cast<std::uint32_t>(kind)});
}

void Viewstamped::describe(Fields& fields) const {
  fields("status", name_of(status_));
  fields("epoch", view_.epoch);
  fields("view", view_.number);
  fields("last normal view", last_normal_.number);
  fields("primary", to_string(primary_of(view_)));
  fields("commit", commit_);
  fields("log first", log_.base() + 1);
  fields("log last", log_.last());
  fields("checkpoint", checkpoint_.op);
  for (const auto& [node, op] : prepared_) fields(to_string(node) + " prepared", op);
  for (const auto& [node, number] : left_) fields(to_string(node) + " left its view in", number);
}

}  // namespace lockstep::consensus
