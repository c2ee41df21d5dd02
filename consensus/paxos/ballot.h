// Ballots: the numbers of attempts to get a value chosen (Paxos Made Simple calls them proposal
// numbers). They are totally ordered, and no two nodes ever use the same one.
//
// A ballot is a round and, in its last digits, the node that proposes in it.
#pragma once

#include <fmt/core.h>

#include <cstdint>
#include <string>

#include "transport/identity.h"

namespace lockstep::consensus::paxos {

/// Ballot 0 stands before all others, and nobody proposes in it.
enum class Ballot : std::uint64_t {};

/// Node numbers are below this.
inline constexpr std::uint64_t kBallotNodes = 64;

constexpr std::uint64_t number(Ballot ballot) { return static_cast<std::uint64_t>(ballot); }
constexpr std::uint64_t round_of(Ballot ballot) { return number(ballot) / kBallotNodes; }

/// Whose ballot it is. Requires: it is not ballot 0.
constexpr transport::NodeId proposer_of(Ballot ballot) {
  return transport::NodeId{static_cast<std::uint32_t>(number(ballot) % kBallotNodes)};
}

/// The first ballot of `node` that is above `seen`, whoever used that.
constexpr Ballot above(Ballot seen, transport::NodeId node) {
  return Ballot{(round_of(seen) + 1) * kBallotNodes + transport::number(node)};
}

/// As in "3.2": round 3 of node 2.
inline std::string to_string(Ballot ballot) {
  return fmt::format("{}.{}", round_of(ballot), number(ballot) % kBallotNodes);
}

}  // namespace lockstep::consensus::paxos
