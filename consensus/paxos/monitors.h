// What must always hold of single-decree Paxos (rules are listed in README.md): an oracle that sees
// all votes of all acceptors, and not only what learners happen to hear of.
//
// It reads messages only, so it works for any storage layout: what an acceptor wrote is durable
// when its answer leaves. A vote is an Accepted that left, or what a Promise reports. Each event
// costs constant time for a bounded number of nodes and ballots.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "consensus/paxos/ballot.h"
#include "consensus/paxos/roles.h"
#include "consensus/vocabulary.h"

namespace lockstep::consensus {

namespace paxos {
class Accept;
class Accepted;
class Decided;
class Nack;
class Prepare;
class Promise;
}  // namespace paxos

class PaxosMonitor {
 public:
  /// Watches a group in which so many promises and so many votes make a quorum.
  explicit PaxosMonitor(paxos::Quorums quorums) : quorums_(quorums) {}

  /// Takes note of one event. After the first violation it notes nothing more.
  void see(const Witness& witness);
  const std::optional<Violation>& violation() const { return violation_; }
  std::uint64_t digest() const;

 private:
  using Ballot = paxos::Ballot;

  /// What an acceptor said so far.
  struct Acceptor {
    Ballot promised{};
    Ballot voted{};
  };

  /// What a promise that reached the proposer reported.
  struct Report {
    Ballot accepted{};
    std::uint64_t value = 0;
  };

  /// What is known of one ballot. Values are digests.
  struct Attempt {
    std::optional<std::uint64_t> value;  // Nothing before it is proposed.
    std::map<NodeId, Report> reports;
    std::uint64_t voters = 0;  // Bit k stands for node k.
  };

  struct Chosen {
    Ballot ballot{};
    std::uint64_t value = 0;
  };

  /// What is known of one key.
  struct Instance {
    std::map<std::uint64_t, std::string> wished;  // By clients: the digest, and the value.
    std::map<NodeId, Acceptor> acceptors;
    std::map<Ballot, Attempt> attempts;
    std::optional<Chosen> chosen;
  };

  void requested(const Witness& witness);
  void sent(const Witness& witness, const paxos::Prepare& prepare);
  void sent(const Witness& witness, const paxos::Promise& promise);
  void sent(const Witness& witness, const paxos::Accept& accept);
  void sent(const Witness& witness, const paxos::Accepted& accepted);
  void sent(const Witness& witness, const paxos::Decided& decided);
  void sent(const Witness&, const paxos::Nack&) {}
  void delivered(const paxos::Promise& promise, NodeId acceptor);
  template <class Other>
  void delivered(const Other&, NodeId) {}

  void proposes(NodeId node, Instance& instance, Ballot ballot, std::uint64_t value);
  void uses_own_ballot(NodeId node, Ballot ballot);
  bool is_justified(const Attempt& attempt, std::uint64_t value) const;
  void votes(NodeId node, Instance& instance, Ballot ballot, std::uint64_t value);
  void choose(Instance& instance, Ballot ballot, std::uint64_t value);
  Instance& instance(const std::string& key);
  std::string text(const Instance& instance, std::uint64_t value) const;
  void broken(std::string_view rule, std::string_view source, std::string story);

  paxos::Quorums quorums_;
  std::map<std::string, Instance> instances_;
  std::deque<std::string> order_;  // Of the keys: the oldest are forgotten, so memory stays flat.
  std::string key_;                // Of the event being seen.
  std::optional<Violation> violation_;
  Time now_{};
  std::uint64_t event_ = 0;
};

}  // namespace lockstep::consensus
