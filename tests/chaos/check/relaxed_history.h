// What a witness claims, as a history of its own: the operations of the core as they were, and all
// others at liberty. If the claim is true, this history is not linearizable either.
#pragma once

#include <algorithm>

#include "chaos/check/linearizability.h"

namespace lockstep::chaos {

inline bool is_held(const History& history, const Violation& violation, std::size_t index) {
  const Operation& operation = history.operations[index];
  if (std::binary_search(violation.core.begin(), violation.core.end(), index)) return true;
  const bool is_here =
      !violation.key || history.machine->partition(operation.command) == violation.key;
  return is_here && violation.before && operation.returned &&
         *operation.returned <= violation.before->event;
}

inline History relaxed(const History& history, const Violation& violation) {
  std::uint64_t end = 0;
  for (const std::size_t index : violation.core) {
    end = std::max(end, *history.operations[index].returned);
  }
  History relaxed{history.machine, {}};
  for (std::size_t at = 0; at < history.operations.size(); ++at) {
    Operation operation = history.operations[at];
    if (operation.invoked > end) continue;
    if (!is_held(history, violation, at)) {
      operation.returned.reset();
      operation.result.reset();
    }
    relaxed.operations.push_back(operation);
  }
  return relaxed;
}

}  // namespace lockstep::chaos
