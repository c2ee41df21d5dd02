// Decisions, each made once: whoever proposes a value for a key hears which value is decided for
// it, the first proposal or an earlier one.
//
// It is consensus as a state machine, one instance for each key, so a checker of linearizability
// checks agreement (all hear one value), validity (somebody proposed it, and not later than it was
// heard of) and integrity (it never changes). Commands and results are Protobuf messages
// (decisions.proto); callers build and read them through the plain structs below.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "statemachine/any_machine.h"

namespace lockstep::statemachine::decisions {

/// A proposal.
struct Command {
  std::string key;
  std::string value;
  bool operator==(const Command&) const = default;
};

enum class Status : std::uint8_t { Ok, BadCommand };

struct Result {
  Status status = Status::Ok;
  std::string value;  // What is decided.
  bool operator==(const Result&) const = default;
};

/// Nothing is decided yet.
AnyMachine make();

/// Bytes for `AnyMachine::apply`.
std::string encode(const Command& command);
std::string propose(std::string_view key, std::string_view value);

/// The bytes that `apply` returns for this result.
std::string encode(const Result& result);

/// Nothing, if the bytes are no such command or result.
std::optional<Command> parse_command(std::string_view bytes);
std::optional<Result> parse_result(std::string_view bytes);

/// The hooks of MachineKind (catalog.h); `partition` is the command's key.
std::optional<std::string> partition(std::string_view command);
bool read_only(std::string_view command);
bool unchanged(std::string_view command, std::string_view result);
std::string describe(std::string_view command, const std::string* result);
std::string describe_state(std::string_view snapshot);

}  // namespace lockstep::statemachine::decisions
