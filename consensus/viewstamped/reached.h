// What a run may reach, for coverage floors: the kinds of its `Reached` claims.
#pragma once

#include <cstdint>

namespace lockstep::consensus {

enum class ViewstampedReach : std::uint32_t {
  ViewChange,  ///< a primary began a view with the best of a quorum's logs
  Recovery,    ///< a replica that had lost its state has it again (§4.3)
  StateTransfer,
  MissedView,  ///< a replica learnt of a view when it had begun
  LogRead,
  LeaseRead,
  OutdatedVote,  ///< a STARTVIEWCHANGE of somebody who has forgotten it was dropped
  EpochBegun,    ///< a replica takes part in a later epoch
};

}  // namespace lockstep::consensus
