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

/// This node, as the process that its incarnation names, is in a view from now on: these members
/// (bit k stands for node k), of whom those in `transitional` come from the same view as itself.
/// What it claims later, up to its next view, happens in this one. A node that was excluded comes
/// back as another process: with a higher incarnation.
struct ViewInstalled {
  GroupId group{};
  std::uint64_t view = 0;
  std::uint64_t members = 0;
  std::uint64_t transitional = 0;
  std::uint64_t incarnation = 0;
};

/// This node sends its message number `number` (from 1 in each view) to the members of its view.
struct Multicast {
  GroupId group{};
  std::uint64_t view = 0;
  std::uint64_t number = 0;
  std::uint64_t digest = 0;  ///< of what is sent
};

/// The application of this node gets the message that `sender` sent as its `number`th in `view`.
struct GroupDelivered {
  GroupId group{};
  std::uint64_t view = 0;
  std::uint64_t sender = 0;
  std::uint64_t number = 0;
  std::uint64_t digest = 0;
};

/// This node knows that every member of `view` holds that message and will deliver it or fail.
struct SafeIndicated {
  GroupId group{};
  std::uint64_t view = 0;
  std::uint64_t sender = 0;
  std::uint64_t number = 0;
};

using Claim = std::variant<Leads, Follows, Committed, Applied, Appended, Truncated, Installed,
                           Compacted, Reached, Configured, Served, ViewInstalled, Multicast,
                           GroupDelivered, SafeIndicated>;

/// Folds a claim's kind and all its fields.
void fold(statemachine::Fold& digest, const Claim& claim);

}  // namespace lockstep::transport
