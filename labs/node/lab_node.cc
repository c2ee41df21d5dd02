#include "labs/node/lab_node.h"

#include <charconv>
#include <exception>
#include <optional>

#include "statemachine/catalog.h"

namespace lockstep::labs {

using transport::Between;
using transport::Duration;

namespace {

std::optional<std::uint64_t> read_number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return {};
  return value;
}

std::optional<Duration> read_duration(std::string_view text) {
  const auto unit = text.find_first_not_of("0123456789");
  const auto count = read_number(text.substr(0, unit));
  if (!count || unit == std::string_view::npos) return {};
  const auto signed_count = static_cast<std::int64_t>(*count);
  if (text.substr(unit) == "us") return std::chrono::microseconds(signed_count);
  if (text.substr(unit) == "ms") return std::chrono::milliseconds(signed_count);
  if (text.substr(unit) == "s") return std::chrono::seconds(signed_count);
  return {};
}

[[noreturn]] void refuse(std::string_view option, const std::string& value, const char* expected) {
  throw std::invalid_argument("option " + std::string(option) + ": \"" + value + "\" is not " +
                              expected);
}

}  // namespace

statemachine::MachineFactory Spec::machine() const {
  const auto* kind = statemachine::find_machine(spec_.machine);
  if (kind == nullptr) throw std::invalid_argument("no state machine is called " + spec_.machine);
  return kind->make;
}

const std::string& Spec::text(std::string_view option) const {
  const auto found = spec_.options.find(option);
  if (found == spec_.options.end()) {
    throw std::invalid_argument("this lab has no option " + std::string(option));
  }
  return found->second;
}

std::uint64_t Spec::number(std::string_view option) const {
  const auto value = read_number(text(option));
  if (!value) refuse(option, text(option), "a number");
  return *value;
}

Between Spec::between(std::string_view option) const {
  const std::string_view whole = text(option);
  const auto dots = whole.find("..");
  const auto low = read_duration(whole.substr(0, dots));
  const auto high = dots == std::string_view::npos ? low : read_duration(whole.substr(dots + 2));
  if (!low || !high || *low > *high) refuse(option, text(option), "a range such as 10ms..20ms");
  return {*low, *high};
}

bool Spec::flag(std::string_view option) const {
  if (text(option) != "on" && text(option) != "off") refuse(option, text(option), "on or off");
  return text(option) == "on";
}

NodeOrProblem make_node_of(const transport::NodeSpec& spec) {
  try {
    return make_node(Spec(spec));
  } catch (const std::exception& error) {
    return std::string(error.what());
  }
}

}  // namespace lockstep::labs
