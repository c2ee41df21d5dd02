// One system under many seeds, on all cores.
//
// Workers are processes, forked before anything runs, so that nothing one seed does can reach
// another; each takes every n-th seed. Results arrive in any order and are put back into the order
// of their seeds, so what is made of them does not depend on how many workers there were.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "chaos/seed_summary.pb.h"
#include "chaos/simulation.h"

namespace lockstep::chaos {

struct SeedRange {
  std::uint64_t first = 1;
  std::uint64_t last = 1;
  std::uint64_t count() const { return last - first + 1; }
};

/// A worker ended without a result for a seed: our own failure, not the system's.
struct WorkerFailure {
  std::uint64_t seed = 0;
  std::string what;
};

struct ManySeedsResult {
  std::vector<SeedSummary> seeds;  ///< by seed; with `stop_at_first`, up to the first failure
  std::vector<WorkerFailure> failures;
};

struct ManySeedsOptions {
  SeedRange range;
  std::uint32_t workers = 1;
  bool stop_at_first = false;  ///< at the smallest seed that is wrong or stuck
  /// Called in this process after each seed: how many are done, how many of them failed.
  std::function<void(std::uint64_t done, std::uint64_t failed)> progress;
};

/// Runs `run(seed)` for every seed of the range. Requires: this process has one thread and runs
/// nothing yet; range.first <= range.last; workers >= 1.
ManySeedsResult run_many(const ManySeedsOptions& options,
                         const std::function<RunResult(std::uint64_t seed)>& run);

SeedSummary summary_of(std::uint64_t seed, const RunResult& result);

inline Judgement judgement_of(const SeedSummary& summary) {
  return static_cast<Judgement>(summary.judgement());
}
inline bool failed(const SeedSummary& summary) {
  return judgement_of(summary) == Judgement::Wrong || judgement_of(summary) == Judgement::Stuck;
}

}  // namespace lockstep::chaos
