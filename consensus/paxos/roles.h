// The acceptor and the proposer of one instance of Paxos, without messages or disks: Paxos Made
// Simple §2.2. Both are plain values; paxos.cc lets them talk.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "consensus/asker.h"
#include "consensus/paxos/ballot.h"
#include "consensus/quorum.h"

namespace lockstep::consensus::paxos {

/// How many acceptors have to answer. Any prepare quorum and any accept quorum share an acceptor if
/// prepare + accept > nodes (Howard, Malkhi, Spiegelman: Flexible Paxos, OPODIS 2016).
struct Quorums {
  std::size_t prepare = 0;
  std::size_t accept = 0;
};

/// Quorums for so many nodes: those asked for, at most all nodes; 0 stands for a majority of
/// accepts, and for as many promises as meet every accept quorum.
constexpr Quorums quorums_of(std::size_t nodes, std::size_t prepare, std::size_t accept) {
  const std::size_t accepts = accept == 0 ? majority_of(nodes) : std::min(accept, nodes);
  return {prepare == 0 ? nodes + 1 - accepts : std::min(prepare, nodes), accepts};
}

/// An acceptor's whole memory, which must survive crashes.
struct Acceptor {
  Ballot promised{};
  Ballot accepted{};  // 0 if it accepted nothing yet.
  std::string value;  // Accepted in that ballot.

  /// Phase 1b. False, and nothing changed, if this ballot or a higher one was promised.
  bool promise(Ballot ballot);

  /// Phase 2b. False, and nothing changed, if a higher ballot was promised.
  bool accept(Ballot ballot, std::string_view proposed);
};

/// An attempt to get a value chosen, and who waits for it.
struct Proposer {
  enum class Phase : std::uint8_t { Idle, Preparing, Accepting };

  std::vector<Asker> askers;
  std::string own_value;  // To be proposed if nothing is accepted yet.
  std::uint32_t attempts = 0;

  Phase phase = Phase::Idle;
  Ballot ballot{};
  Ballot seen{};      // The highest ballot that it heard of.
  Votes voters;       // Of this phase.
  Ballot highest{};   // Among what the promises reported; 0 if no acceptor accepted anything,
  std::string value;  // and the value that goes with it: the one to propose.

  /// Phase 1a. Requires: `next` is above all that it used before.
  void begin(Ballot next);

  /// An acceptor promised this ballot, and reports what it accepted last.
  void promised(NodeId acceptor, Ballot accepted, std::string_view reported);
};

}  // namespace lockstep::consensus::paxos
