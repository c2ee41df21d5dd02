#include "chaos/check/witness.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "chaos/check/conflict.h"
#include "chaos/check/trials.h"

namespace lockstep::chaos {
namespace {

constexpr std::size_t kReadable = 8;    // More operations at once are hard to understand.
constexpr std::size_t kMostGrown = 64;  // A core that grew larger is no shorter than others.
constexpr std::uint64_t kPrefixShares = 8;
constexpr std::uint64_t kGrowthShares = 40;
constexpr std::uint64_t kStatesShares = 8;

/// Operations that have no linearization together, after those that returned up to `begin`.
struct Core {
  Held held;  // With those before.
  std::optional<std::uint64_t> begin;
  std::vector<Transitions::Id> states;  // Right after `begin`.
  bool is_minimal = false;
};

class Minimizer {
 public:
  Minimizer(Part& part, Effort& effort) : part_(part), trials_(part, effort) {}

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
    if (is_prefix_refuted(returns[low], 1)) high = low;
    while (low < high) {
      const std::size_t middle = low + (high - low) / 2;
      if (is_prefix_refuted(returns[middle], kPrefixShares)) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    trials_.cut_after(returns[high]);
    for (std::uint32_t at = 0; at < trials_.items().size(); ++at) {
      if (trials_.items()[at].returned == returns[high]) last_ = at;
    }
  }

  Core find_core() {
    std::optional<Core> grown = grow();
    if (grown && size(*grown) <= kReadable) return *std::move(grown);
    std::optional<Core> recent = keep_recent();
    const bool is_recent_better = recent && (!grown || size(*recent) < size(*grown));
    if (is_recent_better) return *std::move(recent);
    if (grown) return *std::move(grown);
    return {trials_.all(), {}, {}, false};
  }

  Trials& trials() { return trials_; }

  /// The same core with one operation in place of another, if that still has no order.
  std::optional<Core> exchange(const Core& core, std::uint32_t leaves, std::uint32_t comes) {
    Core other = core;
    other.held[leaves] = 0;
    other.held[comes] = 1;
    if (trials_.attempt(other.held, kGrowthShares) != Outcome::Refuted) return {};
    other.is_minimal = trials_.release(other.held, of_core(other));
    return other;
  }

 private:
  bool is_prefix_refuted(std::uint64_t last_event, std::uint64_t share) {
    trials_.cut_after(last_event);
    return trials_.attempt(trials_.all(), share) == Outcome::Refuted;
  }

  std::size_t size(const Core& core) const { return of_core(core).size(); }

  std::vector<std::uint32_t> of_core(const Core& core) const {
    std::vector<std::uint32_t> items;
    for (std::uint32_t at = 0; at < core.held.size(); ++at) {
      const bool is_after = !core.begin || trials_.items()[at].returned > *core.begin;
      if (core.held[at] != 0 && is_after) items.push_back(at);
    }
    return items;
  }

  /// From the last operation alone: while there is an order, hold what contradicts that order.
  std::optional<Core> grow() {
    Core core{Held(trials_.items().size()), {}, {}, false};
    core.held[last_] = 1;
    for (std::size_t rounds = 0; rounds < kMostGrown; ++rounds) {
      std::vector<std::uint32_t> order;
      const Outcome outcome = trials_.attempt(core.held, kGrowthShares, &order);
      if (outcome == Outcome::OutOfBudget) return {};
      if (outcome == Outcome::Refuted) {
        core.is_minimal = trials_.release(core.held, of_core(core));
        return core;
      }
      const auto conflict =
          find_conflict(trials_.transitions(), trials_.items(), order, trials_.effort());
      if (!conflict) return {};
      core.held[*conflict] = 1;
    }
    return {};
  }

  /// Holds everything early, and releases what it can of the few operations since. A good beginning
  /// is the last moment at which the last operation could have returned what it did; where there
  /// is none, the moment right before it.
  std::optional<Core> keep_recent() {
    const std::vector<std::uint64_t> returns = returns_before_last();
    std::optional<Core> first;
    for (std::size_t back = 0; back < returns.size(); back += back / 2 + 1) {
      std::vector<Transitions::Id> states =
          trials_.states_after(returns[back], first ? kStatesShares : 1);
      if (states.empty()) break;
      const bool fits = could_return_in(states);
      if (first && !fits) continue;
      Core core{trials_.all(), returns[back], std::move(states), false};
      core.is_minimal = trials_.release(core.held, of_core(core));
      if (fits && core.is_minimal && size(core) <= kReadable) return core;
      if (first) break;
      first = std::move(core);
    }
    return first;
  }

  /// Of the operations that returned before the last one began; the latest first.
  std::vector<std::uint64_t> returns_before_last() const {
    std::vector<std::uint64_t> returns;
    for (const Item& item : trials_.items()) {
      if (item.returned < trials_.items()[last_].invoked) returns.push_back(item.returned);
    }
    std::sort(returns.rbegin(), returns.rend());
    return returns;
  }

  bool could_return_in(const std::vector<Transitions::Id>& states) {
    const Item& last = trials_.items()[last_];
    return std::any_of(states.begin(), states.end(), [&](Transitions::Id state) {
      return trials_.transitions().step(state, last.command).result == last.result;
    });
  }

