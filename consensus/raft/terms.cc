#include "consensus/raft/terms.h"

#include <algorithm>

namespace lockstep::consensus::raft {

std::vector<Terms::Run>::const_iterator Terms::run_of(Index index) const {
  const auto after = std::partition_point(runs_.begin(), runs_.end(),
                                          [&](const Run& run) { return run.first <= index; });
  return std::prev(after);
}

Index Terms::first_of_run(Index index) const { return run_of(index)->first; }

std::optional<Index> Terms::last_of(Term term) const {
  const auto found =
      std::find_if(runs_.rbegin(), runs_.rend(), [&](const Run& run) { return run.term <= term; });
  if (found == runs_.rend() || found->term != term) return std::nullopt;
  return found == runs_.rbegin() ? last_ : previous(std::prev(found)->first);
}

void Terms::append(Term term) {
  last_ = next(last_);
  if (runs_.empty() || runs_.back().term != term) runs_.push_back({last_, term});
}

void Terms::truncate(Index index) {
  last_ = previous(index);
  while (!runs_.empty() && runs_.back().first > last_) runs_.pop_back();
}

void Terms::compact(Index index) {
  if (index == base_) return;
  const auto run = run_of(index);
  base_ = index;
  base_term_ = run->term;
  runs_.erase(runs_.begin(), run);
  runs_.front().first = next(base_);
  if (base_ == last_) runs_.clear();
  if (runs_.size() > 1 && runs_[1].first == runs_[0].first) runs_.erase(runs_.begin());
}

void Terms::reset(Index base, Term base_term) {
  *this = Terms();
  base_ = last_ = base;
  base_term_ = base_term;
}

void Terms::fold_into(statemachine::Fold& digest) const {
  digest(number(base_));
  digest(number(base_term_));
  digest(number(last_));
  digest(runs_.size());
  for (const Run& run : runs_) {
    digest(number(run.first));
    digest(number(run.term));
  }
}

}  // namespace lockstep::consensus::raft
