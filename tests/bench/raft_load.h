// Raft under load, as the benchmarks and the soak test run it.
#pragma once

#include "consensus/raft/monitors.h"
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

/// Raft's monitor, watching a cluster.
class Monitors final : public transport::Observer {
 public:
  explicit Monitors(const transport::Cluster& cluster) : monitor_(cluster.nodes()) {}
  void see(const transport::Witness& witness) override { monitor_.see(witness); }
  const consensus::RaftMonitor& monitor() const { return monitor_; }

 private:
  consensus::RaftMonitor monitor_;
};

}  // namespace lockstep::bench
