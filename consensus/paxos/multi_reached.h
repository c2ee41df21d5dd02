// What a run of Multi-Paxos may reach, for coverage floors: the kinds of its `Reached` claims.
#pragma once

#include <cstdint>

namespace lockstep::consensus {

enum class MultiPaxosReach : std::uint32_t {
  LogRead,         ///< a read was answered through the log
  LeaseRead,       ///< by the leader's lease
  QuorumRead,      ///< by any node, after a quorum told how far it voted
  Recovered,       ///< a leader proposed again what an earlier ballot left behind
  HoleFilled,      ///< it filled a hole with a no-op
  LeaderCaughtUp,  ///< it first had to learn what others had already compacted
  CaughtUp,        ///< chosen slots were sent to somebody who had missed them
  Transfer,        ///< a node leads because the last leader asked it to
  Alone,           ///< a leader stepped down because no quorum answered
};

}  // namespace lockstep::consensus
