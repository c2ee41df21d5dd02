// A node's only door to the world, in the protocol's own vocabulary: a message or a timer of a
// foreign protocol does not compile. A handler records effects here; see transport/effects.h for
// the order in which the world carries them out.
#pragma once

#include <fmt/core.h>

#include <concepts>
#include <span>
#include <string>
#include <type_traits>
#include <utility>

#include "statemachine/any_machine.h"
#include "transport/request.messages.h"
#include "transport/world.h"

namespace lockstep::transport {

/// Bodies that the protocol's Message can hold.
template <class Body, class Message>
concept BodyOf = requires(Message& message) {
  { wrap(message, std::type_identity<Body>{}) } -> std::same_as<Body&>;
};

template <class P>
class Context {
 public:
  using Message = typename P::Message;
  using Timer = typename P::Timer;

  /// Requires: the world outlives the context.
  explicit Context(World& world) : world_(&world) {}

  NodeId self() const { return world_->self; }

  /// The group as its operator wrote it down. A protocol that changes its membership keeps its own.
  std::span<const NodeId> initial_members() const { return world_->initial_members; }

  /// Monotonic local time. It may drift against true time, and it drives this node's timers.
  Time now() const {
    world_->clock_was_read = true;
    return world_->now;
  }

  /// Calendar time, which may be skewed and may step.
  WallTime wall() const {
    world_->clock_was_read = true;
    return world_->wall;
  }

  /// Sends one message. To oneself it passes the gate of durability as well, and a crash loses it:
  /// that is how a node learns that its own writes are durable.
  template <BodyOf<Message> Body>
  void send(NodeId to, Body body) {
    leave({Outgoing::Kind::Message, false, to, {}, pack(std::move(body))});
  }

  /// Sends one message that `fill` builds in place, with no allocation on the steady path.
  template <BodyOf<Message> Body, class Fill>
  requires std::invocable<Fill, Body&>
  void send(NodeId to, Fill&& fill) {
    leave(
        {Outgoing::Kind::Message, false, to, {}, compose<Message, Body>(std::forward<Fill>(fill))});
  }

  /// Sends before this handler's writes are durable. Say why at the call.
  template <BodyOf<Message> Body>
  void send_early(NodeId to, Body body) {
    leave({Outgoing::Kind::Message, true, to, {}, pack(std::move(body))});
  }

  /// A message of this protocol that several nodes get: it is built, digested and measured once.
  class Prepared {
   public:
    Prepared() = default;
    explicit operator bool() const { return static_cast<bool>(envelope_); }

   private:
    friend Context;
    explicit Prepared(Envelope envelope) : envelope_(std::move(envelope)) {}
    Envelope envelope_;
  };

  template <BodyOf<Message> Body, class Fill>
  requires std::invocable<Fill, Body&>
  static Prepared prepare(Fill&& fill) {
    return Prepared(compose<Message, Body>(std::forward<Fill>(fill)));
  }

  /// Requires: the message is not empty (also of send_early).
  void send(NodeId to, const Prepared& message) {
    leave({Outgoing::Kind::Message, false, to, {}, message.envelope_});
  }
  void send_early(NodeId to, const Prepared& message) {
    leave({Outgoing::Kind::Message, true, to, {}, message.envelope_});
  }

  /// Sends the same message to all members but this node.
  template <class Members, BodyOf<Message> Body>
  void broadcast(const Members& members, Body body) {
    const Envelope shared = pack(std::move(body));
    for (const NodeId member : members) {
      if (member != self()) leave({Outgoing::Kind::Message, false, member, {}, shared});
    }
  }

  /// Asks another node as a client does; on(ctx, NodeId, const Reply&) gets the answer, if any.
  /// The request's client is this node.
  void ask(NodeId node, Request request) {
    request.set_client(number(client_of(self())));
    leave({Outgoing::Kind::Ask, false, node, {}, pack_plain(std::move(request))});
  }

  /// Answers the request named by (client, sequence), which any node may have received.
  void reply(ClientId client, std::uint64_t sequence, Reply reply) {
    leave(answer(client, sequence, std::move(reply), false));
  }

  /// Answers with what `fill` makes of an empty Reply, in place.
  template <class Fill>
  requires std::invocable<Fill, Reply&>
  void reply(ClientId client, std::uint64_t sequence, Fill&& fill) {
    leave({Outgoing::Kind::Reply, false, {}, client, compose<Reply, Reply>([&](Reply& reply) {
             fill(reply);
             reply.set_client(number(client));
             reply.set_sequence(sequence);
           })});
  }

  /// Answers before this handler's writes are durable. Say why at the call.
  void reply_early(ClientId client, std::uint64_t sequence, Reply reply) {
    leave(answer(client, sequence, std::move(reply), true));
  }

  /// Fires on(ctx, timer, key) once, after a local duration that the world draws from `after`.
  /// Setting it again re-arms it.
  void set_timer(Timer timer, Between after, std::uint64_t key = 0) {
    world_->effects.timers.push_back({static_cast<std::uint32_t>(timer), key, false, after});
  }

  /// After this the timer does not fire unless it is set again.
  void cancel_timer(Timer timer, std::uint64_t key = 0) {
    world_->effects.timers.push_back({static_cast<std::uint32_t>(timer), key, true, {}});
  }

  Storage storage() { return {world_->image, world_->effects.writes}; }

  /// Tells those who watch; see transport/claim.h.
  void observe(Claim claim) { world_->effects.claims.push_back(claim); }

  /// Applies a committed command to a machine of this node and records the claim.
  std::string apply(statemachine::AnyMachine& machine, std::uint64_t index,
                    std::string_view command, GroupId group = {}) {
    std::string result = machine.apply(command);
    observe(
        Applied{group, index, statemachine::digest_of(command), statemachine::digest_of(result)});
    return result;
  }

  /// Adds a line to this node's log. It never changes a digest, and costs nothing unread.
  template <class... Values>
  void log(fmt::format_string<Values...> format, Values&&... values) {
    if (world_->keeps_log) {
      world_->effects.log.push_back(fmt::format(format, std::forward<Values>(values)...));
    }
  }

  /// For composition only (Inner<P>).
  World& world() { return *world_; }

 private:
  void leave(Outgoing outgoing) { world_->effects.outgoing.push_back(std::move(outgoing)); }

  template <class Body>
  static Envelope pack(Body&& body) {
    return compose<Message, std::remove_cvref_t<Body>>([&](auto& place) { place.Swap(&body); });
  }

  template <class Plain>
  static Envelope pack_plain(Plain plain) {
    return compose<Plain, Plain>([&](Plain& place) { place.Swap(&plain); });
  }

  static Outgoing answer(ClientId client, std::uint64_t sequence, Reply reply, bool early) {
    reply.set_client(number(client));
    reply.set_sequence(sequence);
    return {Outgoing::Kind::Reply, early, {}, client, pack_plain(std::move(reply))};
  }

  World* world_;
};

}  // namespace lockstep::transport
