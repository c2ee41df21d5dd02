#include "consensus/raft/log.h"

#include <cstddef>
#include <utility>

namespace lockstep::consensus::raft {

void Log::append(Term term, LogEntry entry) {
  terms_.append(term);
  entries_.push_back(std::move(entry));
}

void Log::truncate(Index index) {
  entries_.resize(place(index));
  terms_.truncate(index);
}

void Log::compact(Index index) {
  const auto covered = static_cast<std::ptrdiff_t>(distance(base(), index));
  entries_.erase(entries_.begin(), entries_.begin() + covered);
  terms_.compact(index);
}

void Log::reset(Index base, Term base_term) {
  entries_.clear();
  terms_.reset(base, base_term);
}

}  // namespace lockstep::consensus::raft
