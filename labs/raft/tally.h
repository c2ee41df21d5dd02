// What the tests of this lab count while they watch: who leads by what it sends, how far each
// replica has applied, how many messages of which kind left, and how much lies on disks. All of it
// is read from messages, stored bytes and the claims that README.md calls required.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "consensus/raft/raft.messages.h"
#include "labs/exercise/stage.h"

namespace lockstep::labs {

class Tally final : public transport::Observer {
 public:
  using NodeId = transport::NodeId;
  using Body = consensus::raft::Message::BodyCase;

  /// Counts from now on. Requires: the stage does not run on without the tally.
  explicit Tally(Stage& stage);

  void see(const transport::Witness& witness) override;

  /// The highest index that the node's machine has seen in its present life.
  std::uint64_t applied(NodeId node) const;
  /// The highest index at which any machine was given a command.
  std::uint64_t foremost() const { return foremost_; }
  /// Waits until the machines of all these nodes are as far as the foremost.
  Stage::Task<> await_applied(std::vector<NodeId> nodes);
  Stage::Task<> await_applied();

  /// How many messages to other nodes left so far; of this kind only.
  std::uint64_t sent() const { return sent_; }
  std::uint64_t sent(Body body) const;

  /// Who has sent what only leaders send since that time, ascending.
  std::vector<NodeId> led_since(transport::Time since) const;

  /// The highest term in which anybody stood for election.
  std::uint64_t stood_in() const { return stood_in_; }
  /// Whether the node has said that it follows, or sent as nobody who leads, since that time.
  bool stepped_down_since(NodeId node, transport::Time since) const;

  /// Bytes of keys and values that are durable on the node's disk.
  std::uint64_t stored_bytes(NodeId node) const;

 private:
  void sent_message(const transport::Witness& witness);
  void claimed(NodeId node, const transport::Claim& claim);

  Stage& stage_;
  std::map<NodeId, std::uint64_t> applied_;
  std::map<Body, std::uint64_t> by_body_;
  std::map<NodeId, transport::Time> led_;
  std::map<NodeId, transport::Time> followed_;
  std::map<NodeId, std::map<std::string, std::size_t>> disks_;
  std::uint64_t foremost_ = 0;
  std::uint64_t sent_ = 0;
  std::uint64_t stood_in_ = 0;
};

/// The body of a message between nodes; null if it is none of this protocol.
const consensus::raft::Message* message_in(const transport::Transmission& transmission);

/// A vote that was granted, or the question for one; pre-votes are neither.
bool is_vote(const transport::Transmission& transmission);
bool is_vote_request(const transport::Transmission& transmission);

/// "{n1 n3}".
std::string to_string(const std::vector<transport::NodeId>& nodes);

/// A leader that nobody is about to replace: it has led for longer than an election timeout.
Stage::Task<transport::NodeId> settled_leader(Stage& stage);
/// Waits until another node than this one leads; that may be so already.
Stage::Task<transport::NodeId> another_leader(
    Stage& stage, transport::NodeId than, transport::Duration patience = std::chrono::seconds(5));

/// The node that is so many places further, in a circle.
transport::NodeId after(Stage& stage, transport::NodeId node, std::size_t distance = 1);

/// One request of this client, asked around until it is executed. It stays out of the history, so
/// that a test may ask twice for the same. Stuck if it takes too long.
Stage::Task<std::string> insist(Stage& stage, transport::ClientId client, std::string command,
                                transport::Duration patience = std::chrono::seconds(5));
/// A read that stays out of the history.
Stage::Task<std::string> value_of(Stage& stage, std::string key);

}  // namespace lockstep::labs
