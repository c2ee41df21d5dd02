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

const std::vector<std::string_view>& read_names() {
  static const std::vector<std::string_view> all{"log", "read_index", "lease", "follower", "local"};
  return all;
}

/// In the order of read_names().
const std::vector<Raft::ReadLevel>& read_levels() {
  using Options = consensus::raft::ReadOptions;
  static const std::vector<Raft::ReadLevel> all{Options::LOG, Options::READ_INDEX, Options::LEASE,
                                                Options::FOLLOWER, Options::LOCAL};
  return all;
}

const std::vector<chaos::SystemOption>& options() {
  static const std::vector<chaos::SystemOption> all{
      {"election_timeout", "150ms..300ms", "how long a follower waits for its leader"},
      {"heartbeat", "50ms", "how often a leader shows that it is there"},
      {"read", "read_index", "how reads are answered: log, read_index, lease, follower or local"},
      {"lease", "on", "the leader may answer reads from its lease"},
      {"lease_margin", "10", "per cent of the election timeout by which a lease ends early"},
      {"max_batch", "64", "most entries in one AppendEntries"},
      {"max_batch_bytes", "65536", "most bytes of commands in one AppendEntries"},
      {"pipeline", "8", "most AppendEntries with entries on their way to one follower"},
      {"max_uncommitted", "0", "most entries that may wait for their commit; 0 for any number"},
      {"async_disk_write", "on", "the leader sends entries while it writes them to its own disk"},
      {"snapshot_every", "200", "applied entries after which the log is compacted; 0 for never"},
      {"snapshot_bytes", "0", "applied bytes after which the log is compacted; 0 for never"},
      {"snapshot_keep", "0", "entries before a snapshot that stay in the log"},
      {"snapshot_chunk", "4096", "bytes of a snapshot in one InstallSnapshot"},
      {"noop_on_election", "on", "a leader begins its term with an empty entry"},
      {"pre_vote", "on", "a server asks whether it would win before it stands for election"},
      {"check_quorum", "on", "a leader that hears from no quorum steps down"},
      {"leader_stickiness", "on", "servers that hear from a leader ignore candidates"},
      {"priorities", "", "by node, such as 3,1,1: the leader should be one of the highest"},
      {"membership", "single", "how the group changes: single (one voter at a time) or joint"},
  };
  return all;
}

std::variant<std::shared_ptr<transport::Node>, std::string> make_node(
    const OptionValues& given, const statemachine::MachineKind& machine) {
  constexpr std::uint64_t kMany = 1'000'000;
  OptionReader reader(given, options());
  const auto small = [&](std::string_view name, std::uint64_t low, std::uint64_t high) {
    return static_cast<std::uint32_t>(reader.number(name, low, high));
  };
  Raft::Options raft;
  raft.election_timeout = reader.range("election_timeout");
  raft.heartbeat = reader.range("heartbeat");
  raft.read = read_levels()[reader.choice("read", read_names())];
  raft.lease = reader.flag("lease");
  raft.lease_margin = small("lease_margin", 0, 100);
  raft.max_batch = small("max_batch", 1, kMany);
  raft.max_batch_bytes = reader.number("max_batch_bytes", 1, 1 << 30);
  raft.pipeline = small("pipeline", 1, kMany);
  raft.max_uncommitted = reader.number("max_uncommitted", 0, kMany);
  raft.async_disk_write = reader.flag("async_disk_write");
  raft.snapshot_every = reader.number("snapshot_every", 0, 1'000'000'000);
  raft.snapshot_bytes = reader.number("snapshot_bytes", 0, 1'000'000'000);
  raft.snapshot_keep = reader.number("snapshot_keep", 0, kMany);
  raft.snapshot_chunk = small("snapshot_chunk", 1, 1 << 24);
  raft.noop_on_election = reader.flag("noop_on_election");
  raft.pre_vote = reader.flag("pre_vote");
  raft.check_quorum = reader.flag("check_quorum");
  raft.leader_stickiness = reader.flag("leader_stickiness");
  raft.priorities = reader.numbers("priorities", 63, 1'000);
  raft.joint_consensus = reader.choice("membership", {"single", "joint"}) == 1;
  if (reader.problem()) return *reader.problem();
  if (raft.heartbeat.high >= raft.election_timeout.low) {
    return "option heartbeat: must be shorter than election_timeout, or leaders never last";
  }
  if (raft.lease && !raft.leader_stickiness) {
    return "option lease: needs leader_stickiness, or a new leader may be elected during a lease";
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
  system.message_names = {"RequestVote",     "VoteReply",     "AppendEntries",
                          "AppendReply",     "InstallSnapshot", "SnapshotReply",
                          "TimeoutNow",      "ReadIndex",     "ReadIndexReply"};
  system.floor = {{Reach::Operations, 20}, {Reach::Elections, 1}, {Reach::Bites, 1}};
  system.make_node = make_node;
  system.survives = [](const OptionValues&) { return chaos::FaultModel::crash_recovery(); };
  system.monitors = monitors;
  system.promises = [] { return chaos::AnyPromises(consensus::RaftPromises{}); };
  return system;
}

}  // namespace lockstep::labs
