// What a world holds: any protocol's node, by value and without its type.
//
// Reading order for a protocol author: docs/write-a-protocol.md, transport/context.h, this file.
// Hosted<P> makes a Node out of a protocol class P, which has
//   using Message   the protocol's Protobuf message, with a oneof `body` of its messages
//   enum class Timer
//   struct Options, and a constructor from it
//   void on(Context<P>&, Start)
//   void on(Context<P>&, const Request&)
//   void on(Context<P>&, NodeId from, const M&)   for every message M in `body`
//   void on(Context<P>&, Timer, std::uint64_t key)
// and optionally
//   void on(Context<P>&, NodeId from, const Reply&)   if it asks other nodes
//   void describe(Fields&) const
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "transport/context.h"
#include "transport/fields.h"

namespace lockstep::transport {

/// A node without its type. Handlers record their effects in the world; nothing else happens.
class Node {
 public:
  virtual ~Node() = default;
  /// The same node in the same state.
  virtual std::unique_ptr<Node> clone() const = 0;
  /// A node with the same options and no state: what a restart begins with.
  virtual std::unique_ptr<Node> fresh() const = 0;

  virtual void start(World& world, Start start) = 0;
  /// False if the message belongs to another protocol; then nothing happened.
  virtual bool message(World& world, NodeId from, const Envelope& message) = 0;
  virtual void request(World& world, const Request& request) = 0;
  /// False if this protocol never asks other nodes; then nothing happened.
  virtual bool reply(World& world, NodeId from, const Reply& reply) = 0;
  virtual void timer(World& world, std::uint32_t timer, std::uint64_t key) = 0;

  /// A message of this protocol from its bytes; an empty envelope if they are malformed.
  virtual Envelope parse(std::string_view bytes) const = 0;
  /// Names the state for reports; leaves `fields` empty if the protocol does not describe itself.
  virtual void describe(Fields& fields) const = 0;

 protected:
  Node() = default;
  Node(const Node&) = default;
  Node& operator=(const Node&) = default;
};

template <class P, class M>
concept HandlesMessage = requires(P& node, Context<P>& ctx, NodeId from, const M& message) {
  node.on(ctx, from, message);
};

/// Named so that the compiler's complaint about a missing handler names protocol and message.
template <class P, class M>
struct Handler {
  static_assert(HandlesMessage<P, M>,
                "a message of this protocol has no handler: add void on(Context<P>& ctx, NodeId "
                "from, const M& message), where P and M are the arguments of this Handler<P, M>");
};

template <class P>
class Hosted final : public Node {
 public:
  using Message = typename P::Message;

  explicit Hosted(typename P::Options options) : options_(options), node_(std::move(options)) {}

  std::unique_ptr<Node> clone() const override { return std::make_unique<Hosted>(*this); }
  std::unique_ptr<Node> fresh() const override { return std::make_unique<Hosted>(options_); }

  void start(World& world, Start start) override {
    Context<P> ctx(world);
    node_.on(ctx, start);
  }

  bool message(World& world, NodeId from, const Envelope& message) override {
    if (!message.belongs_to(protocol_tag<Message>())) return false;
    Context<P> ctx(world);
    visit(static_cast<const Message&>(message.message()), [&]<class M>(const M& body) {
      [[maybe_unused]] constexpr Handler<P, M> kChecked{};
      if constexpr (HandlesMessage<P, M>) node_.on(ctx, from, body);
    });
    return true;
  }

  void request(World& world, const Request& request) override {
    Context<P> ctx(world);
    node_.on(ctx, request);
  }

  bool reply(World& world, NodeId from, const Reply& reply) override {
    if constexpr (HandlesMessage<P, Reply>) {
      Context<P> ctx(world);
      node_.on(ctx, from, reply);
      return true;
    } else {
      return false;
    }
  }

  void timer(World& world, std::uint32_t timer, std::uint64_t key) override {
    Context<P> ctx(world);
    node_.on(ctx, static_cast<typename P::Timer>(timer), key);
  }

  Envelope parse(std::string_view bytes) const override { return parse_envelope<Message>(bytes); }

  void describe(Fields& fields) const override {
    if constexpr (requires { node_.describe(fields); }) node_.describe(fields);
  }

  /// The protocol's own object, for unit tests.
  P& node() { return node_; }
  const P& node() const { return node_; }

 private:
  typename P::Options options_;
  P node_;
};

}  // namespace lockstep::transport
