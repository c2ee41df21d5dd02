#include "chaos/check/witness.h"

#include <algorithm>
#include <utility>

namespace lockstep::chaos {
namespace {

void relax(Item& item) {
  item.returned = Item::kNever;
  item.result = Item::kAnyResult;
}

class Minimizer {
 public:
  Minimizer(Part& part, Effort& effort) : part_(part), effort_(effort), items_(part.items) {}

  void cut_after_shortest_prefix(std::uint64_t blocked_return) {
    std::vector<std::uint64_t> returns;
    for (const Item& item : part_.items) {
      const bool may_end = !item.is_optional() && item.returned >= blocked_return;
      if (may_end) returns.push_back(item.returned);
    }
    std::sort(returns.begin(), returns.end());
    // A prefix of a linearizable history is linearizable, so the refuted ones are the longer ones.
    // Most often the first already is, and it is always worth a look.
    std::size_t low = 0;
    std::size_t high = returns.size() - 1;
    if (is_refuted(prefix(returns[low]))) high = low;
    while (low < high) {
      const std::size_t middle = low + (high - low) / 2;
      if (is_refuted(prefix(returns[middle]))) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    items_ = prefix(returns[high]);
  }

  /// Relaxes runs of operations, ever smaller ones, and at last each on its own. First those that
  /// change nothing, since without them the search gets no harder.
  void relax_all_but_core() {
    is_minimal_ = true;
    relax_runs(true);
    relax_runs(false);
    // One removal can make another possible.
    for (bool again = is_minimal_; again && effort_.steps > 0;) {
      again = false;
      for (std::size_t at = 0; at < items_.size(); ++at) {
        again = relax_run(at, 1, items_[at].is_observer) || again;
      }
    }
    is_minimal_ = is_minimal_ && effort_.steps > 0;
  }

  bool is_minimal() const { return is_minimal_; }
  const std::vector<Item>& items() const { return items_; }

 private:
  std::vector<Item> prefix(std::uint64_t last_event) const {
    std::vector<Item> items;
    for (const Item& item : part_.items) {
      if (item.invoked > last_event) continue;
      items.push_back(item);
      if (item.returned > last_event) relax(items.back());
    }
    return items;
  }

  void relax_runs(bool observers) {
    for (std::size_t size = items_.size(); size > 0 && effort_.steps > 0; size /= 2) {
      for (std::size_t begin = 0; begin < items_.size(); begin += size) {
        relax_run(begin, size, observers);
      }
    }
  }

  bool relax_run(std::size_t begin, std::size_t size, bool observers) {
    std::vector<Item> tried = items_;
    bool is_different = false;
    for (std::size_t at = begin; at < std::min(begin + size, tried.size()); ++at) {
      if (tried[at].is_optional() || tried[at].is_observer != observers) continue;
      is_different = true;
      relax(tried[at]);
    }
    if (!is_different || !is_refuted(tried)) return false;
    items_ = std::move(tried);
    return true;
  }

  bool is_refuted(const std::vector<Item>& items) {
    // One hard attempt must not use up what many easy ones could do with.
    const std::uint64_t given = effort_.steps / kShares;
    Effort attempt{given, effort_.bytes};
    const Outcome outcome = Search(part_.transitions, items).run(attempt);
    effort_.steps -= given - attempt.steps;
    if (outcome == Outcome::OutOfBudget) is_minimal_ = false;
    return outcome == Outcome::Refuted;
  }

  static constexpr std::uint64_t kShares = 64;

  Part& part_;
  Effort& effort_;
  std::vector<Item> items_;
  bool is_minimal_ = false;
};

}  // namespace

Violation find_witness(Part& part, std::uint64_t blocked_return, Effort& effort) {
  Minimizer minimizer(part, effort);
  minimizer.cut_after_shortest_prefix(blocked_return);
  minimizer.relax_all_but_core();
  const std::vector<Item>& items = minimizer.items();

  Violation violation;
  violation.key = part.key;
  violation.is_minimal = minimizer.is_minimal();
  for (const Item& item : items) {
    if (!item.is_optional()) violation.core.push_back(item.operation);
  }
  violation.left_out = items.size() - violation.core.size();

  Search search(part.transitions, items);
  Effort unlimited{Item::kNever, Item::kNever};
  search.run(unlimited);
  for (const std::uint32_t item : search.longest_order()) {
    violation.longest_order.push_back(items[item].operation);
  }
  for (const Item& item : items) {
    if (item.returned == search.blocked_return()) violation.blocked = item.operation;
  }
  for (const Transitions::Id state : search.blocked_states()) {
    violation.states.push_back(part.transitions.snapshot(state));
  }
  return violation;
}

}  // namespace lockstep::chaos
