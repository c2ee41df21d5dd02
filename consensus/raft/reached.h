// What a Raft run may reach, for coverage floors: the kinds of its `Reached` claims.
#pragma once

#include <cstdint>

namespace lockstep::consensus {

enum class RaftReach : std::uint32_t {
  LogRead,     ///< a read was answered through the log
  IndexRead,   ///< after a round of confirmation, by the leader
  LeaseRead,   ///< by the leader's lease
  FollowerRead,
  LocalRead,
  Transfer,      ///< a server leads because the last leader asked it to
  PreVoteLost,   ///< a pre-vote was not won, so no term was spent on it
  CheckQuorum,   ///< a leader stepped down because no quorum answered
  ConfigurationCommitted,
  SnapshotResumed,  ///< a transfer went on where an earlier one was cut off
};

}  // namespace lockstep::consensus
