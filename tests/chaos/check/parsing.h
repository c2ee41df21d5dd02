// Shorthands for tests of what a text is read as.
#pragma once

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <variant>

#include "chaos/check/explain.h"
#include "chaos/check/formats.h"

namespace lockstep::chaos {

/// The operations that a text is read as, one per line, or the error.
inline std::string read_as(std::string_view text) {
  const auto parsed = parse_history(text, "file");
  if (const auto* error = std::get_if<FormatError>(&parsed)) return error->text();
  const History& history = std::get<History>(parsed);
  std::string lines = std::string(history.machine->name) + "\n";
  for (const Operation& operation : history.operations) {
    lines += std::to_string(operation.invoked) + "-" +
             (operation.returned ? std::to_string(*operation.returned) : "") + " " +
             describe(operation, history) + "\n";
  }
  return lines;
}

}  // namespace lockstep::chaos
