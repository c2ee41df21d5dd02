// Is a history linearizable: could each operation have taken effect in one instant between its
// invocation and its return (Herlihy and Wing 1990)?
//
// The answer is yes with an order that shows it, no with a small witness, or unknown when the
// budget ran out. The budget counts steps and bytes, never time, so the answer is the same on every
// machine.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "chaos/check/history.h"

namespace lockstep::chaos {

struct CheckOptions {
  std::uint64_t steps = 5'000'000;          // Commands tried and sets compared, to find the answer.
  std::uint64_t bytes = 512ull << 20;       // Memory of the search, at any one time.
  std::uint64_t witness_steps = 5'000'000;  // To make the witness of a violation small.
  bool by_key = true;  // Check each key on its own, where the machine has keys.
};

/// Linearizable. `order` holds indices of operations: applied in this order, the machine returns
/// every known result, and no operation stands before one that had returned before it began.
/// Indeterminate operations that were not needed and reads without a known result are missing.
struct Holds {
  std::vector<std::size_t> order;
};

/// What is known of the events up to one of them.
struct Before {
  std::uint64_t event = 0;
  std::size_t operations = 0;  // That returned by then.

  /// Snapshots that their orders leave; of many, only some. Operations still open at the event may
  /// then have taken effect as well.
  std::vector<std::string> states;
};

/// Not linearizable. All numbers of operations are indices into the history.
struct Violation {
  std::optional<std::string> key;  // The part of the state where it shows, if there are parts.

  /// Operations, by invocation, that have no linearization among themselves, whatever any other
  /// operations do: each of the `left_out` others may even take effect at any time after its
  /// invocation, or never, and may return anything. If there is a `before`, then the operations
  /// that returned up to its event count neither as core nor as left out: they are as the history
  /// has them.
  std::vector<std::size_t> core;
  std::size_t left_out = 0;
  std::optional<Before> before;
  bool is_minimal = false;  // None can be left out of the core; false if the budget ended first.

  /// How far the longest attempt came: it placed these operations (of the core and of the ones left
  /// out, of which it needs the `supporting`) in this order, and then `blocked` had returned but
  /// fitted nowhere. `states` are the snapshots in which attempts with these alone got that far.
  std::vector<std::size_t> longest_order;
  std::vector<std::size_t> supporting;
  std::size_t blocked = 0;
  std::vector<std::string> states;
};

/// The budget was used up.
struct Unknown {
  std::optional<std::string> key;  // The first part without an answer.
  std::string reason;
};

struct Verdict {
  std::variant<Holds, Violation, Unknown> answer;
  std::uint64_t steps = 0;  // Spent in finding it.

  bool holds() const { return std::holds_alternative<Holds>(answer); }
  const Violation* violation() const { return std::get_if<Violation>(&answer); }
  bool is_unknown() const { return std::holds_alternative<Unknown>(answer); }
};

/// Requires: the history has a machine, and no two of its events have the same place.
Verdict check_linearizability(const History& history, const CheckOptions& options = {});

}  // namespace lockstep::chaos
