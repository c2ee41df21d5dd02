// What keeps an order of some operations from being one of all.
//
// A search over few operations finds an order that the others may contradict. The first of them
// that does is what the next search should look at.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "chaos/check/search.h"

namespace lockstep::chaos {

/// The item that should be held as well, since `order` breaks what the history says of it: one that
/// stands in the order too late or with another result; or else the one that returned last among
/// those that the order leaves out and that fit nowhere into it, together with the ones that
/// returned later. Nothing if all fit. Steps are taken from `effort`, which may run out: then also
/// nothing.
std::optional<std::uint32_t> find_conflict(Transitions& transitions, const std::vector<Item>& items,
                                           const std::vector<std::uint32_t>& order, Effort& effort);

}  // namespace lockstep::chaos
