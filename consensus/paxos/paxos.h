// Single-decree Paxos: consensus on one value for each key (Lamport, "The Part-Time Parliament",
// TOCS 1998; sections are those of "Paxos Made Simple", SIGACT News 2001).
//
// Every node is proposer, acceptor and learner. A client proposes a value for a key to any node and
// hears which value was chosen. Reading order beside the paper: roles.cc is §2.2's acceptor and
// proposer, paxos.cc their conversation in the order of the phases, the messages are in
// paxos.proto. The replicated log made of many instances is multi_paxos.h.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "consensus/paxos/paxos.messages.h"
#include "consensus/paxos/reached.h"
#include "consensus/paxos/roles.h"
#include "consensus/vocabulary.h"

namespace lockstep::consensus {

class Paxos {
 public:
  using Message = paxos::Message;
  using Ctx = Context<Paxos>;
  enum class Timer : std::uint32_t { Retry };

  struct Options {
    /// Acceptors that have to promise and to accept; 0: see paxos::quorums_of().
    std::uint32_t prepare_quorum = 0;
    std::uint32_t accept_quorum = 0;
    /// How long a proposer waits for answers before it tries a higher ballot.
    Between retry{40ms, 60ms};
    /// How long it waits after somebody else's higher ballot got in its way; each time that happens
    /// doubles it, up to 32 times. Without a wait two proposers may stop each other forever (§2.4).
    Between backoff{5ms, 15ms};
    /// Acceptors write down what they promise and accept. Off, for teaching: a crash makes them
    /// forget, and then two values may be chosen.
    bool durable = true;
    /// Who learns what is chosen tells all others. Otherwise they find out when they are asked.
    bool announce = true;
  };

  explicit Paxos(Options options) : options_(options) {}

  void on(Ctx& ctx, Start start);
  void on(Ctx& ctx, const Request& request);
  void on(Ctx& ctx, NodeId from, const paxos::Prepare& prepare);
  void on(Ctx& ctx, NodeId from, const paxos::Promise& promise);
  void on(Ctx& ctx, NodeId from, const paxos::Nack& nack);
  void on(Ctx& ctx, NodeId from, const paxos::Accept& accept);
  void on(Ctx& ctx, NodeId from, const paxos::Accepted& accepted);
  void on(Ctx& ctx, NodeId from, const paxos::Decided& decided);
  void on(Ctx& ctx, Timer timer, std::uint64_t key);

  void describe(Fields& fields) const;

 private:
  using Ballot = paxos::Ballot;
  using Phase = paxos::Proposer::Phase;

  /// What this node is and knows in one instance.
  struct Instance {
    std::uint64_t number = 0;  // The key of its timer.
    paxos::Acceptor acceptor;
    paxos::Proposer proposer;
    std::optional<std::string> decided;
  };

  Instance& instance(const std::string& key);
  void begin_ballot(Ctx& ctx, const std::string& key, Instance& instance);
  void ask_to_accept(Ctx& ctx, const std::string& key, Instance& instance);
  void learn(Ctx& ctx, Instance& instance, std::string_view value);
  void send_promise(Ctx& ctx, NodeId to, const std::string& key, const Instance& instance);
  void send_accepted(Ctx& ctx, NodeId to, const std::string& key, const Instance& instance);
  void refuse(Ctx& ctx, NodeId to, const std::string& key, Ballot ballot, const Instance& instance);
  void store(Ctx& ctx, const std::string& key, const Instance& instance);
  static void reached(Ctx& ctx, PaxosReach kind);

  Options options_;
  paxos::Quorums quorums_;
  std::map<std::string, Instance> instances_;
  std::vector<std::string> keys_;  // By the instance's number.
};

}  // namespace lockstep::consensus
