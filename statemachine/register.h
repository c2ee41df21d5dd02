// A register that starts absent ("nil") and holds one value of bytes: read, write, compare-and-set.
//
// The smallest machine that can tell a linearizable system from one that is not, and the one that
// most recorded histories use. Commands and results are Protobuf messages (register.proto); callers
// build and read them through the plain structs below and never meet the generated code.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "statemachine/any_machine.h"

namespace lockstep::statemachine::register_machine {

enum class Operation : std::uint8_t { Read, Write, CompareAndSet };

struct Command {
  Operation operation = Operation::Read;
  std::string value;                    // Write, CompareAndSet.
  std::optional<std::string> expected;  // CompareAndSet: nothing expects the register absent.
  bool operator==(const Command&) const = default;
};

enum class Status : std::uint8_t { Ok, BadCommand, Mismatch };

struct Result {
  Status status = Status::Ok;
  std::optional<std::string> value;  // Read: nothing when the register is absent.
  bool operator==(const Result&) const = default;
};

/// A register to which nothing was written yet.
AnyMachine make();

/// Bytes for `AnyMachine::apply`.
std::string encode(const Command& command);
std::string read();
std::string write(std::string_view value);
std::string compare_and_set(std::optional<std::string_view> expected, std::string_view value);

/// The bytes that `apply` returns for this result.
std::string encode(const Result& result);

/// Nothing, if the bytes are no such command or result.
std::optional<Command> parse_command(std::string_view bytes);
std::optional<Result> parse_result(std::string_view bytes);

/// The hooks of MachineKind (catalog.h).
bool read_only(std::string_view command);
bool unchanged(std::string_view command, std::string_view result);
bool overwrites(std::string_view command);
std::string describe(std::string_view command, const std::string* result);
std::string describe_state(std::string_view snapshot);

}  // namespace lockstep::statemachine::register_machine
