// A hash table of indices into a vector that its owner keeps, for lookups only.
//
// The hash merely finds the neighbourhood: whether two entries are equal is for the owner to say,
// who compares their full contents. There is no iteration, so nothing can depend on its order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace lockstep::chaos {

class IndexTable {
 public:
  /// The index inserted under this hash for which `is_equal(index)` holds.
  template <class IsEqual>
  std::optional<std::uint32_t> find(std::uint64_t hash, IsEqual is_equal) const {
    for (std::size_t at = hash & mask(); slots_[at].used; at = (at + 1) & mask()) {
      if (slots_[at].hash == hash && is_equal(slots_[at].index)) return slots_[at].index;
    }
    return {};
  }

  void insert(std::uint64_t hash, std::uint32_t index) {
    if (++size_ * 2 > slots_.size()) grow();
    place({hash, index, true});
  }

  std::size_t bytes() const { return slots_.size() * sizeof(Slot); }

 private:
  struct Slot {
    std::uint64_t hash = 0;
    std::uint32_t index = 0;
    bool used = false;
  };

  std::size_t mask() const { return slots_.size() - 1; }

  void place(const Slot& slot) {
    std::size_t at = slot.hash & mask();
    while (slots_[at].used) at = (at + 1) & mask();
    slots_[at] = slot;
  }

  void grow() {
    std::vector<Slot> old(slots_.size() * 4);
    old.swap(slots_);
    for (const Slot& slot : old) {
      if (slot.used) place(slot);
    }
  }

  std::vector<Slot> slots_ =
      std::vector<Slot>(64);  // Invariant: a power of two, at most half full.
  std::size_t size_ = 0;
};

}  // namespace lockstep::chaos
