// The server: it owns the state machine and executes what clients call for, each request once.
// What it knows of a request's execution is durable together with what the execution did.
#pragma once

#include <cstdint>
#include <map>
#include <string>

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

  void describe(Fields& fields) const;

 private:
  struct Session {
    std::uint64_t forgotten_below = 1;             // Requests below this are over.
    std::map<std::uint64_t, std::string> results;  // By sequence.
  };

  void load(Ctx& ctx);
  void store(Ctx& ctx, std::uint64_t client);
  static void forget(Session& session, std::uint64_t below);

  lockstep::statemachine::AnyMachine machine_;
  std::map<std::uint64_t, Session> sessions_;  // By client.
  std::uint64_t executed_ = 0;                 // Since the start.
};

}  // namespace student
