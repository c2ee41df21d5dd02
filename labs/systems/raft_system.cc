#include "consensus/raft/monitors.h"
#include "consensus/raft/promises.h"
#include "consensus/raft/raft.h"
#include "labs/systems/option_reader.h"
#include "labs/systems/registry.h"
#include "statemachine/sessions.h"

namespace lockstep::labs {

using chaos::OptionValues;
using chaos::Reach;
using chaos::System;
using consensus::Raft;

namespace {

const std::vector<chaos::SystemOption>& options() {
  static const std::vector<chaos::SystemOption> all{
      {"election_timeout", "150ms..300ms", "how long a follower waits for its leader"},
      {"heartbeat", "50ms", "how often a leader shows that it is there"},
      {"max_batch", "64", "most entries in one AppendEntries"},
      {"pipeline", "8", "most AppendEntries with entries on their way to one follower"},
      {"snapshot_every", "200", "applied entries after which the log is compacted; 0 for never"},
      {"snapshot_chunk", "4096", "bytes of a snapshot in one InstallSnapshot"},
      {"noop_on_election", "on", "a leader begins its term with an empty entry"},
  };
  return all;
}

std::variant<std::shared_ptr<transport::Node>, std::string> make_node(
    const OptionValues& given, const statemachine::MachineKind& machine) {
  constexpr std::uint64_t kMany = 1'000'000;
  OptionReader reader(given, options());
  Raft::Options raft;
  raft.election_timeout = reader.range("election_timeout");
  raft.heartbeat = reader.range("heartbeat");
  raft.max_batch = static_cast<std::uint32_t>(reader.number("max_batch", 1, kMany));
  raft.pipeline = static_cast<std::uint32_t>(reader.number("pipeline", 1, kMany));
  raft.snapshot_every = reader.number("snapshot_every", 0, 1'000'000'000);
  raft.snapshot_chunk = static_cast<std::uint32_t>(reader.number("snapshot_chunk", 1, 1 << 24));
  raft.noop_on_election = reader.flag("noop_on_election");
  if (reader.problem()) return *reader.problem();
  if (raft.heartbeat.high >= raft.election_timeout.low) {
    return "option heartbeat: must be shorter than election_timeout, or leaders never last";
  }
  raft.machine = statemachine::with_sessions(machine.make);
  return std::make_shared<transport::Hosted<Raft>>(std::move(raft));
}

std::vector<chaos::AnyMonitor> monitors(std::uint32_t nodes) {
  std::vector<transport::NodeId> members;
  for (std::uint32_t id = 1; id <= nodes; ++id) members.push_back(transport::NodeId{id});
  return {chaos::AnyMonitor(consensus::RaftMonitor(std::move(members)))};
}

}  // namespace

System raft_system() {
  System system;
  system.name = "raft";
  system.paper =
      "Ongaro, Ousterhout: In Search of an Understandable Consensus Algorithm (USENIX ATC 2014)";
  system.promise =
      "a linearizable state machine with exactly-once requests, as long as a majority of the nodes "
      "runs and reaches each other";
  system.options = options();
  system.machines = {"kv", "counter", "register"};
  system.exactly_once = true;
  system.message_names = {"RequestVote", "VoteReply",       "AppendEntries",
                          "AppendReply", "InstallSnapshot", "SnapshotReply"};
  system.floor = {{Reach::Operations, 20}, {Reach::Elections, 1}, {Reach::Bites, 1}};
  system.make_node = make_node;
  system.survives = [](const OptionValues&) { return chaos::FaultModel::crash_recovery(); };
  system.monitors = monitors;
  system.promises = [] { return chaos::AnyPromises(consensus::RaftPromises{}); };
  return system;
}

}  // namespace lockstep::labs
