// One line of a recorded history, before anything is known of the machine: what the three formats
// have in common. A format's reader makes these; `assemble` turns them into a history.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "chaos/check/formats.h"

namespace lockstep::chaos {

/// Ok: it took effect. Fail: it certainly did not and never will. Info: nobody knows.
enum class EventType : std::uint8_t { Invoke, Ok, Fail, Info };

struct RecordedEvent {
  std::size_t line = 0;
  std::uint64_t process = 0;
  EventType type = EventType::Invoke;
  std::string f;        // The name of the operation.
  std::int64_t at = 0;  // Nanoseconds.

  std::optional<std::string> key;
  bool has_value = false;  // Whether a value is given at all; it may be given as nil.
  std::optional<std::string> value;
  std::optional<std::string> expected;  // Of a compare-and-set; nothing is nil.
  std::optional<bool> swapped;          // Of a compare-and-set that returned.

  bool empty_is_absent = false;  // A read of the empty value may mean an absent key.

  // Of the operation "raw": the bytes themselves.
  std::string command;
  std::optional<std::string> result;
};

struct Recording {
  std::string machine;  // By its name in the catalog.
  std::vector<RecordedEvent> events;
};

/// Errors leave `file` empty; parse_history fills it in.
std::variant<Recording, FormatError> read_json_lines(std::string_view text);
std::variant<Recording, FormatError> read_jepsen_edn(std::string_view text);
std::variant<Recording, FormatError> read_jepsen_log(std::string_view text);

/// Pairs invocations with their returns and translates them into commands of the machine.
std::variant<History, FormatError> assemble(const Recording& recording);

}  // namespace lockstep::chaos
