// Ten virtual seconds of Raft under faults, from nothing to its verdict: what one seed costs.
#pragma once

#include <cstdint>

namespace lockstep::bench {

struct SeedRun {
  std::uint64_t steps = 0;
  std::uint64_t handlers = 0;
  std::uint64_t messages = 0;
  std::uint64_t commits = 0;
  bool violated = false;
};

/// A fresh cluster of five; each virtual second begins with another random partition, 2 % of all
/// messages are lost, delays vary, and one client writes as fast as it is answered. Monitors and
/// the digest of the run are on.
SeedRun run_seed(std::uint64_t seed);

}  // namespace lockstep::bench
