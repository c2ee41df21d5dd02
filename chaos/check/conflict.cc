#include "chaos/check/conflict.h"

#include <algorithm>

namespace lockstep::chaos {
namespace {

class Order {
 public:
  Order(Transitions& transitions, const std::vector<Item>& items,
        const std::vector<std::uint32_t>& order)
      : transitions_(transitions), items_(items), order_(order), states_(order.size() + 1) {
    settle(0);
  }

  std::uint64_t steps() const { return steps_; }

  /// The last item in the order that stands there against what the history says.
  std::optional<std::uint32_t> misplaced() {
    std::optional<std::uint32_t> found;
    std::uint64_t latest_invocation = 0;
    for (std::size_t at = 0; at < order_.size(); ++at) {
      const Item& item = items_[order_[at]];
      const bool is_late = item.returned < latest_invocation;
      if (is_late || !fits(item, states_[at])) found = order_[at];
      latest_invocation = std::max(latest_invocation, item.invoked);
    }
    return found;
  }

  /// Puts the item where it changes no result; false if there is no such place.
  bool insert(std::uint32_t added) {
    const Item& item = items_[added];
    std::size_t end = 0;
    while (end < order_.size() && items_[order_[end]].invoked < item.returned) ++end;
    for (std::size_t at = end + 1; at-- > 0;) {
      if (can_stand(item, at)) {
        order_.insert(order_.begin() + static_cast<std::ptrdiff_t>(at), added);
        states_.insert(states_.begin() + static_cast<std::ptrdiff_t>(at), states_[at]);
        settle(at);
        return true;
      }
      if (at > 0 && items_[order_[at - 1]].returned < item.invoked) return false;
    }
    return false;
  }

 private:
  Transitions::Step step(Transitions::Id state, const Item& item) {
    ++steps_;
    return transitions_.step(state, item.command);
  }

  bool fits(const Item& item, Transitions::Id state) {
    return item.result == Item::kAnyResult || step(state, item).result == item.result;
  }

  bool can_stand(const Item& item, std::size_t at) {
    if (!fits(item, states_[at])) return false;
    Transitions::Id state = step(states_[at], item).next;
    for (; at < order_.size() && state != states_[at]; ++at) {
      const Item& next = items_[order_[at]];
      if (!fits(next, state)) return false;
      state = step(state, next).next;
    }
    return true;
  }

  /// Computes the states from this place on.
  void settle(std::size_t at) {
    for (bool is_new = true; at < order_.size() && is_new; ++at) {
      const Transitions::Id next = step(states_[at], items_[order_[at]]).next;
      is_new = !is_settled_ || states_[at + 1] != next;
      states_[at + 1] = next;
    }
    is_settled_ = true;
  }

  Transitions& transitions_;
  const std::vector<Item>& items_;
  std::vector<std::uint32_t> order_;
  std::vector<Transitions::Id> states_;  // Before each item of the order, and after the last.
  bool is_settled_ = false;
  std::uint64_t steps_ = 0;
};

std::vector<std::uint32_t> left_out(const std::vector<Item>& items,
                                    const std::vector<std::uint32_t>& order) {
  std::vector<std::uint8_t> is_placed(items.size());
  for (const std::uint32_t item : order) is_placed[item] = 1;
  std::vector<std::uint32_t> others;
  for (std::uint32_t item = 0; item < items.size(); ++item) {
    if (is_placed[item] == 0 && !items[item].is_optional()) others.push_back(item);
  }
  std::sort(others.begin(), others.end(), [&](std::uint32_t a, std::uint32_t b) {
    return items[a].returned > items[b].returned;
  });
  return others;
}

}  // namespace

std::optional<std::uint32_t> find_conflict(Transitions& transitions, const std::vector<Item>& items,
                                           const std::vector<std::uint32_t>& order,
                                           Effort& effort) {
  const std::uint64_t work_before = transitions.work();
  Order full(transitions, items, order);
  const auto spent = [&] { return full.steps() + transitions.work() - work_before; };
  std::optional<std::uint32_t> conflict = full.misplaced();
  if (!conflict) {
    for (const std::uint32_t item : left_out(items, order)) {
      if (spent() >= effort.steps) break;
      if (full.insert(item)) continue;
      conflict = item;
      break;
    }
  }
  effort.steps -= std::min(effort.steps, spent());
  return conflict;
}

}  // namespace lockstep::chaos
