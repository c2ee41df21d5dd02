// What a run of virtual synchrony may reach, for coverage: the kinds of its `Reached` claims.
#pragma once

#include <cstdint>

namespace lockstep::consensus {

enum class GroupReach : std::uint32_t {
  ViewChange,        ///< a view after the first was installed, counted by its coordinator
  Flushed,           ///< a message was delivered in the act of leaving its view
  FlushRestarted,    ///< a coordinator began anew, or another took over
  Reproposed,        ///< a view that an earlier coordinator had proposed was proposed again
  Excluded,          ///< a process that lives was left out of a view, and knows it
  StateTransferred,  ///< a process that joined got its state
  Merged,            ///< a view has members of several views
  SafeDelivery,
  LocalRead,
};

}  // namespace lockstep::consensus
