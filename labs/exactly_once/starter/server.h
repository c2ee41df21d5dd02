// Your server: it owns the state machine and executes what clients call for, each request once.
#pragma once

#include <cstdint>

#include "exactly_once.messages.h"
#include "labs/node/lab_node.h"

namespace student {

using lockstep::transport::Between;
using lockstep::transport::Context;
using lockstep::transport::Fields;
using lockstep::transport::NodeId;
using lockstep::transport::Reply;
using lockstep::transport::Request;
using lockstep::transport::Start;

class Server {
 public:
  using Message = exactly_once::Message;
  using Ctx = Context<Server>;
  enum class Timer : std::uint32_t { None };

  struct Options {
    lockstep::statemachine::MachineFactory machine;
  };

  explicit Server(Options options);

  void on(Ctx& ctx, Start start);
  void on(Ctx& ctx, const Request& request);
  void on(Ctx& ctx, NodeId from, const exactly_once::Call& call);
  void on(Ctx& ctx, NodeId from, const exactly_once::Answer& answer);
  void on(Ctx& ctx, Timer timer, std::uint64_t key);

  // Names your state: the failure page shows how it changes under each event.
  void describe(Fields& fields) const;

 private:
  lockstep::statemachine::AnyMachine machine_;
};

}  // namespace student
