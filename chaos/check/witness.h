// Makes the evidence for a violation small enough to read.
//
// Leaving an operation out of a history can create a violation (a read without its write), so the
// witness never simply drops one. It *relaxes* it: the operation may then take effect at any time
// after its invocation, or never, and may have returned anything. Whatever still has no
// linearization is a fault of the operations that were not relaxed.
#pragma once

#include <cstdint>

#include "chaos/check/linearizability.h"
#include "chaos/check/partition.h"

namespace lockstep::chaos {

/// The witness for a part that has no linearization. It begins with the shortest prefix of the
/// events that has none, which ends at `blocked_return` at the earliest, and then relaxes as many
/// operations as it can within `effort`. Requires: a search refuted the part.
Violation find_witness(Part& part, std::uint64_t blocked_return, Effort& effort);

}  // namespace lockstep::chaos
