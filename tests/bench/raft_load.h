// Raft under load, as the benchmarks and the soak test run it.
#pragma once

#include "consensus/raft/raft.h"
#include "statemachine/kv.h"
#include "statemachine/sessions.h"
#include "tests/bench/closed_loop.h"

namespace lockstep::bench {

/// Five nodes, sixteen requests under way, sixteen-byte values on eight keys; the log is compacted.
inline Load raft_load() {
  Load load;
  load.clients = 16;
  load.make = [] {
    consensus::Raft::Options options;
    options.machine = statemachine::with_sessions(statemachine::kv::make);
    options.snapshot_every = 1000;
    return std::make_unique<transport::Hosted<consensus::Raft>>(std::move(options));
  };
  load.command = [](std::uint64_t sequence) {
    return statemachine::kv::put("key" + std::to_string(sequence % 8), "sixteen bytes...");
  };
  return load;
}

}  // namespace lockstep::bench
