// A stable 64-bit content hash, the identity that digests are made of.
//
// The value of a fold depends on the folded contents alone: the same on every compiler, build type
// and machine, for an object, its copy and its parse from the wire. It mixes every word through two
// odd multiplications, so that no pair of differences cancels as it would under xor; a collision
// between two given states has a chance of about 2^-64. It is not a cryptographic hash.
#pragma once

#include <bit>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <type_traits>

namespace lockstep::statemachine {

static_assert(std::endian::native == std::endian::little,
              "Fold reads words as they lie in memory; a big-endian machine needs a byte swap");

class Fold {
 public:
  /// Mixes one word into the digest.
  void operator()(std::uint64_t word) {
    state_ = std::rotl((state_ ^ word) * 0x9FB21C651E98DF25ull, 29) * 0xD6E8FEB86659FD93ull;
  }

  /// The digest of everything folded so far, in this order.
  std::uint64_t digest() const { return state_ ^ (state_ >> 32); }

 private:
  std::uint64_t state_ = 0x9E3779B97F4A7C15ull;
};

/// Integers and enumerations, by value.
template <class Number>
requires(std::integral<Number> || std::is_enum_v<Number>) void fold(Fold& digest, Number value) {
  digest(static_cast<std::uint64_t>(value));
}

namespace detail {

/// Copies `Size` bytes from and to the same place.
template <std::size_t Size>
std::size_t copy(std::uint64_t& word, std::string_view bytes, std::size_t at) {
  std::memcpy(reinterpret_cast<char*>(&word) + at, bytes.data() + at, Size);
  return Size;
}

}  // namespace detail

/// Length first, so that ("ab", "c") and ("a", "bc") differ.
inline void fold(Fold& digest, std::string_view bytes) {
  digest(bytes.size());
  std::uint64_t word = 0;
  for (; bytes.size() >= sizeof word; bytes.remove_prefix(sizeof word)) {
    std::memcpy(&word, bytes.data(), sizeof word);
    digest(word);
  }
  if (!bytes.empty()) {
    // In parts of sizes that the compiler knows: a copy of any other size is a call.
    word = 0;
    std::size_t at = 0;
    if ((bytes.size() & 4) != 0) at += detail::copy<4>(word, bytes, at);
    if ((bytes.size() & 2) != 0) at += detail::copy<2>(word, bytes, at);
    if ((bytes.size() & 1) != 0) detail::copy<1>(word, bytes, at);
    digest(word);
  }
}

/// The digest of one string of bytes on its own.
inline std::uint64_t digest_of(std::string_view bytes) {
  Fold digest;
  fold(digest, bytes);
  return digest.digest();
}

}  // namespace lockstep::statemachine
