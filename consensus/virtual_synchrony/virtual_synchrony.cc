// What surrounds the parts: booting, clients, timers, reports.
#include "consensus/virtual_synchrony/virtual_synchrony.h"

#include <fmt/format.h>

#include <utility>

#include "statemachine/sessions.h"

namespace lockstep::consensus {
namespace {

// Lives of one start of a node: it comes back from an exclusion without a restart.
constexpr unsigned kLivesBits = 20;

// Requests that may wait for their turn; beyond, clients are told to come back.
constexpr std::size_t kWaitingMax = 10'000;

std::string_view name_of(bool joins, bool is_flushing) {
  if (joins) return "joining";
  return is_flushing ? "flushing" : "normal";
}

}  // namespace

VirtualSynchrony::VirtualSynchrony(Options options)
    : options_(std::move(options)), detector_(options_.patience), machine_(options_.machine()) {}

// Founders begin in the first view, which their operator wrote down. Whoever starts again has lost
// what it knew, and joins as another process.
void VirtualSynchrony::on(Ctx& ctx, Start start) {
  incarnation_ = start.incarnation << kLivesBits;
  group::StoredCounter stored;
  const auto bytes = ctx.storage().get("counter");
  if (bytes && stored.ParseFromArray(bytes->data(), static_cast<int>(bytes->size()))) {
    counter_ = stored.counter();
  }
  const auto all = ctx.initial_members();
  Nodes others;
  for (const NodeId node : all) {
    if (node != ctx.self()) others.push_back(node);
  }
  detector_.watch(others);
  for (const NodeId node : others) peers_[node];
  highest_ = group::kFirstView;
  ctx.set_timer(Timer::Tick, options_.tick);
  if (start.kind != Start::Kind::First) return;
  group::View view;
  view.id = group::kFirstView;
  view.height = 1;
  for (const NodeId node : all) {
    group::Member member;
    member.set_node(number(node));
    // Every founder is in its first life.
    member.set_incarnation(1ull << kLivesBits);
    view.members.push_back(std::move(member));
  }
  remembers_ = has_state_ = true;
  promised_ = accepted_.ballot = view.id;
  accepted_.proposal.set_view(view.id);
  const std::uint64_t mask = view.mask();
  enter(ctx, std::move(view), mask);
}

void VirtualSynchrony::on(Ctx& ctx, const Request& request) {
  const Asker asker = asker_of(request);
  if (!request.has_command()) {
    return answer(ctx, asker, Reply::REJECTED,
                  "this group executes commands only; its members come and go by themselves");
  }
  if (request.read_only() && !request.options().empty()) {
    group::ReadOptions read;
    if (!read.ParseFromString(request.options())) {
      return answer(ctx, asker, Reply::REJECTED, "malformed read options");
    }
    if (read.level() == group::ReadOptions::LOCAL) return read_locally(ctx, request);
  }
  if (phase_ == Phase::Joining || !has_state_ || waiting_.size() >= kWaitingMax) {
    return answer(ctx, asker, Reply::UNAVAILABLE);
  }
  waiting_.push_back(statemachine::encode_session_command(
      request.client(), request.sequence(), request.acknowledged_below(), request.command()));
  drain(ctx);
}

void VirtualSynchrony::read_locally(Ctx& ctx, const Request& request) {
  const Asker asker = asker_of(request);
  if (!has_state_) return answer(ctx, asker, Reply::UNAVAILABLE);
  const auto result = machine_.read(request.command());
  if (!result) return answer(ctx, asker, Reply::REJECTED, "the command is not read-only");
  ctx.observe(transport::Served{
      {}, request.client(), request.sequence(), applied_, group::ReadOptions::LOCAL});
  reached(ctx, GroupReach::LocalRead);
  answer(ctx, asker, Reply::OK, *result);
}

void VirtualSynchrony::on(Ctx& ctx, Timer timer, std::uint64_t) {
  switch (timer) {
    case Timer::Tick:
      return tick(ctx);
    case Timer::TokenHold:
      if (token_ && phase_ == Phase::Normal) pass_token(ctx);
      return;
  }
}

void VirtualSynchrony::tick(Ctx& ctx) {
  ctx.set_timer(Timer::Tick, options_.tick);
  for (const NodeId suspect : detector_.tick()) ctx.log("suspects {}", to_string(suspect));
  say_alive(ctx);
  if (phase_ == Phase::Normal) {
    submit_again(ctx);
    pass_token_again(ctx);
    help_stragglers(ctx);
  }
  look_around(ctx);
}

/// Multicasts what waits, as far as the window allows: flow control.
void VirtualSynchrony::drain(Ctx& ctx) {
  if (options_.order == Order::Token) {
    if (token_ && phase_ == Phase::Normal) use_token(ctx);
    return;
  }
  while (phase_ == Phase::Normal && has_state_ && !waiting_.empty() &&
         number_ - own_delivered_ < options_.window) {
    std::string command = std::move(waiting_.front());
    waiting_.pop_front();
    multicast(ctx, std::move(command));
  }
}

void VirtualSynchrony::reached(Ctx& ctx, GroupReach kind) {
  ctx.observe(transport::Reached{{}, static_cast<std::uint32_t>(kind)});
}

void VirtualSynchrony::describe(Fields& fields) const {
  fields("phase", name_of(phase_ == Phase::Joining, phase_ == Phase::Flushing));
  fields("view", group::to_string(view_.id));
  std::string members;
  for (const group::Member& member : view_.members) {
    members += fmt::format("{}n{}", members.empty() ? "" : " ", member.node());
  }
  fields("members", members);
  fields("incarnation", incarnation_);
  fields("has state", has_state_ ? "yes" : "no");
  fields("applied", applied_);
  fields("promised", group::to_string(promised_));
  fields("accepted", group::to_string(accepted_.ballot));
  fields("own messages", number_);
  fields("waiting", waiting_.size());
  for (std::size_t stream = 0; stream < streams_.size(); ++stream) {
    const group::Stream& known = streams_[stream];
    fields(fmt::format("stream {}", stream),
           fmt::format("received {} delivered {} stable {}", known.received, known.delivered,
                       known.stable));
  }
  if (token_) fields("token hop", token_->hop());
}

}  // namespace lockstep::consensus
