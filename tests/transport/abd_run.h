// One eventful run of ABD, hosted in any way, and what must be equal in all of them.
#pragma once

#include "transport/simulated/cluster.h"

namespace lockstep::tests {

struct Outcome {
  std::uint64_t digest = 0;
  std::uint64_t replies = 0;
  transport::ClusterCounts counts;
  bool operator==(const Outcome& other) const {
    return digest == other.digest && replies == other.replies &&
           counts.handlers == other.counts.handlers &&
           counts.message_bytes == other.counts.message_bytes;
  }
};

/// Five replicas, four clients, crashes with torn writes, loss, duplicates and a drifting clock.
Outcome run_abd(transport::HostFactory host, std::uint64_t seed);

}  // namespace lockstep::tests
