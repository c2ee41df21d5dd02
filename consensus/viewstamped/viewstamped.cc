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
    case Viewstamped::Status::Joining:
      return "joining";
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
  if (start.kind == Start::Kind::Join) {
    status_ = Status::Joining;
    return;
  }
  const bool is_first = start.kind == Start::Kind::First;
  if (!is_first && !options_.disk) return recover(ctx);
  if (options_.disk) load(ctx);
  const bool was_normal = view_ == last_normal_;
  if (is_first && is_primary(ctx)) return lead(ctx);
  if (was_normal && !is_primary(ctx)) return follow(ctx);
  start_view_change(ctx, was_normal ? next(view_) : view_);
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
  if (status_ != Status::ViewChange) return;
  ctx.set_timer(Timer::Retry, options_.heartbeat);
  if (source_) return ask_for_state(ctx, *source_);
  send_start_view_change(ctx);
  if (has_done_view_change_) send_do_view_change(ctx);
}

void Viewstamped::on(Ctx& ctx, const Request& request) {
  if (request.has_command()) return execute(ctx, request);
  answer(ctx, asker_of(request), Reply::REJECTED, "this group executes commands only");
}

// §4.1, steps 1 to 3.
void Viewstamped::execute(Ctx& ctx, const Request& request) {
  const Asker asker = asker_of(request);
  if (status_ != Status::Normal) return answer(ctx, asker, Reply::UNAVAILABLE);
  if (!is_primary(ctx)) return redirect(ctx, asker, primary_of(view_));
  if (request.read_only()) reached(ctx, ViewstampedReach::LogRead);
  viewstamped::Entry entry;
  stamp(view_, entry);
  entry.set_command(statemachine::encode_session_command(
      request.client(), request.sequence(), request.acknowledged_below(), request.command()));
  append(ctx, entry);
  const auto prepare = prepare_from(log_.last());
  // The primary counts itself once its own write is durable. Should its disk lose what the others
  // have got, nobody counts that for it.
  for (const NodeId backup : members_) {
    if (backup != ctx.self()) ctx.send_early(backup, prepare);
  }
  acknowledge(ctx, ctx.self(), 0);
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
