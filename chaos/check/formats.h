// Reads recorded histories: our own JSON Lines, Jepsen's EDN, and the log lines of jepsen.util.
//
// Any of them may be compressed with gzip; which one a file is shows in its content.
// docs/histories.md describes the formats. Files come from strangers: whatever is wrong with one
// becomes an error that names the line, and nothing in it can crash or exhaust the reader.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>

#include "chaos/check/history.h"

namespace lockstep::chaos {

struct FormatError {
  std::string file;
  std::size_t line = 0;  // Counted from 1; 0 when it is about the file as a whole.
  std::string message;   // What is wrong, and what was expected.

  /// As in `run.jsonl:7: ...`.
  std::string text() const;
};

/// Reads a file.
std::variant<History, FormatError> read_history(const std::string& path);

/// Reads the content of a file; `name` is for errors.
std::variant<History, FormatError> parse_history(std::string_view content, std::string_view name);

/// The history as JSON Lines, which parse_history reads back as the same operations.
std::string write_json_lines(const History& history);

}  // namespace lockstep::chaos
