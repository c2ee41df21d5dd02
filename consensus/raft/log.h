// The log in memory: the entries after a snapshot, and the position that the snapshot covers.
//
// It knows nothing of disks or messages; Raft writes each change to storage beside it.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>

#include "consensus/raft/position.h"
#include "consensus/raft/terms.h"
#include "transport/bytes.h"

namespace lockstep::consensus::raft {

struct LogEntry {
  enum class Kind : std::uint8_t { NoOp, Command, Configuration };
  Kind kind = Kind::NoOp;
  transport::Bytes content;  // A SessionCommand, or the bytes of a Members message.
};

class Log {
 public:
  /// The position before the first entry: what the snapshot covers, or 0.
  Index base() const { return terms_.base(); }
  Term base_term() const { return terms_.base_term(); }

  /// The position of the last entry; that of the base if there is none.
  Index last() const { return terms_.last(); }
  Term last_term() const { return terms_.last_term(); }

  /// Which term each index has.
  const Terms& terms() const { return terms_; }

  /// Whether the entry at `index` is known to have this term. What a snapshot covers is committed,
  /// so every leader has the same there, although its terms are forgotten.
  bool matches(Index index, Term term) const { return index <= base() || terms_.at(index) == term; }

  /// Requires: base() < index <= last().
  const LogEntry& at(Index index) const { return entries_[place(index)]; }

  void append(Term term, LogEntry entry);

  /// Removes the entries from `index` on. Requires: base() < index <= last().
  void truncate(Index index);

  /// Forgets the entries up to `index`, which a snapshot covers now.
  /// Requires: base() <= index <= last().
  void compact(Index index);

  /// Removes everything and starts anew after the given position.
  void reset(Index base, Term base_term);

 private:
  std::size_t place(Index index) const { return distance(base(), index) - 1; }

  Terms terms_;
  std::deque<LogEntry> entries_;  // Invariant: one for each index after base() to last().
};

}  // namespace lockstep::consensus::raft
