// The durability ledger: what was acknowledged and is gone, and what was seen and is gone.
//
// It is read off the history alone: the last read of each object after the faults shows what
// survived. An acknowledged write is lost if what survived is certainly older than it; a write that
// nobody acknowledged is a phantom if a client saw it, and what survived is older. Losing
// acknowledged writes is what the recovery point objective of a replication set-up is about.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "chaos/check/history.h"
#include "chaos/check/linearizability.h"

namespace lockstep::chaos {

/// Numbers of operations are indices into the history, in ascending order.
struct Ledger {
  std::size_t acknowledged = 0;  ///< writes that returned, of objects that were read in the end
  std::vector<std::size_t> lost;
  std::vector<std::size_t> phantoms;
  /// From the acknowledgement of the oldest lost write to `fault`, in nanoseconds; 0 if none is
  /// lost, or it was acknowledged later.
  std::int64_t recovery_point = 0;
};

/// `fault` is when the fault struck, and `calm` the time from which on reads show what survived,
/// both in nanoseconds as the history has them. Unknown for histories that are not differentiated.
/// One write is older than another if it had returned before the other was invoked.
std::variant<Ledger, Unknown> durability_of(const History& history, std::int64_t fault,
                                            std::int64_t calm);

/// The ledger for people: counts, and each loss on a line of its own.
std::string describe(const Ledger& ledger, const History& history);

}  // namespace lockstep::chaos
