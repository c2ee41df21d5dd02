// A node that any client may ask. The primary executes what is asked; the others hand it on.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "labs/node/lab_node.h"
#include "sample.messages.h"

namespace student {

using lockstep::transport::ClientId;
using lockstep::transport::Context;
using lockstep::transport::Fields;
using lockstep::transport::NodeId;
using lockstep::transport::Reply;
using lockstep::transport::Request;
using lockstep::transport::Start;

class Door {
 public:
  using Message = messages::Message;
  using Ctx = Context<Door>;
  enum class Timer : std::uint32_t { None };

  struct Options {
    NodeId primary{};
    lockstep::statemachine::MachineFactory machine;
  };

  explicit Door(Options options);

  void on(Ctx& ctx, Start start);
  void on(Ctx& ctx, const Request& request);
  void on(Ctx& ctx, NodeId from, const messages::Forward& forward);
  void on(Ctx& ctx, Timer timer, std::uint64_t key);

  // Names your state: the failure page shows how it changes under each event.
  void describe(Fields& fields) const;

 private:
  // A client has one request open at a time: its latest is all that may be asked for again.
  struct Executed {
    std::uint64_t sequence = 0;
    std::string result;
  };

  void execute(Ctx& ctx, std::uint64_t client, std::uint64_t sequence, const std::string& command);
  void store(Ctx& ctx);
  void load(Ctx& ctx);

  NodeId primary_;
  lockstep::statemachine::AnyMachine machine_;
  std::map<std::uint64_t, Executed> latest_;  // By client.
};

}  // namespace student
