// Nodes that do nothing but pass balls on: what a message costs without a protocol, and what a
// write to storage adds.
#pragma once

#include <string_view>

#include "tests/bench/echo.messages.h"
#include "transport/node.h"

namespace lockstep::bench {

class Echo {
 public:
  using Message = bench::Message;
  using Ctx = transport::Context<Echo>;
  enum class Timer : std::uint32_t { Unused };
  struct Options {
    std::uint32_t balls = 12;  ///< that each node brings into play
    bool stores = false;  ///< each ball is stored under a key of its own, as entries of logs are
  };
  /// After so many writes the oldest ones are erased, as a log is compacted.
  static constexpr std::uint64_t kKept = 1000;

  explicit Echo(Options options) : options_(options) {}

  void on(Ctx& ctx, transport::Start) {
    for (std::uint32_t ball = 0; ball < options_.balls; ++ball) pass_on(ctx, ball);
  }
  void on(Ctx& ctx, transport::NodeId, const Ball& ball) {
    if (options_.stores) store(ctx, ball);
    pass_on(ctx, ball.pass() + 1);
  }
  void on(Ctx&, const transport::Request&) {}
  void on(Ctx&, Timer, std::uint64_t) {}

 private:
  static void pass_on(Ctx& ctx, std::uint64_t pass) {
    const auto members = ctx.initial_members();
    const std::uint32_t next = number(ctx.self()) % static_cast<std::uint32_t>(members.size());
    ctx.send<Ball>(members[next], [&](Ball& ball) {
      ball.set_pass(pass);
      ball.mutable_content()->assign(kContent);
    });
  }

  void store(Ctx& ctx, const Ball& ball) {
    ctx.storage().put(transport::numbered_key("log/", ++stored_), ball);
    if (stored_ % kKept != 0) return;
    ctx.storage().erase_range(transport::numbered_key("log/", 0),
                              transport::numbered_key("log/", stored_));
  }

  static constexpr std::string_view kContent = "an entry, with its session and a key and a value";

  Options options_;
  std::uint64_t stored_ = 0;
};

}  // namespace lockstep::bench
