// A node that finds out who is there: asked by a client, it pings all others in a new round, and
// answers the client when everybody has answered.
#pragma once

#include <cstdint>
#include <optional>
#include <set>

#include "labs/node/lab_node.h"
#include "ping.messages.h"

namespace student {

using lockstep::transport::Between;
using lockstep::transport::ClientId;
using lockstep::transport::Context;
using lockstep::transport::Fields;
using lockstep::transport::NodeId;
using lockstep::transport::Reply;
using lockstep::transport::Request;
using lockstep::transport::Start;

class Pinger {
 public:
  using Message = ping::Message;
  using Ctx = Context<Pinger>;
  enum class Timer : std::uint32_t { Resend };

  struct Options {
    Between resend{};  // After this a ping without an answer is sent again.
  };

  explicit Pinger(Options options);

  // One function for each thing that can happen to a node.
  void on(Ctx& ctx, Start start);
  void on(Ctx& ctx, const Request& request);
  void on(Ctx& ctx, NodeId from, const ping::Ping& ping);
  void on(Ctx& ctx, NodeId from, const ping::Pong& pong);
  void on(Ctx& ctx, Timer timer, std::uint64_t key);

  // Names the state: the failure page shows how it changes under each event.
  void describe(Fields& fields) const;

 private:
  struct Waiting {
    ClientId client{};
    std::uint64_t sequence = 0;
  };

  void ping_all(Ctx& ctx);
  void finish(Ctx& ctx);

  Options options_;
  std::uint64_t round_ = 0;         // The latest; also in storage.
  std::optional<Waiting> waiting_;  // Whose round it is; nobody's when it is complete.
  std::size_t answers_ = 0;         // In this round.
  std::set<NodeId> heard_;          // Who answered in this round.
};

}  // namespace student
