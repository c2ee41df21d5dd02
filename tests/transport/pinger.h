// A node that pings the others when a client asks, stores how many answered, and replies when all
// have: in the handout's words, or in a student's, who adds a note and gossip.
#pragma once

#include <string>

#include "tests/transport/handout.messages.h"
#include "tests/transport/student.messages.h"
#include "transport/node.h"

namespace lockstep::tests {

/// The words of a protocol. A chatty node uses those of its own, which the handout lacks.
struct HandoutWords {
  using Message = handout::Message;
  using Ping = handout::Ping;
  using Pong = handout::Pong;
};
struct StudentWords {
  using Message = student::Message;
  using Ping = student::Ping;
  using Pong = student::Pong;
};

template <class Words>
class Pinger {
 public:
  using Message = typename Words::Message;
  using Ping = typename Words::Ping;
  using Pong = typename Words::Pong;
  enum class Timer { Again };
  struct Options {
    bool chatty = false;
    std::string name = {};
  };
  using Ctx = transport::Context<Pinger>;

  explicit Pinger(Options options) : options_(std::move(options)) {}

  void on(Ctx& ctx, transport::Start) {
    using std::chrono_literals::operator""ms;
    const auto stored = ctx.storage().get("pongs");
    if (stored) pongs_ = stored->size();
    ctx.set_timer(Timer::Again, {5ms, 9ms});
  }

  void on(Ctx& ctx, const transport::Request& request) {
    client_ = transport::ClientId{request.client()};
    sequence_ = request.sequence();
    ping_all(ctx);
  }

  void on(Ctx& ctx, transport::NodeId from, const Ping& ping) {
    note(ping);
    ctx.template send<Pong>(from, [&](Pong& pong) { pong.set_number(ping.number()); });
    gossip(ctx, from);
  }

  void on(Ctx& ctx, transport::NodeId, const Pong&) {
    ++pongs_;
    ctx.storage().put("pongs", std::string(pongs_, 'p'));
    if (pongs_ % 2 == 0) {
      ctx.reply(client_, sequence_, [&](transport::Reply& reply) {
        reply.set_result(options_.name + std::to_string(pongs_));
      });
    }
  }

  void on(Ctx&, transport::NodeId, const student::Gossip& gossip) {
    heard_ += "answered " + std::to_string(gossip.answered()) + " ";
  }

  void on(Ctx& ctx, Timer, std::uint64_t) { ping_all(ctx); }

  void describe(transport::Fields& fields) const {
    fields("pongs", std::uint64_t{pongs_});
    fields("heard", heard_);
  }

 private:
  void ping_all(Ctx& ctx) {
    for (const auto member : ctx.initial_members()) {
      if (member == ctx.self()) continue;
      ctx.template send<Ping>(member, [&](Ping& ping) {
        ping.set_number(pongs_);
        if constexpr (requires { ping.set_note(""); }) {
          if (options_.chatty) ping.set_note("by the way");
        }
      });
    }
  }

  void note(const Ping& ping) {
    ++answered_;
    if constexpr (requires { ping.note(); }) {
      if (!ping.note().empty()) heard_ += ping.note() + " ";
    }
  }

  void gossip(Ctx& ctx, transport::NodeId to) {
    if constexpr (transport::BodyOf<student::Gossip, Message>) {
      if (!options_.chatty) return;
      student::Gossip gossip;
      gossip.set_answered(answered_);
      ctx.send(to, std::move(gossip));
    }
  }

  Options options_;
  transport::ClientId client_{};
  std::uint64_t sequence_ = 0;
  std::size_t pongs_ = 0;
  std::uint64_t answered_ = 0;
  std::string heard_;
};

}  // namespace lockstep::tests
