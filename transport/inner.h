// Runs a member node inside another node: several groups in one process, or one protocol that uses
// another as a part. The inner node's recorded effects are mapped onto the outer node's: storage
// keys get a prefix, timers move to a range of their own, messages go into the outer protocol's
// envelope, claims name the group.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "transport/context.h"

namespace lockstep::transport {

/// `P` is the inner protocol. The outer protocol keeps one Inner<P> per group and forwards to it.
template <class P>
class Inner {
 public:
  /// `first_timer` is the outer timer number that the inner timer 0 maps to; the outer protocol
  /// leaves the numbers from there on to its inner nodes. Groups above 65535 do not fit a timer
  /// key.
  Inner(GroupId group, std::uint32_t first_timer, typename P::Options options)
      : group_(group), first_timer_(first_timer), node_(std::move(options)) {}

  /// Loads the part of the outer storage that is this group's, then starts the inner node.
  template <class Outer, class Wrap>
  void start(Context<Outer>& ctx, Start start, Wrap wrap_message) {
    image_.clear();
    const std::string prefix = storage_prefix();
    const Image& outer = ctx.world().image;
    for (auto at = outer.lower_bound(prefix); at != outer.end(); ++at) {
      if (!at->first.starts_with(prefix)) break;
      image_.put(std::string_view(at->first).substr(prefix.size()), at->second);
    }
    enter(ctx, wrap_message, [&](Context<P>& inner) { node_.on(inner, start); });
  }

  /// Hands over a client's request.
  template <class Outer, class Wrap>
  void request(Context<Outer>& ctx, const Request& request, Wrap wrap_message) {
    enter(ctx, wrap_message, [&](Context<P>& inner) { node_.on(inner, request); });
  }

  /// Hands over a message of the inner protocol.
  template <class Outer, class Wrap>
  void message(Context<Outer>& ctx, NodeId from, const typename P::Message& message,
               Wrap wrap_message) {
    enter(ctx, wrap_message, [&](Context<P>& inner) {
      visit(message, [&](const auto& body) { node_.on(inner, from, body); });
    });
  }

  /// True if the outer timer belongs to this inner node.
  bool owns_timer(std::uint32_t timer, std::uint64_t key) const {
    return timer >= first_timer_ && key >> kGroupShift == number(group_);
  }

  /// Hands over a timer. Requires: owns_timer(timer, key).
  template <class Outer, class Wrap>
  void timer(Context<Outer>& ctx, std::uint32_t timer, std::uint64_t key, Wrap wrap_message) {
    enter(ctx, wrap_message, [&](Context<P>& inner) {
      node_.on(inner, static_cast<typename P::Timer>(timer - first_timer_), key & kKeyMask);
    });
  }

  const P& node() const { return node_; }

 private:
  static constexpr int kGroupShift = 48;
  static constexpr std::uint64_t kKeyMask = (1ull << kGroupShift) - 1;

  std::string storage_prefix() const { return "group/" + std::to_string(number(group_)) + "/"; }

  template <class Outer, class Wrap, class Call>
  void enter(Context<Outer>& ctx, Wrap& wrap_message, Call call) {
    World& outer = ctx.world();
    World world;
    world.self = outer.self;
    world.initial_members = outer.initial_members;
    world.now = outer.now;
    world.wall = outer.wall;
    world.keeps_log = outer.keeps_log;
    world.image = std::move(image_);
    Context<P> inner(world);
    call(inner);
    image_ = std::move(world.image);
    outer.clock_was_read |= world.clock_was_read;
    map_effects(ctx, world.effects, wrap_message);
  }

  template <class Outer, class Wrap>
  void map_effects(Context<Outer>& ctx, Effects& effects, Wrap& wrap_message) {
    Effects& outer = ctx.world().effects;
    Storage storage = ctx.storage();
    const std::string prefix = storage_prefix();
    for (auto& write : effects.writes) {
      if (write.value) {
        storage.put(prefix + write.key, std::move(write.value));
      } else {
        storage.erase(prefix + write.key);
      }
    }
    for (auto timer : effects.timers) {
      timer.timer += first_timer_;
      timer.key |= static_cast<std::uint64_t>(number(group_)) << kGroupShift;
      outer.timers.push_back(timer);
    }
    for (auto& outgoing : effects.outgoing) {
      if (outgoing.kind == Outgoing::Kind::Message) {
        outgoing.payload = wrap_message(
            group_, static_cast<const typename P::Message&>(outgoing.payload.message()));
      }
      outer.outgoing.push_back(std::move(outgoing));
    }
    for (auto& claim : effects.claims) {
      std::visit([&](auto& kind) { kind.group = group_; }, claim);
      outer.claims.push_back(claim);
    }
    for (auto& line : effects.log) outer.log.push_back(std::move(line));
  }

  GroupId group_;
  std::uint32_t first_timer_;
  Image image_;
  P node_;
};

}  // namespace lockstep::transport