  Part& part_;
  Trials trials_;
  std::uint32_t last_ = 0;  // The item that returned at the end of the prefix.
};

/// How far the longest attempt comes, and with the help of which relaxed operations.
class Account {
 public:
  Account(Trials& trials, const Core& core) : trials_(trials), core_(core) {
    const std::vector<Item> all = trials.relaxed(core.held);
    std::vector<std::uint32_t> numbers(all.size());
    for (std::uint32_t at = 0; at < numbers.size(); ++at) numbers[at] = at;
    attempt(all, std::move(numbers));
    keep_only_what_helps();
  }

  void write(Violation& violation) const {
    for (const std::uint32_t item : order_) {
      const bool is_before = core_.begin && is_held(item) && !is_in_core(item);
      if (is_before) {
        violation.longest_order.clear();
        violation.supporting.clear();
        continue;
      }
      const std::size_t operation = trials_.items()[item].operation;
      violation.longest_order.push_back(operation);
      if (!is_held(item)) violation.supporting.push_back(operation);
    }
    std::sort(violation.supporting.begin(), violation.supporting.end());
    for (const Item& item : trials_.items()) {
      if (item.returned == blocked_return_) violation.blocked = item.operation;
    }
    violation.states = snapshots(states_);
  }

  std::vector<std::string> snapshots(const std::vector<Transitions::Id>& states) const {
    std::vector<std::string> texts;
    for (const auto state : states) texts.push_back(trials_.transitions().snapshot(state));
    return texts;
  }

  /// The relaxed operations that the attempt needs.
  const std::vector<std::uint32_t>& helpers() const { return helpers_; }

  bool is_in_core(std::uint32_t item) const {
    return is_held(item) && (!core_.begin || trials_.items()[item].returned > *core_.begin);
  }

 private:
  static constexpr std::size_t kMostHelpers = 16;

  bool is_held(std::uint32_t item) const { return core_.held[item] != 0; }

  /// `numbers` says which of all items these are. False, and nothing changes, if it gets less far.
  bool attempt(const std::vector<Item>& items, std::vector<std::uint32_t> numbers) {
    Search search(trials_.transitions(), items);
    Effort unlimited{Item::kNever, Item::kNever};
    search.run(unlimited);
    if (search.blocked_return() < blocked_return_) return false;
    blocked_return_ = search.blocked_return();
    states_ = search.blocked_states();
    order_.clear();
    for (const std::uint32_t item : search.longest_order()) order_.push_back(numbers[item]);
    return true;
  }

  void keep_only_what_helps() {
    for (const std::uint32_t item : order_) {
      if (!is_held(item)) helpers_.push_back(item);
    }
    attempt_with(helpers_);
    if (helpers_.size() > kMostHelpers) return;
    for (std::size_t at = helpers_.size(); at-- > 0;) {
      std::vector<std::uint32_t> fewer = helpers_;
      fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(at));
      if (attempt_with(fewer)) helpers_ = std::move(fewer);
    }
  }

  bool attempt_with(const std::vector<std::uint32_t>& helpers) {
    const std::vector<Item> all = trials_.relaxed(core_.held);
    std::vector<Item> items;
    std::vector<std::uint32_t> numbers;
    for (std::uint32_t at = 0; at < all.size(); ++at) {
      const bool helps = std::find(helpers.begin(), helpers.end(), at) != helpers.end();
      if (!is_held(at) && !helps) continue;
      items.push_back(all[at]);
      numbers.push_back(at);
    }
    return attempt(items, std::move(numbers));
  }

  Trials& trials_;
  const Core& core_;
  std::vector<std::uint32_t> helpers_;
  std::vector<std::uint32_t> order_;
  std::vector<Transitions::Id> states_;
  std::uint64_t blocked_return_ = 0;
};

/// A write that the longest attempt needs can often take the place of a read that saw it.
Core with_fewer_helpers(Minimizer& minimizer, Core core) {
  const Account account(minimizer.trials(), core);
  const std::vector<Item>& items = minimizer.trials().items();
  if (core.begin || account.helpers().size() > kReadable) return core;
  for (const std::uint32_t helper : account.helpers()) {
    for (std::uint32_t at = 0; at < items.size(); ++at) {
      if (core.held[at] == 0 || !items[at].is_observer || items[helper].is_optional()) continue;
      const std::optional<Core> other = minimizer.exchange(core, at, helper);
      if (!other) continue;
      const std::size_t helpers = Account(minimizer.trials(), *other).helpers().size();
      if (helpers < account.helpers().size()) return with_fewer_helpers(minimizer, *other);
    }
  }
  return core;
}

}  // namespace

Violation find_witness(Part& part, std::uint64_t blocked_return, Effort& effort) {
  Minimizer minimizer(part, effort);
  minimizer.cut_after_shortest_prefix(blocked_return);
  const Core core = with_fewer_helpers(minimizer, minimizer.find_core());
  const Account account(minimizer.trials(), core);

  Violation violation;
  violation.key = part.key;
  violation.is_minimal = core.is_minimal;
  account.write(violation);
  const std::vector<Item>& items = minimizer.trials().items();
  std::size_t held = 0;
  for (std::uint32_t at = 0; at < items.size(); ++at) {
    held += core.held[at];
    if (account.is_in_core(at)) violation.core.push_back(items[at].operation);
  }
  violation.left_out = items.size() - held;
  if (core.begin) {
    violation.before =
        Before{*core.begin, held - violation.core.size(), account.snapshots(core.states)};
  }
  return violation;
}

}  // namespace lockstep::chaos
