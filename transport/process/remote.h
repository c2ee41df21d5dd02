// The prototype of a node whose code is not in this process, such as a student's: it knows which
// node is meant and parses the protocol's messages, with this process's definition of them. Fields
// that the definition does not know survive, and are part of a message's digest.
#pragma once

#include <memory>
#include <stdexcept>

#include "transport/process/node_spec.h"

namespace lockstep::transport {

/// A node that lives elsewhere: here it is only a name and a parser of its messages.
class RemoteNode : public Node {
 public:
  explicit RemoteNode(NodeSpec spec) : spec_(std::move(spec)) {}
  const NodeSpec& spec() const { return spec_; }

 private:
  NodeSpec spec_;
};

/// The spec that a prototype carries; an empty one if it is no RemoteNode.
NodeSpec spec_of(const Node& prototype);

template <class Message>
class RemotePrototype final : public RemoteNode {
 public:
  using RemoteNode::RemoteNode;

  std::unique_ptr<Node> clone() const override { return fresh(); }
  std::unique_ptr<Node> fresh() const override { return std::make_unique<RemotePrototype>(spec()); }
  void start(World&, Start) override { refuse(); }
  bool message(World&, NodeId, const Envelope&) override { refuse(); }
  void request(World&, const Request&) override { refuse(); }
  bool reply(World&, NodeId, const Reply&) override { refuse(); }
  void timer(World&, std::uint32_t, std::uint64_t) override { refuse(); }
  Envelope parse(std::string_view bytes) const override { return parse_envelope<Message>(bytes); }
  void describe(Fields&) const override {}

 private:
  [[noreturn]] static void refuse() {
    throw std::logic_error("a remote node cannot run here: its host must be a process of its own");
  }
};

/// `Message` is the protocol's envelope, as this process defines it. Only hosts of remote nodes can
/// run it; its handlers throw std::logic_error.
template <class Message>
std::unique_ptr<Node> remote_node(NodeSpec spec) {
  return std::make_unique<RemotePrototype<Message>>(std::move(spec));
}

}  // namespace lockstep::transport
