// Which term each index of a log has, kept as runs: a log has few terms and many entries.
//
// Finding the term of an index, or the first or last index of a term, is a search among the runs.
// That is what the conflict rule of §5.3 asks for on every rejection. The log and the monitors
// share this class.
#pragma once

#include <optional>
#include <vector>

#include "consensus/raft/position.h"
#include "statemachine/fold.h"

namespace lockstep::consensus::raft {

class Terms {
 public:
  /// An empty log.
  Terms() = default;

  /// The position before the first entry: what the snapshot covers, or 0.
  Index base() const { return base_; }
  Term base_term() const { return base_term_; }

  /// The position of the last entry; that of the base if there is none.
  Index last() const { return last_; }
  Term last_term() const { return runs_.empty() ? base_term_ : runs_.back().term; }

  /// The term at an index from base() to last(); nothing outside.
  std::optional<Term> at(Index index) const;

  /// The first index after the base, up to and with `index`, from which on all have the term of
  /// `index`. Requires: base() < index <= last().
  Index first_of_run(Index index) const;

  /// The last index of a term; nothing if no entry after the base has it.
  std::optional<Index> last_of(Term term) const;

  void append(Term term);

  /// Removes the entries from `index` on. Requires: base() < index <= last().
  void truncate(Index index);

  /// Makes `index` the base. Requires: base() <= index <= last().
  void compact(Index index);

  /// Removes everything and starts anew after the given position.
  void reset(Index base, Term base_term);

  /// Folds everything into a digest.
  void fold_into(statemachine::Fold& digest) const;

  friend bool operator==(const Terms&, const Terms&) = default;

 private:
  struct Run {
    Index first{};
    Term term{};
    friend bool operator==(const Run&, const Run&) = default;
  };

  /// The run that holds `index`. Requires: base() < index <= last().
  std::vector<Run>::const_iterator run_of(Index index) const;

  Index base_{};
  Term base_term_{};
  Index last_{};
  std::vector<Run> runs_;  // Invariant: ascending by `first`; neighbours differ in term.
};

inline std::optional<Term> Terms::at(Index index) const {
  if (index == base_) return base_term_;
  if (index < base_ || index > last_) return std::nullopt;
  // Nearly every question is about the newest entries.
  return runs_.back().first <= index ? runs_.back().term : run_of(index)->term;
}

}  // namespace lockstep::consensus::raft
