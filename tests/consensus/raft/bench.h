// One Raft node alone on a bench: a test hands it one event and looks at the effects.
#pragma once

#include <algorithm>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "consensus/raft/raft.h"
#include "statemachine/counter.h"
#include "statemachine/sessions.h"

namespace lockstep::consensus::tests {

inline constexpr NodeId kSelf{1};
inline constexpr NodeId kSecond{2};
inline constexpr NodeId kThird{3};

/// Raft over a counter, as the paper has it: whoever hears no leader stands at once.
Raft::Options counter_options();
/// The same with pre-vote, check-quorum and stickiness.
Raft::Options careful_options();

// Messages, as their authors would write them.

raft::RequestVote request_vote(std::uint64_t term, std::uint64_t last_index,
                               std::uint64_t last_term);
raft::VoteReply vote(std::uint64_t term, bool granted = true);
/// Entries of the given terms after (prev_index, prev_term); each adds 1 to the counter.
raft::AppendEntries entries(std::uint64_t term, std::uint64_t prev_index, std::uint64_t prev_term,
                            const std::vector<std::uint64_t>& terms, std::uint64_t commit = 0);
raft::AppendReply accepted(std::uint64_t term, std::uint64_t match, std::uint64_t round = 0);
/// Makes the chunk the only one of a snapshot with this state.
void carry(raft::InstallSnapshot& chunk, const std::string& state);

class Bench {
 public:
  /// A started founding member kSelf of a group of `nodes`.
  explicit Bench(Raft::Options options = counter_options(), std::uint32_t nodes = 3)
      : Bench(std::move(options), first(nodes), Start::Kind::First) {}

  /// A started node kSelf of a group with these founders.
  Bench(Raft::Options options, std::vector<NodeId> founders, Start::Kind kind)
      : options_(options), node_(std::move(options)) {
    world.self = kSelf;
    world.initial_members = std::move(founders);
    node_.start(world, {kind, 1});
  }

  /// The nodes from 1 to `count`.
  static std::vector<NodeId> first(std::uint32_t count) {
    std::vector<NodeId> nodes;
    for (std::uint32_t id = 1; id <= count; ++id) nodes.push_back(NodeId{id});
    return nodes;
  }

  template <class Body>
  void deliver(NodeId from, const Body& body) {
    world.effects.clear();
    const auto message =
        transport::compose<raft::Message, Body>([&](Body& place) { place = body; });
    node_.message(world, from, message);
  }

  void fire(Raft::Timer timer) {
    world.effects.clear();
    node_.timer(world, static_cast<std::uint32_t>(timer), 0);
  }

  void request(const Request& request) {
    world.effects.clear();
    node_.request(world, request);
  }

  /// A command that adds 1, from client 7.
  void add(std::uint64_t sequence);

  /// Hands the node what it sent to itself in the last step, as after a write became durable.
  void become_durable();

  /// Crashes and boots it from the bytes in world.image.
  void restart() {
    world.effects.clear();
    node_ = transport::Hosted<Raft>(options_);
    node_.start(world, {Start::Kind::Restart, ++life_});
  }

  /// Makes it the leader of a group of three, in term `term()`.
  void lead();

  /// What it sent to `to` in the last step.
  template <class Body>
  std::vector<Body> sent(NodeId to) const {
    std::vector<Body> bodies;
    for (const Outgoing& outgoing : world.effects.outgoing) {
      if (outgoing.kind != Outgoing::Kind::Message || outgoing.to != to) continue;
      visit(static_cast<const raft::Message&>(outgoing.payload.message()), [&](const auto& body) {
        if constexpr (std::is_same_v<std::remove_cvref_t<decltype(body)>, Body>) {
          bodies.push_back(body);
        }
      });
    }
    return bodies;
  }

  /// What it answered to clients in the last step.
  std::vector<Reply> replies() const;

  /// What it claimed in the last step.
  template <class Claim>
  std::vector<Claim> claims() const {
    std::vector<Claim> found;
    for (const auto& claim : world.effects.claims) {
      if (const auto* known = std::get_if<Claim>(&claim)) found.push_back(*known);
    }
    return found;
  }

  /// Whether the last step set (or, with `cancel`, cancelled) the timer.
  bool has_set(Raft::Timer timer, bool cancel = false) const;

  /// A line of its description.
  std::string field(const std::string& name) const;
  std::uint64_t number_in(const std::string& name) const { return std::stoull(field(name)); }
  std::uint64_t term() const { return number_in("term"); }

  /// The terms of its log, as stored on disk.
  std::vector<std::uint64_t> stored_terms() const;

  transport::World world;

 private:
  Raft::Options options_;
  transport::Hosted<Raft> node_;
  std::uint64_t life_ = 1;
};

}  // namespace lockstep::consensus::tests
