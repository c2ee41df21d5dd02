// What must always hold of Multi-Paxos beyond what all replicated logs share (rules are listed in
// README.md): in each slot it is Paxos, and the slots are used in their order.
//
// The monitor watches messages; a claim is compared with them and proves nothing. It sees all votes
// of all acceptors, so it knows what is chosen whether any leader knows it or not, and from that
// who governs which slots. Each event costs constant time for each slot that it is about; old slots
// are forgotten, so memory stays flat. A group that ever consists of one node asks nobody: from
// then on nothing is judged.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "consensus/paxos/ballot.h"
#include "consensus/paxos/configurations.h"
#include "consensus/paxos/slot.h"
#include "consensus/vocabulary.h"

namespace lockstep::consensus {

namespace multi_paxos {
class Accept;
class Accepted;
class Chosen;
class Heartbeat;
class Prepare;
class Promise;
class ReadReply;
class Snapshot;
class Value;
}  // namespace multi_paxos

class MultiPaxosMonitor {
 public:
  /// Watches a group with these founders, in which a configuration is in force `window` slots after
  /// the one in which it was chosen.
  MultiPaxosMonitor(Nodes founders, std::uint64_t window);

  /// Takes note of one event. After the first violation it notes nothing more.
  void see(const Witness& witness);
  const std::optional<Violation>& violation() const { return violation_; }
  std::uint64_t digest() const;

 private:
  using Ballot = paxos::Ballot;
  using Slot = paxos::Slot;

  /// What an acceptor said so far.
  struct Acceptor {
    Ballot promised{};
    std::map<Slot, Ballot> votes;
  };

  /// What one ballot proposed in a slot; digests.
  struct Attempt {
    std::uint64_t value = 0;
    std::uint64_t command = 0;
    Nodes members;  // If it is a configuration.
    Votes voters;
  };

  struct Place {
    std::map<Ballot, Attempt> attempts;
    Ballot chosen{};  // The lowest ballot that is known to have got a value chosen; 0: none yet.
  };

  /// What a proposer heard in phase 1.
  struct Preparation {
    Votes promises;
    std::map<Slot, std::pair<Ballot, std::uint64_t>> highest;
  };

  struct Wish {
    std::uint64_t sequence = 0;
    Slot committed{};  // When it first reached a node.
  };

  void sent(NodeId node, const multi_paxos::Prepare& prepare);
  void sent(NodeId node, const multi_paxos::Promise& promise);
  void sent(NodeId node, const multi_paxos::Accept& accept);
  void sent(NodeId node, const multi_paxos::Accepted& accepted);
  void sent(NodeId node, const multi_paxos::Heartbeat& heartbeat);
  void sent(NodeId node, const multi_paxos::Chosen& chosen);
  void sent(NodeId node, const multi_paxos::Snapshot& snapshot);
  void sent(NodeId node, const multi_paxos::ReadReply& reply);
  template <class Other>
  void sent(NodeId, const Other&) {}
  void delivered(NodeId acceptor, const multi_paxos::Promise& promise);

  void claims(NodeId node, const transport::Committed& claim);
  void claims(NodeId node, const transport::Applied& claim);
  void claims(NodeId node, const transport::Served& claim);
  template <class Other>
  void claims(NodeId, const Other&) {}

  void requested(const Request& request);
  void uses_own_ballot(NodeId node, Ballot ballot);
  void commits(NodeId node, Slot slot);
  void proposes(NodeId node, Ballot ballot, Slot slot, const multi_paxos::Value& value);
  void follows_promises(NodeId node, Ballot ballot, Slot slot, std::uint64_t value);
  void votes(NodeId node, Ballot ballot, Slot slot);
  void choose(Slot slot, Ballot ballot, Place& place);
  void advance();
  Attempt* chosen_in(Slot slot);
  bool is_forgotten(Slot slot) const { return slot < first_; }
  void forget_old();
  void broken(std::string_view rule, std::string_view source, std::string story);

  std::uint64_t window_;
  paxos::Configurations configurations_;
  std::map<NodeId, Acceptor> acceptors_;
  std::map<Slot, Place> places_;
  Slot first_{1};     // The first slot that is remembered.
  Slot chosen_{};     // All slots up to here are chosen.
  Slot committed_{};  // The highest slot that any node rightly took for chosen.
  std::map<Ballot, Preparation> preparations_;
  std::map<std::uint64_t, Wish> wishes_;  // The latest of each client.
  bool is_blind_ = false;                 // The group consisted of one node.
  std::optional<Violation> violation_;
  Time now_{};
  std::uint64_t event_ = 0;
};

}  // namespace lockstep::consensus
