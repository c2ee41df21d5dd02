// The search for a linearization of one part of a history.
//
// Wing and Gong's search over the operations that may come next, with the memory of Lowe ("Testing
// for linearizability", 2017): what was tried from the same set of operations in the same state is
// not tried again. Sets and states are compared exactly; hashes only find them.
//
// Indeterminate operations are the costly ones, since each may take effect anywhere or never. They
// are tried last; equal ones are interchangeable, so only the earliest is tried; one that changes
// nothing is left out; and a configuration is also abandoned when the same one with fewer of them
// used up was seen, because whatever can still be done from here could be done from there. Nor is
// one tried that lets nothing follow that could not have followed without it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "chaos/check/index_table.h"
#include "chaos/check/transitions.h"

namespace lockstep::chaos {

/// One operation of a search.
struct Item {
  static constexpr std::uint64_t kNever = std::numeric_limits<std::uint64_t>::max();
  static constexpr Transitions::Id kAnyResult = std::numeric_limits<Transitions::Id>::max();

  std::uint64_t invoked = 0;
  std::uint64_t returned = kNever;
  Transitions::Id command = 0;
  Transitions::Id result = kAnyResult;
  bool is_observer = false;   // With this result it leaves the state as it is, whatever that is.
  bool is_read = false;       // It leaves every state as it is, with any result.
  bool overwrites = false;    // It has the same result and leaves the same state from any state.
  std::size_t operation = 0;  // Its index in the history.

  bool is_optional() const { return returned == kNever; }
};

/// What may still be spent. A search that runs out gives up, at the same point on every machine.
struct Effort {
  std::uint64_t steps = 0;
  std::uint64_t bytes = 0;  // At any one time.
};

enum class Outcome : std::uint8_t { Linearizable, Refuted, OutOfBudget };

class Search {
 public:
  /// Requires: `items` are ordered by invocation, and outlive the search like `transitions`.
  Search(Transitions& transitions, std::span<const Item> items);

  /// Runs to the end or until `effort` is used up; takes what it used from `effort.steps`.
  Outcome run(Effort& effort);

  /// The items in an order that explains every result; optional items may be missing.
  /// Requires: `run` returned Linearizable.
  const std::vector<std::uint32_t>& order() const { return trail_; }

  /// The first return that no attempt got past. Requires: `run` returned Refuted.
  std::uint64_t blocked_return() const { return furthest_; }

  /// How the first attempt to get as far as `blocked_return` ordered the items before it.
  const std::vector<std::uint32_t>& longest_order() const { return longest_order_; }

  /// The states in which attempts got as far as `blocked_return`, without repetition, in the order
  /// in which they were met; of many, only the first kStatesKept.
  const std::vector<Transitions::Id>& blocked_states() const { return blocked_states_; }

  static constexpr std::size_t kStatesKept = 16;

 private:
  static constexpr std::uint64_t kComparisonsPerStep = 16;  // They cost that much less.
  static constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();

  struct Frame {
    Transitions::Id state;      // Before the choice.
    std::uint32_t first_open;   // To go back to.
    std::uint32_t trail_size;   // To go back to.
    std::size_t choices_begin;  // Its choices are the last on the stack of choices.
    std::size_t next_choice;
  };

  struct Choice {
    std::uint32_t item;
    Transitions::Id next;
  };

  struct Visited {
    Transitions::Id state;
    std::size_t key_begin;
    std::size_t key_size;
    std::uint32_t first_taken;  // A list of the sets of optional items seen with it.
  };

  struct Taken {
    std::size_t begin;
    std::uint32_t next;
  };

  bool enter(Transitions::Id state);
  void absorb_observers(Transitions::Id state);
  void find_window();
  bool is_known(Transitions::Id state);
  bool is_dominated(std::uint32_t first_taken);
  std::uint32_t remember_taken(std::uint32_t next);
  void write_key();
  void note_progress(Transitions::Id state);
  void push_choices(Transitions::Id state);
  void push_optional_choices(Transitions::Id state);
  void find_candidates();
  bool is_worthwhile(Transitions::Id state, const Item& item);
  bool leads_to(Transitions::Id state, const Item& item, Transitions::Id next);
  bool has_use(Transitions::Id state, Transitions::Id next);
  void push_choice(Transitions::Id state, std::uint32_t item);
  void take(std::uint32_t item);
  void go_back(const Frame& frame);
  std::size_t bytes() const;

  Transitions& transitions_;
  std::span<const Item> items_;
  std::vector<std::uint32_t> required_;     // Items that must be placed, by invocation.
  std::vector<std::uint32_t> optional_;     // The others, by class, then by invocation.
  std::vector<std::uint32_t> class_begin_;  // Classes of equal optional items, and an end.
  std::vector<std::uint32_t> place_;        // Of each item, in required_ or in optional_.

  // The current configuration.
  std::vector<std::uint8_t> done_;           // By place in required_.
  std::vector<std::uint64_t> taken_;         // A bit for each place in optional_.
  std::vector<std::uint32_t> trail_;         // Items in the order in which they were placed.
  std::uint32_t first_open_ = 0;             // Every required item before it is placed.
  std::uint32_t window_end_ = 0;             // No required item from here on may come next.
  std::uint64_t min_return_ = Item::kNever;  // The first return of a required item not placed.

  bool is_after_optional_ = false;  // The last step was an optional item and nothing else,
  Transitions::Id before_ = 0;      // taken in this state.

  std::vector<Frame> frames_;
  std::vector<Choice> choices_;
  std::vector<std::uint32_t> candidates_;  // Optional items that may come next.
  IndexTable visited_table_;
  std::vector<Visited> visited_;
  std::vector<Taken> taken_lists_;
  std::vector<std::uint64_t> words_;  // Contents of keys and of sets of optional items.
  std::vector<std::uint64_t> key_;

  std::uint64_t steps_ = 0;
  std::uint64_t comparisons_ = 0;
  std::uint64_t furthest_ = 0;
  std::vector<std::uint32_t> longest_order_;
  std::vector<Transitions::Id> blocked_states_;
};

}  // namespace lockstep::chaos
