// What a run of Paxos may reach, for coverage floors: the kinds of its `Reached` claims.
#pragma once

#include <cstdint>

namespace lockstep::consensus {

enum class PaxosReach : std::uint32_t {
  Decision,   ///< a proposer learnt that its ballot's value is chosen
  Adopted,    ///< it proposed somebody else's value, because an acceptor had accepted it
  Preempted,  ///< its ballot was refused for a higher one
  Repeated,   ///< it tried again because answers were missing
};

}  // namespace lockstep::consensus
