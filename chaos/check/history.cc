#include "chaos/check/history.h"

#include <utility>

namespace lockstep::chaos {

std::size_t HistoryRecorder::invoke(std::uint64_t process, std::string command, std::int64_t at,
                                    std::size_t line, std::string level) {
  Entry entry;
  entry.operation.process = process;
  entry.operation.invoked = next_event_++;
  entry.operation.command = std::move(command);
  entry.operation.invoked_at = at;
  entry.operation.level = std::move(level);
  entry.operation.line = line;
  entries_.push_back(std::move(entry));
  return entries_.size() - 1;
}

void HistoryRecorder::complete(std::size_t operation, std::optional<std::string> result,
                               std::int64_t at) {
  Operation& completed = entries_[operation].operation;
  completed.returned = next_event_++;
  completed.result = std::move(result);
  completed.returned_at = at;
}

void HistoryRecorder::fail(std::size_t operation) { entries_[operation].failed = true; }

History HistoryRecorder::history() const {
  History history{machine_, {}};
  for (const Entry& entry : entries_) {
    if (!entry.failed) history.operations.push_back(entry.operation);
  }
  return history;
}

}  // namespace lockstep::chaos
