// Bytes made readable in reports: "v17", with quotes, backslashes and control bytes escaped.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace lockstep::statemachine {

/// Printable ASCII stays; every other byte becomes \xNN. The result never spans lines.
std::string quoted(std::string_view bytes);

/// As above, and `nil` for nothing.
std::string quoted_or_nil(const std::optional<std::string>& bytes);

/// A key without its quotes where they would not help: letters, digits and . _ - / : only.
std::string quoted_key(std::string_view key);

}  // namespace lockstep::statemachine
