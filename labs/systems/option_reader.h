// Reads a system's options from their text, and collects what is wrong with them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "chaos/system.h"
#include "transport/time.h"

namespace lockstep::labs {

/// "150ms..300ms", or one duration for both ends; units us, ms and s. Nothing if the text is not
/// that, or the range ends before it begins.
std::optional<transport::Between> parse_range(std::string_view text);

class OptionReader {
 public:
  /// Requires: both outlive the reader.
  OptionReader(const chaos::OptionValues& given, const std::vector<chaos::SystemOption>& known)
      : given_(given), known_(known) {}

  /// on, off, true, false, yes or no.
  bool flag(std::string_view name);
  /// A whole number from `low` to `high`.
  std::uint64_t number(std::string_view name, std::uint64_t low, std::uint64_t high);
  /// The place in `names` of the one that is given. Requires: there is a name.
  std::size_t choice(std::string_view name, const std::vector<std::string_view>& names);
  /// Whole numbers with commas between them, at most `count` and each at most `high`; may be none.
  std::vector<std::uint32_t> numbers(std::string_view name, std::size_t count, std::uint32_t high);
  /// As parse_range reads it, and not zero.
  transport::Between range(std::string_view name);

  /// The first thing that was wrong, naming option, value and what was expected.
  const std::optional<std::string>& problem() const { return problem_; }

 private:
  std::string_view text(std::string_view name) const;
  void expected(std::string_view name, std::string_view what);

  const chaos::OptionValues& given_;
  const std::vector<chaos::SystemOption>& known_;
  std::optional<std::string> problem_;
};

}  // namespace lockstep::labs
