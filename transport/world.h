// The untyped half of a node's surroundings: what a world fills in before it calls a handler, and
// where the handler's effects are recorded. Protocols see it through Context<P> only.
#pragma once

#include <cstdint>
#include <vector>

#include "transport/effects.h"
#include "transport/identity.h"
#include "transport/time.h"

namespace lockstep::transport {

/// How a node comes up.
struct Start {
  enum class Kind : std::uint8_t {
    First,    ///< a founding member, with empty storage
    Restart,  ///< with what its storage kept
    Join,     ///< a new node that is not yet a member
  };
  Kind kind = Kind::First;
  /// Never repeats for one node, even if its storage is lost.
  std::uint64_t incarnation = 1;
};

struct World {
  NodeId self{};
  /// The group as its operator wrote it down, in ascending order.
  std::vector<NodeId> initial_members;
  Time now{};
  WallTime wall;
  /// Set when the node read a clock; the untimed explorer refuses such nodes.
  bool clock_was_read = false;
  /// Log lines are formatted only if somebody reads them.
  bool keeps_log = false;
  /// What the node stored, its own latest writes included.
  Image image;
  Effects effects;
};

}  // namespace lockstep::transport
