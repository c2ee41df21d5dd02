// Feeds monitors and promises with single events, as a run would.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "consensus/vocabulary.h"

namespace lockstep::consensus::tests {

/// Shows events of a protocol with these messages to a watcher with a see(const Witness&).
template <class Watcher, class Message>
class Shown {
 public:
  explicit Shown(Watcher shown_to) : watcher(std::move(shown_to)) {}

  template <class Body>
  auto sent(NodeId node, NodeId to, const Body& body) {
    return message(Witness::Kind::Sent, node, to, body);
  }

  template <class Body>
  auto delivered(NodeId node, NodeId from, const Body& body) {
    return message(Witness::Kind::Delivered, node, from, body);
  }

  auto claimed(NodeId node, const transport::Claim& claim) {
    Witness witness;
    witness.kind = Witness::Kind::Observed;
    witness.node = node;
    witness.claim = &claim;
    return watcher.see(witness);
  }

  auto happened(Witness::Kind kind, NodeId node) {
    Witness witness;
    witness.kind = kind;
    witness.node = node;
    return watcher.see(witness);
  }

  Watcher watcher;

 private:
  template <class Body>
  auto message(Witness::Kind kind, NodeId node, NodeId peer, const Body& body) {
    const Envelope payload = transport::compose<Message, Body>([&](Body& place) { place = body; });
    Witness witness;
    witness.kind = kind;
    witness.node = node;
    witness.peer = peer;
    witness.payload = &payload;
    return watcher.see(witness);
  }
};

}  // namespace lockstep::consensus::tests
