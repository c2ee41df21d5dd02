#include "ping.h"

#include <charconv>
#include <string>

namespace student {

namespace {

constexpr const char* kRound = "round";  // The key under which storage holds the latest round.

std::uint64_t number_in(std::string_view text) {
  std::uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

}  // namespace

Pinger::Pinger(Options options) : options_(options) {}

void Pinger::on(Ctx& ctx, Start) {
  // A node that comes back has nothing but its storage.
  if (const auto stored = ctx.storage().get(kRound)) round_ = number_in(*stored);
  ctx.log("up, the latest round is {}", round_);
}

void Pinger::on(Ctx& ctx, const Request& request) {
  const ClientId client{request.client()};
  if (waiting_) {
    // One round at a time.
    ctx.reply(client, request.sequence(),
              [](Reply& reply) { reply.set_status(Reply::UNAVAILABLE); });
    return;
  }
  waiting_ = Waiting{client, request.sequence()};
  answers_ = 0;
  heard_.clear();
  ++round_;
  // The pings below leave this node only when this is durable: no round is ever begun twice.
  ctx.storage().put(kRound, std::to_string(round_));
  ping_all(ctx);
}

void Pinger::ping_all(Ctx& ctx) {
  ping::Ping ping;
  ping.set_round(round_);
  ctx.broadcast(ctx.initial_members(), ping);
  ctx.set_timer(Timer::Resend, options_.resend);
}

void Pinger::on(Ctx& ctx, NodeId from, const ping::Ping& ping) {
  ping::Pong pong;
  pong.set_round(ping.round());
  ctx.send(from, pong);
}

void Pinger::on(Ctx& ctx, NodeId from, const ping::Pong& pong) {
  if (!waiting_ || pong.round() != round_) return;  // It is late.
  heard_.insert(from);
  ++answers_;
  ctx.log("{} answered in round {}", to_string(from), round_);
  if (answers_ == ctx.initial_members().size() - 1) finish(ctx);
}

void Pinger::finish(Ctx& ctx) {
  // What a node observes, others hold it to: here, that everybody answered in its latest round.
  ctx.observe(lockstep::transport::Reached{{}, 0});
  ctx.reply(waiting_->client, waiting_->sequence,
            [this](Reply& reply) { reply.set_result(std::to_string(round_)); });
  waiting_.reset();
  ctx.cancel_timer(Timer::Resend);
}

void Pinger::on(Ctx& ctx, Timer, std::uint64_t) {
  // Either pings or answers were lost, or somebody is slow.
  if (waiting_) ping_all(ctx);
}

void Pinger::describe(Fields& fields) const {
  fields("round", round_);
  fields("waiting", waiting_ ? "yes" : "no");
  fields("answers", answers_);
  std::string heard;
  for (const NodeId node : heard_) heard += (heard.empty() ? "" : " ") + to_string(node);
  fields("heard", heard.empty() ? "nobody" : heard);
}

}  // namespace student

// How a test's node is made: `spec` is what the test wants it to be.
LOCKSTEP_NODE(spec) {
  student::Pinger::Options options;
  options.resend = spec.between("resend");
  return lockstep::labs::node<student::Pinger>(options);
}
