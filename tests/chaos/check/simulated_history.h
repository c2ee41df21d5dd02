// Histories for tests, made by really running a machine: each operation takes effect at a moment
// inside its interval, so the history is linearizable until a test spoils it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "chaos/check/history.h"

namespace lockstep::chaos {

/// A stream of numbers that depends on its seed alone.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed) {}

  /// From 0 to `sides` - 1.
  std::uint64_t roll(std::uint64_t sides);

 private:
  std::uint64_t state_;
};

/// What the simulated system does wrong, once, at the first operation where it shows.
enum class Fault : std::uint8_t {
  None,
  StaleRead,     // A read sees the state as it was some operations ago.
  LostWrite,     // A command returns as if it had changed the state, which it did not.
  AppliedTwice,  // An append takes effect a second time.
  FalseSwap,     // A compare-and-set overwrites another value than it expected.
};

struct Recipe {
  std::string_view machine = "kv";
  std::uint64_t operations = 8;
  std::uint64_t clients = 3;
  std::uint64_t keys = 2;
  std::uint64_t values = 3;
  std::uint64_t lost_in_1000 = 100;     // Operations that never return.
  std::uint64_t unknown_in_1000 = 100;  // Operations that return without a known result.
  bool unique_values = false;
  bool only_appends = false;  // kv: besides reads.
  Fault fault = Fault::None;
  std::uint64_t fault_after = 0;  // Operations that took effect.
};

/// A linearizable history; clients go on as other processes after an operation without a return.
History simulate(const Recipe& recipe, std::uint64_t seed);

/// Gives a read the result of another read, or of the beginning or the end; the history is often no
/// longer linearizable.
void spoil(History& history, std::uint64_t seed);

}  // namespace lockstep::chaos
