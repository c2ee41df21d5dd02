// Your client node: users hand it their requests, and it gets them executed by the server.
#pragma once

#include <cstdint>

#include "exactly_once.messages.h"
#include "labs/node/lab_node.h"

namespace student {

using lockstep::transport::Between;
using lockstep::transport::ClientId;
using lockstep::transport::Context;
using lockstep::transport::Fields;
using lockstep::transport::NodeId;
using lockstep::transport::Reply;
using lockstep::transport::Request;
using lockstep::transport::Start;

class Client {
 public:
  using Message = exactly_once::Message;
  using Ctx = Context<Client>;
  enum class Timer : std::uint32_t { Retry };

  struct Options {
    NodeId server{};  // Whom to call.
    Between retry{};  // After this a call without an answer is sent again.
  };

  explicit Client(Options options);

  void on(Ctx& ctx, Start start);
  void on(Ctx& ctx, const Request& request);
  void on(Ctx& ctx, NodeId from, const exactly_once::Call& call);
  void on(Ctx& ctx, NodeId from, const exactly_once::Answer& answer);
  void on(Ctx& ctx, Timer timer, std::uint64_t key);

  void describe(Fields& fields) const;

 private:
  Options options_;
};

}  // namespace student
