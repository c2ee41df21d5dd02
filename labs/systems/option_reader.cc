#include "labs/systems/option_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace lockstep::labs {

using transport::Between;
using transport::Duration;

namespace {

std::optional<std::uint64_t> whole_number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<Duration> duration(std::string_view text) {
  constexpr std::uint64_t kCountMax = 1'000'000'000;
  const auto unit_at = text.find_first_not_of("0123456789");
  if (unit_at == std::string_view::npos) return std::nullopt;
  const auto count = whole_number(text.substr(0, unit_at));
  if (!count || *count > kCountMax) return std::nullopt;
  const auto unit = text.substr(unit_at);
  const auto ticks = static_cast<Duration::rep>(*count);
  if (unit == "us") return std::chrono::microseconds(ticks);
  if (unit == "ms") return std::chrono::milliseconds(ticks);
  if (unit == "s") return std::chrono::seconds(ticks);
  return std::nullopt;
}

}  // namespace

std::optional<Between> parse_range(std::string_view text) {
  const auto dots = text.find("..");
  const auto low = duration(text.substr(0, dots));
  const auto high = dots == std::string_view::npos ? low : duration(text.substr(dots + 2));
  if (!low || !high || *low > *high) return std::nullopt;
  return Between{*low, *high};
}

std::string_view OptionReader::text(std::string_view name) const {
  if (const auto found = given_.find(name); found != given_.end()) return found->second;
  for (const auto& option : known_) {
    if (option.name == name) return option.default_value;
  }
  return {};
}

void OptionReader::expected(std::string_view name, std::string_view what) {
  if (problem_) return;
  problem_ = fmt::format("option {}: \"{}\" is not {}", name, text(name), what);
}

bool OptionReader::flag(std::string_view name) {
  const auto value = text(name);
  if (value == "on" || value == "true" || value == "yes") return true;
  if (value != "off" && value != "false" && value != "no") expected(name, "on or off");
  return false;
}

std::uint64_t OptionReader::number(std::string_view name, std::uint64_t low, std::uint64_t high) {
  const auto value = whole_number(text(name));
  if (value && *value >= low && *value <= high) return *value;
  expected(name, fmt::format("a whole number from {} to {}", low, high));
  return low;
}

std::size_t OptionReader::choice(std::string_view name,
                                 const std::vector<std::string_view>& names) {
  const auto found = std::find(names.begin(), names.end(), text(name));
  if (found != names.end()) return static_cast<std::size_t>(found - names.begin());
  expected(name, fmt::format("one of {}", fmt::join(names, ", ")));
  return 0;
}

std::vector<std::uint32_t> OptionReader::numbers(std::string_view name, std::size_t count,
                                                 std::uint32_t high) {
  std::vector<std::uint32_t> all;
  auto rest = text(name);
  while (!rest.empty() && !problem_) {
    const auto comma = rest.find(',');
    const auto value = whole_number(rest.substr(0, comma));
    if (!value || *value > high || all.size() == count) {
      expected(name, fmt::format("at most {} whole numbers up to {}, such as 2,1,1", count, high));
    } else {
      all.push_back(static_cast<std::uint32_t>(*value));
    }
    rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
  }
  return all;
}

Between OptionReader::range(std::string_view name) {
  const auto range = parse_range(text(name));
  if (range && range->high > Duration::zero()) return *range;
  expected(name, "a duration such as 50ms, or a range of them such as 150ms..300ms");
  return {};
}

}  // namespace lockstep::labs
