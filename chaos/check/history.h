// What the clients of a run saw: which operation was invoked when, and what came back.
//
// A history is all that a consistency checker may look at. Only the order of its events counts:
// every invocation and every return has a place of its own in one total order, so two events at the
// same instant are still ordered. Times are kept for reports.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "statemachine/catalog.h"

namespace lockstep::chaos {

struct Operation {
  std::uint64_t process = 0;  // The client; it has one operation open at a time.

  /// Places in the order of all events of the history. Without a return the operation is
  /// indeterminate: it takes effect at some time after its invocation, or never.
  std::uint64_t invoked = 0;
  std::optional<std::uint64_t> returned;

  std::string command;                // As the machine applies it.
  std::optional<std::string> result;  // As the machine returned it; nothing allows any result.

  std::int64_t invoked_at = 0;   // Nanoseconds, for reports only.
  std::int64_t returned_at = 0;  // Meaningless without a return.
  std::string level;             // How a read was asked for; empty if there is but one way.
  std::size_t line = 0;  // Of the invocation in the file it was read from; 0 without a file.
};

struct History {
  const statemachine::MachineKind* machine = nullptr;  // Never null in a history to be checked.
  std::vector<Operation> operations;                   // Ordered by invocation.
};

/// Builds a history event by event, and gives each event its place. A value: copies go on apart.
class HistoryRecorder {
 public:
  explicit HistoryRecorder(const statemachine::MachineKind& machine) : machine_(&machine) {}

  /// A client begins an operation; returns the number by which the calls below name it.
  std::size_t invoke(std::uint64_t process, std::string command, std::int64_t at = 0,
                     std::size_t line = 0, std::string level = {});

  /// The operation took effect and returned this, or something unknown. Requires: it is open.
  void complete(std::size_t operation, std::optional<std::string> result, std::int64_t at = 0);

  /// The operation certainly never takes effect, and leaves the history. Requires: it is open.
  void fail(std::size_t operation);

  /// The history so far; operations still open are indeterminate.
  History history() const;

 private:
  struct Entry {
    Operation operation;
    bool failed = false;
  };

  const statemachine::MachineKind* machine_;
  std::vector<Entry> entries_;
  std::uint64_t next_event_ = 0;
};

}  // namespace lockstep::chaos
