// Counter-based random draws: every draw is a pure function of (seed, purpose, entity, ordinal).
//
// There is no generator with a state that one more or one fewer draw would shift. The delay of the
// n-th message of a link stays what it was when a fault elsewhere is removed, which is what makes
// shrinking a failing run work.
#pragma once

#include <cstdint>

#include "transport/time.h"

namespace lockstep::transport {

/// What a draw is for, named by a literal, so that draws for different purposes are independent.
class Purpose {
 public:
  consteval Purpose(const char* name) {  // NOLINT: a literal is meant to convert.
    for (; *name != '\0'; ++name)
      id_ = (id_ ^ static_cast<unsigned char>(*name)) * 0x100000001B3ull;
  }
  constexpr std::uint64_t id() const { return id_; }

 private:
  std::uint64_t id_ = 0xCBF29CE484222325ull;
};

/// The finaliser of SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number
/// Generators, OOPSLA 2014): a bijection in which each input bit reaches each output bit.
constexpr std::uint64_t mix(std::uint64_t word) {
  word = (word ^ (word >> 30)) * 0xBF58476D1CE4E5B9ull;
  word = (word ^ (word >> 27)) * 0x94D049BB133111EBull;
  return word ^ (word >> 31);
}

/// One 64-bit draw.
constexpr std::uint64_t draw(std::uint64_t seed, Purpose purpose, std::uint64_t entity,
                             std::uint64_t ordinal) {
  constexpr std::uint64_t kGolden = 0x9E3779B97F4A7C15ull;
  std::uint64_t word = mix(seed + kGolden) ^ purpose.id();
  word = mix(word + kGolden) ^ entity;
  return mix(mix(word + kGolden) + (ordinal + 1) * kGolden);
}

/// Maps a draw onto 0 .. bound-1, by multiplication. Requires: bound > 0.
constexpr std::uint64_t below(std::uint64_t draw, std::uint64_t bound) {
  __extension__ using Wide = unsigned __int128;
  return static_cast<std::uint64_t>((static_cast<Wide>(draw) * bound) >> 64);
}

/// True for `parts_per_million` of all draws.
constexpr bool chance(std::uint64_t draw, std::uint64_t parts_per_million) {
  return below(draw, 1'000'000) < parts_per_million;
}

/// Maps a draw onto the range, both ends included.
constexpr Duration within(std::uint64_t draw, Between range) {
  const auto width = static_cast<std::uint64_t>((range.high - range.low).count()) + 1;
  return range.low + Duration{static_cast<Duration::rep>(below(draw, width))};
}

}  // namespace lockstep::transport
