// Seals on records of a disk that may tear a write: they say whether a record is whole, and what it
// stands behind. Whoever finds a broken one takes the record for one that was never written, which
// is right as long as nothing leaves before it is durable.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "statemachine/fold.h"

namespace lockstep::consensus::raft {

inline constexpr std::size_t kSealBytes = 8;

/// The seal of these bytes behind a record of the term `follows`; 0 for records that follow none.
inline std::uint64_t seal_of(std::string_view bytes, std::uint64_t follows) {
  statemachine::Fold digest;
  statemachine::fold(digest, bytes);
  digest(follows);
  return digest.digest();
}

/// The bytes, and their seal behind them.
inline std::string sealed(std::string bytes, std::uint64_t follows = 0) {
  const std::uint64_t seal = seal_of(bytes, follows);
  for (std::size_t at = 0; at < kSealBytes; ++at) {
    bytes.push_back(static_cast<char>(seal >> (8 * at) & 0xff));
  }
  return bytes;
}

/// What was sealed; nothing if the record is not whole, or stood behind another one.
inline std::optional<std::string_view> unsealed(std::string_view record,
                                                std::uint64_t follows = 0) {
  if (record.size() < kSealBytes) return std::nullopt;
  const std::string_view bytes = record.substr(0, record.size() - kSealBytes);
  const std::string_view seal = record.substr(bytes.size());
  std::uint64_t found = 0;
  for (std::size_t at = kSealBytes; at > 0; --at) {
    found = found << 8 | static_cast<unsigned char>(seal[at - 1]);
  }
  return found == seal_of(bytes, follows) ? std::optional(bytes) : std::nullopt;
}

}  // namespace lockstep::consensus::raft
