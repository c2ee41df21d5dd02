// A history as reads and writes of objects, with the write that each read saw.
//
// That is known when no value is written twice to one object: such a history is called
// differentiated, and the workloads of ours are (Bouajjani, Enea, Guerraoui, Hamza: "On Verifying
// Causal Consistency", POPL 2017, §2).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "chaos/check/history.h"

namespace lockstep::chaos {

/// What one operation did to its object. A compare-and-set that succeeded reads and writes.
struct Access {
  std::size_t operation = 0;  ///< index into the history
  std::uint64_t process = 0;
  std::string object;  ///< the key; empty for a register
  bool reads = false;
  bool writes = false;
  bool returned = false;
  /// The access whose value it read; nothing if it read that nobody had written.
  std::optional<std::size_t> source;
};

/// A read of a value that nobody wrote.
struct ThinAirRead {
  std::size_t operation = 0;
};

/// Why a history cannot be read in this way, for people.
struct NotDifferentiated {
  std::string reason;
};

/// The accesses by invocation. Left out: reads without a known result, and what changed nothing and
/// says nothing of the state. Machines: kv without appends, and register.
std::variant<std::vector<Access>, ThinAirRead, NotDifferentiated> accesses_of(
    const History& history);

}  // namespace lockstep::chaos
