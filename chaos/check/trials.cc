#include "chaos/check/trials.h"

#include <algorithm>
#include <utility>

namespace lockstep::chaos {
namespace {

constexpr std::uint64_t kSharesOfRelease = 16;

// No machine's result has this number, so no operation that must return it ever fits.
constexpr Transitions::Id kImpossible = Item::kAnyResult - 1;

void relax(Item& item) {
  item.returned = Item::kNever;
  item.result = Item::kAnyResult;
}

}  // namespace

void Trials::cut_after(std::uint64_t last_event) {
  items_.clear();
  for (const Item& item : part_.items) {
    if (item.invoked > last_event) continue;
    items_.push_back(item);
    if (item.returned > last_event) relax(items_.back());
  }
}

Held Trials::all() const {
  Held held;
  for (const Item& item : items_) held.push_back(item.is_optional() ? 0 : 1);
  return held;
}

std::vector<Item> Trials::relaxed(const Held& held) const {
  std::vector<Item> items = items_;
  for (std::size_t at = 0; at < items.size(); ++at) {
    if (held[at] == 0) relax(items[at]);
  }
  return items;
}

Outcome Trials::attempt(const Held& held, std::uint64_t share, std::vector<std::uint32_t>* order) {
  const std::vector<Item> items = relaxed(held);
  const std::uint64_t given = effort_.steps / share;
  Effort attempt{given, effort_.bytes};
  Search search(part_.transitions, items);
  const Outcome outcome = search.run(attempt);
  effort_.steps -= given - attempt.steps;
  if (outcome == Outcome::Linearizable && order != nullptr) *order = search.order();
  return outcome;
}

bool Trials::release(Held& held, const std::vector<std::uint32_t>& released) {
  is_exhausted_ = false;
  for (std::size_t size = released.size(); size > 1 && effort_.steps > 0; size = (size + 1) / 2) {
    for (std::size_t begin = 0; begin < released.size(); begin += size) {
      release_run(held, released, begin, size);
    }
  }
  is_exhausted_ = false;
  // One release can make another possible.
  for (bool again = true; again && effort_.steps > 0;) {
    again = false;
    is_exhausted_ = false;
    for (std::size_t at = 0; at < released.size(); ++at) {
      again = release_run(held, released, at, 1) || again;
    }
  }
  return !is_exhausted_ && effort_.steps > 0;
}

bool Trials::release_run(Held& held, const std::vector<std::uint32_t>& released, std::size_t begin,
                         std::size_t size) {
  Held fewer = held;
  for (std::size_t at = begin; at < std::min(begin + size, released.size()); ++at) {
    fewer[released[at]] = 0;
  }
  if (fewer == held) return false;
  const Outcome outcome = attempt(fewer, kSharesOfRelease);
  if (outcome == Outcome::OutOfBudget) is_exhausted_ = true;
  if (outcome == Outcome::Refuted) held = std::move(fewer);
  return outcome == Outcome::Refuted;
}

std::vector<Transitions::Id> Trials::states_after(std::uint64_t event, std::uint64_t share) {
  std::vector<Item> items;
  for (const Item& item : items_) {
    if (item.invoked > event) continue;
    items.push_back(item);
    if (item.returned > event) items.back().returned = Item::kNever;
  }
  if (items.empty()) return {Transitions::kInitialState};
  // The search gets no further than to an operation that fits nowhere.
  Item barrier = items.front();
  barrier.invoked = barrier.returned = event + 1;
  barrier.result = kImpossible;
  items.push_back(barrier);
  const std::uint64_t given = effort_.steps / share;
  Effort attempt{given, effort_.bytes};
  Search search(part_.transitions, items);
  const Outcome outcome = search.run(attempt);
  effort_.steps -= given - attempt.steps;
  if (outcome != Outcome::Refuted || search.blocked_return() != barrier.returned) return {};
  return search.blocked_states();
}

}  // namespace lockstep::chaos
