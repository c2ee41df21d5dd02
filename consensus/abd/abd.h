// A replicated atomic register without a leader.
//
// Attiya, Bar-Noy, Dolev: Sharing Memory Robustly in Message-Passing Systems (JACM 1995), with any
// replica as coordinator and any client as writer (Lynch, Shvartsman 1997). Reading order beside
// the paper: on(Request), on(QueryReply), on(UpdateReply); the rest answers them.
//
// The smallest protocol here, and the one that docs/write-a-protocol.md goes through line by line.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "consensus/abd/abd.messages.h"
#include "consensus/vocabulary.h"
#include "statemachine/register.h"

namespace lockstep::consensus {

class Abd {
 public:
  using Message = abd::Message;
  enum class Timer { Retry };

  struct Options {
    /// A reader makes what it read known to a majority before it answers. Without this two reads
    /// can see a write and then not see it.
    bool write_back = true;
    Between retry{40ms, 60ms};
  };
  using Ctx = Context<Abd>;

  explicit Abd(Options options) : options_(options) {}

  void on(Ctx& ctx, Start start);
  void on(Ctx& ctx, const Request& request);
  void on(Ctx& ctx, NodeId from, const abd::Query& query);
  void on(Ctx& ctx, NodeId from, const abd::QueryReply& reply);
  void on(Ctx& ctx, NodeId from, const abd::Update& update);
  void on(Ctx& ctx, NodeId from, const abd::UpdateReply& reply);
  void on(Ctx& ctx, Timer timer, std::uint64_t operation);
  void describe(Fields& fields) const;

 private:
  /// A client's operation that this replica coordinates.
  struct Operation {
    ClientId client{};
    std::uint64_t sequence = 0;
    statemachine::register_machine::Command command;
    abd::Versioned latest;     ///< phase 1: the latest version heard of; phase 2: the one to spread
    bool updating = false;     ///< in phase 2
    std::set<NodeId> replied;  ///< in this phase, this replica included
  };

  static bool later(const abd::Timestamp& left, const abd::Timestamp& right);
  static bool is_majority(Ctx& ctx, std::size_t nodes);
  void adopt(Ctx& ctx, const abd::Versioned& version);
  void ask(Ctx& ctx, std::uint64_t number, const Operation& operation);
  void update(Ctx& ctx, std::uint64_t number, Operation& operation);
  void finish(Ctx& ctx, std::uint64_t number);
  void advance(Ctx& ctx, std::uint64_t number, Operation& operation);

  Options options_;
  abd::Versioned current_;
  /// Invariant: operation numbers never repeat, even across restarts.
  std::uint64_t next_operation_ = 0;
  std::map<std::uint64_t, Operation> operations_;
};

}  // namespace lockstep::consensus
