// What `./lockstep bench simulator` measures.
#pragma once

#include <vector>

#include "tests/bench/rounds.h"

namespace lockstep::bench {

/// In the order in which the report expects them.
enum class SubjectKind : std::uint8_t {
  Loop,
  Message,
  StoredMessage,
  RaftBare,
  RaftDigest,
  RaftMonitors,
  RaftInjector,
  RaftWire,
  Abd,
  Seeds,
};

std::vector<Subject> simulator_subjects();

/// Writes to storage per step of Raft, erased keys included.
double raft_writes_per_step();

}  // namespace lockstep::bench
