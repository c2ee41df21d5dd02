// Slots: the places of the replicated log, from 1 on; slot 0 stands before everything. Each slot is
// an instance of Paxos of its own (Paxos Made Moderately Complex §2).
#pragma once

#include <cstdint>

namespace lockstep::consensus::paxos {

enum class Slot : std::uint64_t {};

constexpr std::uint64_t number(Slot slot) { return static_cast<std::uint64_t>(slot); }
constexpr Slot next(Slot slot) { return Slot{number(slot) + 1}; }
constexpr Slot plus(Slot slot, std::uint64_t distance) { return Slot{number(slot) + distance}; }

/// Requires: `slot` is not 0.
constexpr Slot previous(Slot slot) { return Slot{number(slot) - 1}; }

}  // namespace lockstep::consensus::paxos
