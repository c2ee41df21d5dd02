// A signed 64-bit counter that starts at zero: add, read.
//
// Additions commute, but each returns the sum, so a history still shows their order. Overflow wraps
// around in two's complement. Commands and results are Protobuf messages (counter.proto); callers
// build and read them through the plain structs below.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "statemachine/any_machine.h"

namespace lockstep::statemachine::counter {

enum class Operation : std::uint8_t { Read, Add };

struct Command {
  Operation operation = Operation::Read;
  std::int64_t amount = 0;  // Add.
  bool operator==(const Command&) const = default;
};

enum class Status : std::uint8_t { Ok, BadCommand };

struct Result {
  Status status = Status::Ok;
  std::int64_t value = 0;  // The counter after the operation.
  bool operator==(const Result&) const = default;
};

/// A counter at zero.
AnyMachine make();

/// Bytes for `AnyMachine::apply`.
std::string encode(const Command& command);
std::string read();
std::string add(std::int64_t amount);

/// The bytes that `apply` returns for this result.
std::string encode(const Result& result);

/// Nothing, if the bytes are no such command or result.
std::optional<Command> parse_command(std::string_view bytes);
std::optional<Result> parse_result(std::string_view bytes);

/// The hooks of MachineKind (catalog.h).
bool read_only(std::string_view command);
bool unchanged(std::string_view command, std::string_view result);
std::string describe(std::string_view command, const std::string* result);
std::string describe_state(std::string_view snapshot);

}  // namespace lockstep::statemachine::counter
