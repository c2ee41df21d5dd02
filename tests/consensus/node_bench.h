// One node alone on a bench: a test hands it one event and looks at the effects.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "consensus/vocabulary.h"

namespace lockstep::consensus::tests {

inline constexpr NodeId kSelf{1};
inline constexpr NodeId kSecond{2};
inline constexpr NodeId kThird{3};

/// The nodes from 1 to `count`.
inline std::vector<NodeId> first(std::uint32_t count) {
  std::vector<NodeId> nodes;
  for (std::uint32_t id = 1; id <= count; ++id) nodes.push_back(NodeId{id});
  return nodes;
}

template <class P>
class NodeBench {
 public:
  using Message = typename P::Message;
  using Timer = typename P::Timer;

  /// A started node kSelf of a group with these founders.
  NodeBench(typename P::Options options, std::vector<NodeId> founders,
            Start::Kind kind = Start::Kind::First)
      : options_(options), node_(std::move(options)) {
    world.self = kSelf;
    world.initial_members = std::move(founders);
    node_.start(world, {kind, 1});
  }

  template <class Body>
  void deliver(NodeId from, const Body& body) {
    world.effects.clear();
    const auto message = transport::compose<Message, Body>([&](Body& place) { place = body; });
    node_.message(world, from, message);
  }

  void fire(Timer timer, std::uint64_t key = 0) {
    world.effects.clear();
    node_.timer(world, static_cast<std::uint32_t>(timer), key);
  }

  /// The answer to something that it asked another node.
  void reply(NodeId from, const Reply& reply) {
    world.effects.clear();
    node_.reply(world, from, reply);
  }

  void request(const Request& request) {
    world.effects.clear();
    node_.request(world, request);
  }

  /// Crashes and boots it from the bytes in world.image.
  void restart() {
    world.effects.clear();
    node_ = transport::Hosted<P>(options_);
    node_.start(world, {Start::Kind::Restart, ++life_});
  }

  /// Hands the node what it sent to itself in the last step, as after a write became durable.
  void become_durable() {
    std::vector<Envelope> own;
    for (const Outgoing& outgoing : world.effects.outgoing) {
      if (outgoing.kind == Outgoing::Kind::Message && outgoing.to == kSelf) {
        own.push_back(outgoing.payload);
      }
    }
    world.effects.clear();
    for (const Envelope& message : own) node_.message(world, kSelf, message);
  }

  /// What it sent to `to` in the last step.
  template <class Body>
  std::vector<Body> sent(NodeId to) const {
    std::vector<Body> bodies;
    for (const Outgoing& outgoing : world.effects.outgoing) {
      if (outgoing.kind != Outgoing::Kind::Message || outgoing.to != to) continue;
      visit(static_cast<const Message&>(outgoing.payload.message()), [&](const auto& body) {
        if constexpr (std::is_same_v<std::remove_cvref_t<decltype(body)>, Body>) {
          bodies.push_back(body);
        }
      });
    }
    return bodies;
  }

  /// What it answered to clients in the last step.
  std::vector<Reply> replies() const {
    std::vector<Reply> found;
    for (const Outgoing& outgoing : world.effects.outgoing) {
      if (outgoing.kind != Outgoing::Kind::Reply) continue;
      found.push_back(static_cast<const Reply&>(outgoing.payload.message()));
    }
    return found;
  }

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
  bool has_set(Timer timer, bool cancel = false) const {
    return std::any_of(world.effects.timers.begin(), world.effects.timers.end(),
                       [&](const transport::TimerSetting& setting) {
                         return setting.timer == static_cast<std::uint32_t>(timer) &&
                                setting.cancel == cancel;
                       });
  }

  /// A line of its description; empty if it has none of this name.
  std::string field(const std::string& name) const {
    Fields fields;
    node_.describe(fields);
    for (const auto& [key, value] : fields.values()) {
      if (key == name) return value;
    }
    return {};
  }
  std::uint64_t number_in(const std::string& name) const { return std::stoull(field(name)); }

  transport::World world;

 private:
  typename P::Options options_;
  transport::Hosted<P> node_;
  std::uint64_t life_ = 1;
};

}  // namespace lockstep::consensus::tests
