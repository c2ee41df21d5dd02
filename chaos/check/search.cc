#include "chaos/check/search.h"

#include <algorithm>
#include <tuple>

#include "statemachine/fold.h"

namespace lockstep::chaos {

Search::Search(Transitions& transitions, std::span<const Item> items)
    : transitions_(transitions), items_(items), place_(items.size()) {
  for (std::uint32_t item = 0; item < items.size(); ++item) {
    if (!items[item].is_optional()) required_.push_back(item);
    if (items[item].is_optional() && !items[item].is_read) optional_.push_back(item);
  }
  const auto class_of = [&](std::uint32_t item) {
    return std::tuple(items[item].command, items[item].result);
  };
  std::stable_sort(optional_.begin(), optional_.end(),
                   [&](std::uint32_t a, std::uint32_t b) { return class_of(a) < class_of(b); });
  for (std::uint32_t at = 0; at < optional_.size(); ++at) {
    place_[optional_[at]] = at;
    if (at == 0 || class_of(optional_[at]) != class_of(optional_[at - 1])) {
      class_begin_.push_back(at);
    }
  }
  class_begin_.push_back(static_cast<std::uint32_t>(optional_.size()));
  for (std::uint32_t at = 0; at < required_.size(); ++at) place_[required_[at]] = at;
  done_.resize(required_.size());
  taken_.resize((optional_.size() + 63) / 64);
}

Outcome Search::run(Effort& effort) {
  const std::uint64_t work_before = transitions_.work();
  const auto spent = [&] { return steps_ + transitions_.work() - work_before; };
  bool found = enter(Transitions::kInitialState);
  while (!found && !frames_.empty() && spent() < effort.steps && bytes() < effort.bytes) {
    Frame& frame = frames_.back();
    go_back(frame);
    if (frame.next_choice == choices_.size()) {
      choices_.resize(frame.choices_begin);
      frames_.pop_back();
      continue;
    }
    const Choice choice = choices_[frame.next_choice++];
    before_ = frame.state;
    take(choice.item);
    found = enter(choice.next);
  }
  const bool gave_up = !found && !frames_.empty();
  effort.steps -= std::min(effort.steps, spent());
  if (gave_up) return Outcome::OutOfBudget;
  return found ? Outcome::Linearizable : Outcome::Refuted;
}

/// Arrives in a configuration; true when every required item is placed. Unless the configuration
/// is known, its choices become the next frame.
bool Search::enter(Transitions::Id state) {
  const std::size_t placed = trail_.size();
  absorb_observers(state);
  if (first_open_ == required_.size()) return true;
  is_after_optional_ = placed == trail_.size() && placed > 0 && items_[trail_.back()].is_optional();
  note_progress(state);
  if (is_known(state)) return false;
  const std::size_t begin = choices_.size();
  push_choices(state);
  frames_.push_back({state, first_open_, static_cast<std::uint32_t>(trail_.size()), begin, begin});
  return false;
}

/// An operation that changes no state and fits now may as well be placed now: every way to go on
/// without it is also a way to go on after it.
void Search::absorb_observers(Transitions::Id state) {
  for (bool again = true; again;) {
    find_window();
    again = false;
    for (std::uint32_t at = first_open_; at < window_end_; ++at) {
      const Item& item = items_[required_[at]];
      if (done_[at] != 0 || !item.is_observer) continue;
      ++steps_;
      const bool fits = item.result == Item::kAnyResult ||
                        transitions_.step(state, item.command).result == item.result;
      if (!fits) continue;
      take(required_[at]);
      again = true;
    }
  }
}

/// A required item may come next if it was invoked before any required item not placed returned.
void Search::find_window() {
  while (first_open_ < required_.size() && done_[first_open_] != 0) ++first_open_;
  min_return_ = Item::kNever;
  window_end_ = first_open_;
  for (; window_end_ < required_.size(); ++window_end_) {
    const Item& item = items_[required_[window_end_]];
    if (item.invoked > min_return_) break;
    if (done_[window_end_] == 0) min_return_ = std::min(min_return_, item.returned);
  }
}

void Search::note_progress(Transitions::Id state) {
  if (min_return_ < furthest_) return;
  if (min_return_ > furthest_) {
    furthest_ = min_return_;
    longest_order_ = trail_;
    blocked_states_.clear();
  }
  const bool is_new =
      std::find(blocked_states_.begin(), blocked_states_.end(), state) == blocked_states_.end();
  if (is_new && blocked_states_.size() < kStatesKept) blocked_states_.push_back(state);
}

/// The set of required items placed: all before first_open_, and these bits up to window_end_.
void Search::write_key() {
  key_.assign(1, first_open_);
  for (std::uint32_t at = first_open_; at < window_end_; ++at) {
    const std::uint32_t bit = (at - first_open_) % 64;
    if (bit == 0) key_.push_back(0);
    if (done_[at] != 0) key_.back() |= std::uint64_t{1} << bit;
  }
}

bool Search::is_known(Transitions::Id state) {
  write_key();
  statemachine::Fold digest;
  digest(state);
  for (const std::uint64_t word : key_) digest(word);
  const std::uint64_t hash = digest.digest();
  const auto found = visited_table_.find(hash, [&](std::uint32_t index) {
    const Visited& visited = visited_[index];
    return visited.state == state && visited.key_size == key_.size() &&
           std::equal(key_.begin(), key_.end(),
                      words_.begin() + static_cast<std::ptrdiff_t>(visited.key_begin));
  });
  if (found) {
    if (is_dominated(visited_[*found].first_taken)) return true;
    visited_[*found].first_taken = remember_taken(visited_[*found].first_taken);
    return false;
  }
  visited_table_.insert(hash, static_cast<std::uint32_t>(visited_.size()));
  visited_.push_back({state, words_.size(), key_.size(), kNone});
  words_.insert(words_.end(), key_.begin(), key_.end());
  visited_.back().first_taken = remember_taken(kNone);
  return false;
}

/// Whether a set on the list is a subset of the optional items taken now.
bool Search::is_dominated(std::uint32_t first_taken) {
  for (std::uint32_t at = first_taken; at != kNone; at = taken_lists_[at].next) {
    if (++comparisons_ % kComparisonsPerStep == 0) ++steps_;
    const std::uint64_t* seen = words_.data() + taken_lists_[at].begin;
    bool is_subset = true;
    for (std::size_t word = 0; word < taken_.size() && is_subset; ++word) {
      is_subset = (seen[word] & ~taken_[word]) == 0;
    }
    if (is_subset) return true;
  }
  return false;
}

std::uint32_t Search::remember_taken(std::uint32_t next) {
  taken_lists_.push_back({words_.size(), next});
  words_.insert(words_.end(), taken_.begin(), taken_.end());
  return static_cast<std::uint32_t>(taken_lists_.size() - 1);
}

/// Required items first, the one that returns earliest before the others.
void Search::push_choices(Transitions::Id state) {
  const std::size_t begin = choices_.size();
  for (std::uint32_t at = first_open_; at < window_end_; ++at) {
    const bool is_candidate = done_[at] == 0 && !items_[required_[at]].is_observer;
    if (is_candidate) push_choice(state, required_[at]);
  }
  std::sort(choices_.begin() + static_cast<std::ptrdiff_t>(begin), choices_.end(),
            [&](const Choice& a, const Choice& b) {
              return items_[a.item].returned < items_[b.item].returned;
            });
  push_optional_choices(state);
}

/// The latest first: what takes effect at all most often does so soon.
void Search::push_optional_choices(Transitions::Id state) {
  const std::size_t begin = choices_.size();
  find_candidates();
  for (const std::uint32_t candidate : candidates_) {
    // After an optional item, one that overwrites it would have led here without it.
    if (is_after_optional_ && items_[candidate].overwrites) continue;
    ++steps_;
    if (is_worthwhile(state, items_[candidate])) push_choice(state, candidate);
  }
  std::sort(choices_.begin() + static_cast<std::ptrdiff_t>(begin), choices_.end(),
            [&](const Choice& a, const Choice& b) {
              return items_[a.item].invoked > items_[b.item].invoked;
            });
}

/// The optional items that may come next: of each class, the earliest not taken.
void Search::find_candidates() {
  candidates_.clear();
  for (std::size_t group = 0; group + 1 < class_begin_.size(); ++group) {
    std::uint32_t at = class_begin_[group];
    while (at < class_begin_[group + 1] && (taken_[at / 64] >> (at % 64) & 1) != 0) ++at;
    const bool exists = at < class_begin_[group + 1] && items_[optional_[at]].invoked < min_return_;
    if (exists) candidates_.push_back(optional_[at]);
  }
}

/// An optional item must change something, and something must come of it. If the last step was an
/// optional item as well, and this one would have led here without it, then that shorter way is (or
/// will be) tried instead.
bool Search::is_worthwhile(Transitions::Id state, const Item& item) {
  const Transitions::Id next = transitions_.step(state, item.command).next;
  if (next == state) return false;
  if (is_after_optional_ && leads_to(before_, item, next)) return false;
  return has_use(state, next);
}

bool Search::leads_to(Transitions::Id state, const Item& item, Transitions::Id next) {
  ++steps_;
  const Transitions::Step step = transitions_.step(state, item.command);
  return step.next == next && (item.result == Item::kAnyResult || item.result == step.result);
}

/// Whether an optional item from `state` to `next` lets anything follow that could not have
/// followed without it, to the same end.
bool Search::has_use(Transitions::Id state, Transitions::Id next) {
  const auto is_enabled = [&](const Item& item) {
    const Transitions::Id end = transitions_.step(next, item.command).next;
    return leads_to(next, item, end) && !leads_to(state, item, end);
  };
  for (std::uint32_t at = first_open_; at < window_end_; ++at) {
    if (done_[at] == 0 && is_enabled(items_[required_[at]])) return true;
  }
  return std::any_of(candidates_.begin(), candidates_.end(), [&](std::uint32_t candidate) {
    return !items_[candidate].overwrites && is_enabled(items_[candidate]) &&
           transitions_.step(next, items_[candidate].command).next != next;
  });
}

void Search::push_choice(Transitions::Id state, std::uint32_t item) {
  ++steps_;
  const Transitions::Step step = transitions_.step(state, items_[item].command);
  const bool fits = items_[item].result == Item::kAnyResult || items_[item].result == step.result;
  if (fits) choices_.push_back({item, step.next});
}

void Search::take(std::uint32_t item) {
  const std::uint32_t at = place_[item];
  if (items_[item].is_optional()) {
    taken_[at / 64] |= std::uint64_t{1} << (at % 64);
  } else {
    done_[at] = 1;
  }
  trail_.push_back(item);
}

void Search::go_back(const Frame& frame) {
  for (; trail_.size() > frame.trail_size; trail_.pop_back()) {
    const std::uint32_t at = place_[trail_.back()];
    if (items_[trail_.back()].is_optional()) {
      taken_[at / 64] &= ~(std::uint64_t{1} << (at % 64));
    } else {
      done_[at] = 0;
    }
  }
  first_open_ = frame.first_open;
}

std::size_t Search::bytes() const {
  return words_.capacity() * sizeof(std::uint64_t) + visited_table_.bytes() +
         visited_.capacity() * sizeof(Visited) + taken_lists_.capacity() * sizeof(Taken) +
         transitions_.bytes();
}

}  // namespace lockstep::chaos
