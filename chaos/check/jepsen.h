// What Jepsen's two notations have in common: the meaning of an operation map.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "chaos/check/edn.h"
#include "chaos/check/recorded_event.h"

namespace lockstep::chaos {

/// One operation of Jepsen as it stands in the file.
struct JepsenOperation {
  std::size_t line = 0;
  Edn process;
  Edn type;
  Edn f;
  Edn value;
  std::optional<Edn> key;
  bool has_error = false;  // It says why it failed.
  std::int64_t at = 0;
};

/// Finds out which machine the operations are for, and translates them. Operations of processes
/// that are no clients (`:nemesis`) are left out.
std::variant<Recording, FormatError> translate_jepsen(const std::vector<JepsenOperation>& all);

/// A whole number from 0 to 2^64 - 1, and nothing else.
std::optional<std::uint64_t> parse_number(std::string_view text);

/// A whole number of 64 bits with or without a sign, and nothing else.
std::optional<std::int64_t> parse_signed_number(std::string_view text);

}  // namespace lockstep::chaos
