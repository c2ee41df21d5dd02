// A state machine as a table: (state, command) -> (state, result), over small numbers.
//
// A search for a linearization tries the same command in the same state many times. The machine
// itself runs once for each such pair; commands, results and states are numbered, and two states
// have the same number exactly when their snapshots are equal, byte for byte.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "chaos/check/index_table.h"
#include "statemachine/any_machine.h"

namespace lockstep::chaos {

class Transitions {
 public:
  using Id = std::uint32_t;

  struct Step {
    Id next = 0;
    Id result = 0;
  };

  static constexpr Id kInitialState = 0;

  /// Begins with the state of `initial`.
  explicit Transitions(statemachine::AnyMachine initial);

  Id command(std::string_view bytes) { return number_of(bytes, command_ids_); }
  Id result(std::string_view bytes) { return number_of(bytes, result_ids_); }

  /// What the command does in the state. Requires: both were numbered by this table.
  Step step(Id state, Id command);

  const std::string& snapshot(Id state) const { return *states_[state].snapshot; }

  /// How much running the machine has cost so far, in steps of a search: a new transition costs far
  /// more than a known one, and large states more than small ones.
  std::uint64_t work() const { return work_; }

  /// About how much memory the table takes.
  std::size_t bytes() const { return bytes_; }

 private:
  using Ids = std::map<std::string, Id, std::less<>>;

  struct State {
    statemachine::AnyMachine machine;
    const std::string* snapshot;
  };

  struct Known {
    Id state = 0;
    Id command = 0;
    Step step;
  };

  Id number_of(std::string_view bytes, Ids& ids);
  Id number_of_state(statemachine::AnyMachine machine);
  Step execute(Id state, Id command);

  Ids command_ids_;
  Ids result_ids_;
  Ids state_ids_;
  std::vector<const std::string*> commands_;
  std::vector<State> states_;
  std::vector<Known> known_;
  IndexTable known_table_;
  std::size_t bytes_ = 0;
  std::uint64_t work_ = 0;
};

}  // namespace lockstep::chaos
