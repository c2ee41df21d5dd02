#include "tests/chaos/faults/stage.h"

#include <doctest/doctest.h>

namespace lockstep::toy_faults {
namespace {

// Every digit three times, so that a cut or flipped value is noticed when it is read.
std::string spelled(std::uint64_t number) {
  const std::string digits = std::to_string(number);
  return digits + "," + digits + "," + digits;
}

std::optional<std::uint64_t> read(std::string_view text) {
  const auto comma = text.find(',');
  if (comma == std::string_view::npos || comma == 0 || comma > 18) return {};
  std::uint64_t number = 0;
  for (const char digit : text.substr(0, comma)) {
    if (digit < '0' || digit > '9') return {};
    number = number * 10 + static_cast<std::uint64_t>(digit - '0');
  }
  if (spelled(number) != text) return {};
  return number;
}

transport::ClusterOptions with_seed(std::uint64_t seed) {
  transport::ClusterOptions options;
  options.seed = seed;
  return options;
}

transport::Cluster& peopled(transport::Cluster& cluster, std::uint32_t nodes,
                            const chaos::FaultPlan& plan) {
  const transport::Hosted<Toy> toy(Toy::Options{});
  for (std::uint32_t id = 1; id <= nodes; ++id) cluster.add(n(id), toy.fresh());
  for (const auto id : chaos::spares_of(plan)) cluster.add_spare(n(id), toy.fresh());
  return cluster;
}

chaos::FaultPlan parsed(const std::string& text) {
  auto result = chaos::parse_plan(text);
  if (const auto* error = std::get_if<chaos::PlanError>(&result)) FAIL(error->message);
  return std::get<chaos::FaultPlan>(std::move(result));
}

}  // namespace

void Toy::on(Ctx& ctx, transport::Start start) {
  if (const auto stored = ctx.storage().get("number")) {
    const auto number = read(*stored);
    corrupt_ = !number.has_value();
    number_ = number.value_or(0);
  }
  if (ctx.self() == NodeId{1}) ctx.observe(transport::Leads{{}, start.incarnation});
  ctx.set_timer(Timer::Tick, {10ms, 10ms});
}

void Toy::on(Ctx& ctx, const transport::Request& request) {
  const auto& admin = request.admin();
  if (admin.learner() == 6) return;
  transport::Reply reply;
  if (ctx.self() != NodeId{1}) {
    reply.set_status(transport::Reply::REDIRECT);
    reply.set_redirect(1);
  } else if (admin.remove() == 2) {
    reply.set_status(transport::Reply::REJECTED);
    reply.set_result("it must\nstay");
  } else if (admin.transfer() == 3 || number_ % 10 != 0) {
    reply.set_status(transport::Reply::UNAVAILABLE);
  }
  ctx.reply(transport::ClientId{request.client()}, request.sequence(), std::move(reply));
}

void Toy::on(Ctx& ctx, Timer, std::uint64_t) {
  const auto us = [](auto duration) {
    return std::chrono::duration_cast<std::chrono::microseconds>(duration).count();
  };
  ++number_;
  ctx.storage().put("number", spelled(number_));
  Beat beat;
  beat.set_number(number_);
  beat.set_now_us(static_cast<std::uint64_t>(us(ctx.now().time_since_epoch())));
  beat.set_wall_us(us(ctx.wall().reading));
  Detail& detail = *beat.add_detail();
  detail.set_size(number_ * 2);
  detail.set_colour(number_ % 2 == 0 ? BLUE : RED);
  detail.set_text("t" + std::to_string(number_));
  ctx.broadcast(ctx.initial_members(), std::move(beat));
  ctx.set_timer(Timer::Tick, {10ms, 10ms});
}

void Toy::on(Ctx& ctx, NodeId from, const Beat& beat) {
  Heard heard;
  heard.set_number(beat.number());
  heard.set_even(beat.number() % 2 == 0);
  ctx.send(from, std::move(heard));
}

void Toy::on(Ctx&, NodeId, const Heard&) {}

void Toy::describe(transport::Fields& fields) const {
  fields("number", number_);
  fields("corrupt", corrupt_);
}

Stage::Stage(const std::string& text, std::uint64_t seed, std::uint32_t nodes,
             std::uint32_t max_failed)
    : Stage(parsed(text), seed, nodes, max_failed) {}

Stage::Stage(chaos::FaultPlan wanted, std::uint64_t seed, std::uint32_t nodes,
             std::uint32_t max_failed)
    : plan(std::move(wanted)),
      cluster(loop, with_seed(seed)),
      injector(peopled(cluster, nodes, plan), plan, seed, max_failed) {
  const auto problem = chaos::problem_with(plan, nodes);
  REQUIRE_MESSAGE(!problem, problem.value_or(""));
  cluster.set_interceptor(&injector);
  cluster.add_observer(this);
  cluster.add_observer(&injector);
  injector.begin();
  for (const auto node : cluster.founders()) cluster.start(node);
}

void Stage::run_to(std::int64_t to_ms) {
  loop.run_until(Time{} + std::chrono::milliseconds(to_ms));
}

void Stage::see(const Witness& witness) {
  Seen one;
  one.kind = witness.kind;
  one.at = witness.at;
  one.node = witness.node;
  one.peer = witness.peer;
  one.incarnation = witness.start.incarnation;
  if (const auto* message = witness.message_as<Message>()) {
    one.name = witness.payload->name();
    one.number = message->has_beat() ? message->beat().number() : message->heard().number();
    one.now_us = message->beat().now_us();
    one.wall_us = message->beat().wall_us();
  } else if (const auto* request = witness.message_as<transport::Request>()) {
    one.number = request->sequence();
  }
  seen.push_back(std::move(one));
}

std::size_t Stage::count(Witness::Kind kind, std::uint32_t node, std::uint32_t peer,
                         std::int64_t from_ms, std::int64_t to_ms) const {
  return count([&](const Seen& one) {
    return one.kind == kind && (node == 0 || one.node == n(node)) &&
           (peer == 0 || one.peer == n(peer)) && ms(one.at) >= from_ms && ms(one.at) < to_ms;
  });
}

std::size_t Stage::count(Witness::Kind kind) const { return count(kind, 0, 0); }

const Seen* Stage::first(Witness::Kind kind, std::uint32_t node, std::int64_t from_ms) const {
  for (const auto& one : seen) {
    if (one.kind == kind && one.node == n(node) && ms(one.at) >= from_ms) return &one;
  }
  return nullptr;
}

std::string Stage::field(std::uint32_t node, const std::string& name) const {
  const transport::Fields fields = cluster.describe(n(node));
  for (const auto& [key, value] : fields.values()) {
    if (key == name) return value;
  }
  return {};
}

}  // namespace lockstep::toy_faults
