// Is a history sequentially consistent, with the log that the system made as its witness?
//
// Sequential consistency (Lamport, "How to Make a Multiprocessor Computer That Correctly Executes
// Multiprocess Programs", 1979): the results are those of some one order of all operations in which
// each client's come as it issued them. To find such an order is hard; to check one that a system
// offers is a replay. Real time does not count: a client may see the past, as long as it is one
// past.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "chaos/check/history.h"

namespace lockstep::chaos {

struct WitnessViolation {
  enum class Kind : std::uint8_t {
    Missing,     ///< an operation that returned is not in the order
    Repeated,    ///< an operation stands in it twice
    OutOfTurn,   ///< a client's operation stands before one that it had issued earlier
    WrongResult  ///< replayed in this order, the machine returns something else
  };
  Kind kind{};
  std::size_t operation = 0;             ///< by index into the history
  std::optional<std::size_t> earlier{};  ///< OutOfTurn: the one that it overtook
  std::string expected{};                ///< WrongResult: what the machine returns
};

/// What is wrong with `order`, which has indices of operations, as a sequential witness; nothing if
/// it is one. Operations that never returned may be in it or not. Requires: the indices are below
/// the number of operations.
std::optional<WitnessViolation> check_sequential(const History& history,
                                                 const std::vector<std::size_t>& order);

/// The violation for people, on one or two lines.
std::string describe(const WitnessViolation& violation, const History& history);

}  // namespace lockstep::chaos
