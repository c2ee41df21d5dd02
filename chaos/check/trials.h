// Part of a history under trial: some operations are held to what the history says, and all others
// are relaxed.
//
// Leaving an operation out of a history can create a violation (a read without its write), so a
// witness never simply drops one. It *relaxes* it: the operation may then take effect at any time
// after its invocation, or never, and may have returned anything. Whatever still has no
// linearization is a fault of the operations that are held.
#pragma once

#include <cstdint>
#include <vector>

#include "chaos/check/partition.h"

namespace lockstep::chaos {

/// For each item whether it is held.
using Held = std::vector<std::uint8_t>;

class Trials {
 public:
  /// Requires: `part` and `effort` outlive the trials.
  Trials(Part& part, Effort& effort) : part_(part), effort_(effort), items_(part.items) {}

  /// Ends the events at this one; operations that returned later count as relaxed from then on.
  void cut_after(std::uint64_t last_event);

  const std::vector<Item>& items() const { return items_; }
  Transitions& transitions() { return part_.transitions; }
  Effort& effort() { return effort_; }

  /// All operations that can be held.
  Held all() const;

  /// The items with only these held.
  std::vector<Item> relaxed(const Held& held) const;

  /// Searches with at most one `share` of the effort that is left, so that one hard attempt does
  /// not use up what many easy ones could do with. Gives an order if there is one and it is wanted.
  Outcome attempt(const Held& held, std::uint64_t share,
                  std::vector<std::uint32_t>* order = nullptr);

  /// Releases as many of `released` as it can while the rest is still refuted: many at once, then
  /// fewer, and at last each on its own. True if none of them is held without need; false if the
  /// effort was too small to tell. Requires: `held` is refuted.
  bool release(Held& held, const std::vector<std::uint32_t>& released);

  /// The states that the operations which returned up to this event can have left, before any
  /// operation still open takes effect that those need not; of many, only some. Nothing if that
  /// `share` of the effort was too small.
  std::vector<Transitions::Id> states_after(std::uint64_t event, std::uint64_t share);

 private:
  bool release_run(Held& held, const std::vector<std::uint32_t>& released, std::size_t begin,
                   std::size_t size);

  Part& part_;
  Effort& effort_;
  std::vector<Item> items_;
  bool is_exhausted_ = false;  // An attempt ran out.
};

}  // namespace lockstep::chaos
