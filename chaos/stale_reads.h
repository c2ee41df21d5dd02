// Reads whose answers may be stale by a bound, for a checker of linearizability: such a read may
// show any state from that long before it was asked for until it was answered. So it counts as if
// it had been asked for earlier.
#pragma once

#include <map>
#include <string>

#include "chaos/check/history.h"
#include "transport/time.h"

namespace lockstep::chaos {

/// The history with the reads of these levels moved to an earlier invocation, by so much. Every
/// event keeps a place of its own, and operations stay ordered by invocation.
History asked_earlier(History history,
                      const std::map<std::string, transport::Duration>& staleness_of_levels);

}  // namespace lockstep::chaos
