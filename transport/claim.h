// What a node says about itself, for those who watch. Claims are evidence against a node, never for
// it: a monitor compares them with messages, replies and stored bytes.
#pragma once

#include <cstdint>
#include <variant>

#include "statemachine/fold.h"
#include "transport/identity.h"

namespace lockstep::transport {

/// This node leads its group in `term` (term, ballot, view or epoch, as the protocol calls it).
struct Leads {
  GroupId group{};
  std::uint64_t term = 0;
};

/// This node no longer leads its group; `term` is the one that it now knows.
struct Follows {
  GroupId group{};
  std::uint64_t term = 0;
};

/// The entry at `index` is known to be committed, with everything before it.
struct Committed {
  GroupId group{};
  std::uint64_t index = 0;
  std::uint64_t term = 0;  ///< of the entry at `index`
};

/// The state machine consumed the command at `index` and gave a result.
struct Applied {
  GroupId group{};
  std::uint64_t index = 0;
  std::uint64_t command_digest = 0;
  std::uint64_t result_digest = 0;
};

/// An entry stands in this node's log (written, not yet necessarily durable).
struct Appended {
  GroupId group{};
  std::uint64_t index = 0;
  std::uint64_t term = 0;
  std::uint64_t entry_digest = 0;
};

/// Entries from `index` on were removed from this node's log.
struct Truncated {
  GroupId group{};
  std::uint64_t index = 0;
};

/// A snapshot up to `index` replaced this node's state machine.
struct Installed {
  GroupId group{};
  std::uint64_t index = 0;
  std::uint64_t term = 0;
  std::uint64_t state_digest = 0;
};

/// The log up to `index` was replaced by a snapshot of this node's own state machine.
struct Compacted {
  GroupId group{};
  std::uint64_t index = 0;
  std::uint64_t term = 0;
  std::uint64_t state_digest = 0;
};

/// The group's configuration is now the one of the entry at `index` (0: the initial members), be it
/// committed or not; or that of the snapshot up to `index`. Sets of nodes: bit k stands for node k,
/// so node numbers are below 64.
struct Configured {
  GroupId group{};
  std::uint64_t index = 0;
  std::uint64_t term = 0;      ///< of that entry
  std::uint64_t voters = 0;    ///< of the new configuration
  std::uint64_t outgoing = 0;  ///< voters of the old one, in a joint configuration
  std::uint64_t learners = 0;
};

/// A read-only request was answered from the state after `index`, without an entry in the log.
struct Served {
  GroupId group{};
  std::uint64_t client = 0;
  std::uint64_t sequence = 0;
  std::uint64_t index = 0;
  std::uint32_t level = 0;  ///< how, in the protocol's own numbering
};

/// A protocol's own event that a coverage floor counts; `kind` is chosen by the protocol.
struct Reached {
  GroupId group{};
  std::uint32_t kind = 0;
};

using Claim = std::variant<Leads, Follows, Committed, Applied, Appended, Truncated, Installed,
                           Compacted, Reached, Configured, Served>;

/// Folds a claim's kind and all its fields.
void fold(statemachine::Fold& digest, const Claim& claim);

}  // namespace lockstep::transport
