// The machines that Lockstep knows by name, with what a checker or a report asks about commands.
//
// Workloads, history formats and checkers are written against MachineKind alone, so a new machine
// is one more entry here.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "statemachine/any_machine.h"

namespace lockstep::statemachine {

struct MachineKind {
  std::string_view name;
  MachineFactory make;

  /// The independent part of the state that a command belongs to; nothing when there is only one.
  std::optional<std::string> (*partition)(std::string_view command);

  /// Whether the command leaves every state as it is.
  bool (*read_only)(std::string_view command);

  /// Whether the command left the state as it was, known from its result alone: a read, or a
  /// compare-and-set that failed.
  bool (*unchanged)(std::string_view command, std::string_view result);

  /// Whether the command leaves the same state and returns the same, whatever was in its part of
  /// the state before: a write, but not a compare-and-set.
  bool (*overwrites)(std::string_view command);

  /// A command and its result for people, as in `put k3 "v17" -> ok`; a null result is not shown.
  std::string (*describe)(std::string_view command, const std::string* result);

  /// A snapshot for people, as in `k3 = "v17"`.
  std::string (*describe_state)(std::string_view snapshot);
};

/// All kinds, ordered by name.
std::span<const MachineKind> all_machines();

/// The kind of this name, which lives as long as the program; null if there is none.
const MachineKind* find_machine(std::string_view name);

}  // namespace lockstep::statemachine
