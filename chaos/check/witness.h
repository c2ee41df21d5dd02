// Makes the evidence for a violation small enough to read.
//
// First it looks for a few operations that contradict each other whatever all others do: it begins
// with the operation that fits nowhere and adds one that contradicts the order found so far, until
// there is no order (trials.h says what the others may do meanwhile). Where that search is too hard
// (hundreds of appends in any order), it settles for what happened last: every order of the earlier
// operations leaves one of a few states, and from none of them can the few last ones go on.
#pragma once

#include <cstdint>

#include "chaos/check/linearizability.h"
#include "chaos/check/partition.h"

namespace lockstep::chaos {

/// The witness for a part that has no linearization, within the shortest prefix of the events that
/// has none, which ends at `blocked_return` at the earliest. The smaller the `effort`, the larger
/// it may be. Requires: a search refuted the part.
Violation find_witness(Part& part, std::uint64_t blocked_return, Effort& effort);

}  // namespace lockstep::chaos
