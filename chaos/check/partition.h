// A history taken apart into what can be checked on its own.
//
// Linearizability is local (Herlihy and Wing 1990, §3.1): a history is linearizable exactly when
// its part for each object is. The machine says which commands touch which object.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "chaos/check/history.h"
#include "chaos/check/search.h"
#include "chaos/check/transitions.h"

namespace lockstep::chaos {

struct Part {
  std::optional<std::string> key;  // As the machine names it; nothing for an undivided history.
  Transitions transitions;         // From the initial state.
  std::vector<Item> items;         // By invocation; without operations that constrain nothing.
};

/// The parts in order of their keys. The history stays whole when `by_key` is false or when the
/// machine cannot say of every command where it belongs.
std::vector<Part> take_apart(const History& history, bool by_key);

/// The operations of all parts in one order that respects real time. `orders` holds a linearization
/// of each part, as Search gives it.
std::vector<std::size_t> merge_orders(const std::vector<Part>& parts,
                                      const std::vector<std::vector<std::uint32_t>>& orders);

}  // namespace lockstep::chaos
