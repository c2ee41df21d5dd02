// A key-value store of bytes: get, put, append, compare-and-set, delete.
//
// The machine of most labs. Operations on different keys never affect each other, so a checker may
// take a history apart by key (`partition`). Commands and results are Protobuf messages (kv.proto);
// callers build and read them through the plain structs below.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "statemachine/any_machine.h"

namespace lockstep::statemachine::kv {

/// GetOrEmpty reads an absent key as the empty value, as stores do that cannot tell the two apart.
enum class Operation : std::uint8_t { Get, GetOrEmpty, Put, Append, CompareAndSet, Delete };

struct Command {
  Operation operation = Operation::Get;
  std::string key;
  std::string value;                    // Put, Append, CompareAndSet.
  std::optional<std::string> expected;  // CompareAndSet: nothing expects the key absent.
  bool operator==(const Command&) const = default;
};

enum class Status : std::uint8_t { Ok, BadCommand, Mismatch };

struct Result {
  Status status = Status::Ok;
  std::optional<std::string> value;  // Get, GetOrEmpty: nothing when the key is absent.
  bool operator==(const Result&) const = default;
};

/// An empty store.
AnyMachine make();

/// Bytes for `AnyMachine::apply`.
std::string encode(const Command& command);
std::string get(std::string_view key);
std::string get_or_empty(std::string_view key);
std::string put(std::string_view key, std::string_view value);
std::string append(std::string_view key, std::string_view value);
std::string compare_and_set(std::string_view key, std::optional<std::string_view> expected,
                            std::string_view value);
std::string remove(std::string_view key);

/// The bytes that `apply` returns for this result.
std::string encode(const Result& result);

/// Nothing, if the bytes are no such command or result.
std::optional<Command> parse_command(std::string_view bytes);
std::optional<Result> parse_result(std::string_view bytes);

/// The hooks of MachineKind (catalog.h); `partition` is the command's key.
std::optional<std::string> partition(std::string_view command);
bool read_only(std::string_view command);
bool unchanged(std::string_view command, std::string_view result);
bool overwrites(std::string_view command);
std::string describe(std::string_view command, const std::string* result);
std::string describe_state(std::string_view snapshot);

}  // namespace lockstep::statemachine::kv
