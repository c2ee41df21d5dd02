// Is a history causally consistent: does everybody see writes after the writes that they depend on?
//
// One operation depends on another if it came later in the same session, or read its value, or
// depends on something that depends on it (Lamport's happens-before, with reading for receiving).
// For differentiated histories the question is easy: a history is causally consistent exactly if
// it has none of four patterns, and convergent as well (all sessions agree on one order of
// concurrent writes) if it has none of five (Bouajjani, Enea, Guerraoui, Hamza: "On Verifying
// Causal Consistency", POPL 2017, Table 2, whose names these are).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "chaos/check/history.h"
#include "chaos/check/linearizability.h"

namespace lockstep::chaos {

enum class CausalPattern : std::uint8_t {
  CyclicCO,         ///< operations depend on each other in a circle
  WriteCOInitRead,  ///< a read depends on a write of its object, but saw that nobody had written
  ThinAirRead,      ///< a read saw what nobody wrote
  WriteCORead,      ///< a read saw a write although it depends on one that replaced it
  CyclicCF,         ///< sessions disagree about which of two writes came last
};

/// The pattern's name in the paper.
std::string_view name_of(CausalPattern pattern);

/// Each step depends on the one before; the operations are indices into the history.
struct CausalViolation {
  CausalPattern pattern{};
  std::vector<std::size_t> chain;
};

struct CausalHolds {};

using CausalVerdict = std::variant<CausalHolds, CausalViolation, Unknown>;

/// With `convergent` the fifth pattern counts as well. Unknown for histories that are not
/// differentiated, and machines that have no reads and writes. An operation that never returned may
/// have taken effect at any later time: nothing depends on it but who read its value.
/// Cost: operations times sessions.
CausalVerdict check_causal(const History& history, bool convergent = false);

/// The violation for people, on several lines.
std::string describe(const CausalViolation& violation, const History& history);

}  // namespace lockstep::chaos
