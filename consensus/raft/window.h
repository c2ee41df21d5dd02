// Values by log index, for the indices that are not forgotten yet.
//
// Indices are forgotten at the front and come at the end. A lookup is one addition, which is why
// this is no deque; what is forgotten stays in memory until it is as much as the rest.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

#include "consensus/raft/position.h"

namespace lockstep::consensus::raft {

template <class Value>
class Window {
 public:
  /// The lowest index that is not forgotten.
  Index first() const { return first_; }

  /// The value of an index, made if there is none. Requires: index >= first().
  Value& operator[](Index index) {
    const std::size_t place = forgotten_ + static_cast<std::size_t>(distance(first_, index));
    if (place >= values_.size()) values_.resize(place + 1);
    return values_[place];
  }

  /// Forgets what comes before `index`, if that is not forgotten yet.
  void forget_before(Index index) {
    if (index <= first_) return;
    forgotten_ += static_cast<std::size_t>(distance(first_, index));
    first_ = index;
    if (forgotten_ * 2 < values_.size()) return;
    const std::size_t end = std::min(forgotten_, values_.size());
    values_.erase(values_.begin(), values_.begin() + static_cast<std::ptrdiff_t>(end));
    forgotten_ = 0;
  }

  /// All of them, from first() on.
  std::span<const Value> values() const {
    return std::span(values_).subspan(std::min(forgotten_, values_.size()));
  }

 private:
  Index first_{};
  std::size_t forgotten_ = 0;  // So many of `values_` belong to indices before first_.
  std::vector<Value> values_;
};

}  // namespace lockstep::consensus::raft
