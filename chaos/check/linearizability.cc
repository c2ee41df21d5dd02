#include "chaos/check/linearizability.h"

#include <utility>

#include "chaos/check/partition.h"
#include "chaos/check/witness.h"

namespace lockstep::chaos {
namespace {

std::string reason(const Effort& left) {
  return left.steps == 0 ? "the budget of steps was used up" : "the budget of bytes was used up";
}

}  // namespace

Verdict check_linearizability(const History& history, const CheckOptions& options) {
  std::vector<Part> parts = take_apart(history, options.by_key);
  std::vector<std::vector<std::uint32_t>> orders;
  std::optional<Unknown> unknown;
  std::uint64_t left = options.steps;
  for (std::size_t at = 0; at < parts.size(); ++at) {
    Part& part = parts[at];
    // An equal share of what is left, so that one hard part does not starve the others.
    const std::uint64_t share = left / (parts.size() - at);
    Effort effort{share, options.bytes};
    Search search(part.transitions, part.items);
    const Outcome outcome = search.run(effort);
    left -= share - effort.steps;
    if (outcome == Outcome::Refuted) {
      Effort witness_effort{options.witness_steps, options.bytes};
      return {find_witness(part, search.blocked_return(), witness_effort), options.steps - left};
    }
    if (outcome == Outcome::OutOfBudget && !unknown) unknown = Unknown{part.key, reason(effort)};
    orders.push_back(search.order());
  }
  if (unknown) return {*std::move(unknown), options.steps - left};
  return {Holds{merge_orders(parts, orders)}, options.steps - left};
}

}  // namespace lockstep::chaos
