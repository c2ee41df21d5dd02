// The log in memory: the operations after a checkpoint, each with the view in which the primary
// gave it its number. View and number together are the 1988 paper's viewstamp: two replicas that
// have the same viewstamp have the same operation there, because nobody is primary of a view twice.
//
// It knows nothing of disks or messages; Viewstamped writes each change to storage beside it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <utility>

#include "consensus/viewstamped/view.h"
#include "transport/bytes.h"

namespace lockstep::consensus::viewstamped {

struct LogEntry {
  View view;
  bool is_reconfiguration = false;
  transport::Bytes content;  // A SessionCommand, or the bytes of a Members message.
};

class OperationLog {
 public:
  /// The operation before the first that is kept, which a checkpoint covers; 0 for none.
  std::uint64_t base() const { return base_; }

  /// The last operation's number (the paper's op-number); that of the base if there is none.
  std::uint64_t last() const { return base_ + entries_.size(); }

  /// Requires: base() < op <= last().
  const LogEntry& at(std::uint64_t op) const {
    return entries_[static_cast<std::size_t>(op - base_ - 1)];
  }

  void append(LogEntry entry) { entries_.push_back(std::move(entry)); }

  /// Removes the operations from `op` on. Requires: base() < op.
  void truncate(std::uint64_t op) {
    while (last() >= op) entries_.pop_back();
  }

  /// Forgets the operations up to `op`. Requires: base() <= op.
  void compact(std::uint64_t op) {
    while (base_ < op && !entries_.empty()) {
      entries_.pop_front();
      ++base_;
    }
    base_ = op;
  }

 private:
  std::uint64_t base_ = 0;
  std::deque<LogEntry> entries_;
};

}  // namespace lockstep::consensus::viewstamped
