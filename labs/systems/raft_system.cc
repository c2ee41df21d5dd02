#include "consensus/raft/monitors.h"
#include "consensus/raft/promises.h"
#include "consensus/raft/raft.h"
#include "consensus/single_writer_monitor.h"
#include "labs/systems/option_reader.h"
#include "labs/systems/registry.h"
#include "statemachine/sessions.h"

namespace lockstep::labs {

using chaos::OptionValues;
using chaos::Reach;
using chaos::System;
using consensus::Raft;

namespace {

using ReadOptions = consensus::raft::ReadOptions;

/// A level of reads as `--option read=` names it.
struct NamedLevel {
  std::string_view name;
  Raft::ReadLevel level;
  bool any_node = false;
  bool is_linearizable = true;
};

constexpr NamedLevel kLevels[] = {{"log", ReadOptions::LOG},
                                  {"read_index", ReadOptions::READ_INDEX},
                                  {"lease", ReadOptions::LEASE},
                                  {"follower", ReadOptions::FOLLOWER, true},
                                  {"local", ReadOptions::LOCAL, true, false}};

/// All that is linearizable, and all levels.
constexpr std::string_view kMixed = "mixed";
constexpr std::string_view kMixedLocal = "mixed_local";

std::vector<std::string_view> read_names() {
  std::vector<std::string_view> names{kMixed, kMixedLocal};
  for (const auto& level : kLevels) names.push_back(level.name);
  return names;
}

using Values = std::vector<std::string>;
const Values kEither{"on", "off"};
const Values kMostlyOn{"on", "on", "on", "off"};

const std::vector<chaos::SystemOption>& options() {
  static const std::vector<chaos::SystemOption> all{
      {"election_timeout", "150ms..300ms", "how long a follower waits for its leader", {}},
      {"heartbeat",
       "50ms",
       "how often a leader shows that it is there",
       {"50ms", "30ms", "20ms..60ms"}},
      {"read",
       "mixed",
       "how clients read: log, read_index, lease, follower, local, mixed (all but local) or "
       "mixed_local",
       {"mixed", "mixed_local"}},
      {"lease", "on", "the leader may answer reads from its lease", kMostlyOn},
      {"lease_margin",
       "10",
       "per cent of the election timeout by which a lease ends early",
       {"10", "20"}},
      {"max_batch", "64", "most entries in one AppendEntries", {"64", "8", "1"}},
      {"max_batch_bytes", "65536", "most bytes of commands in one AppendEntries", {"65536", "100"}},
      {"pipeline",
       "8",
       "most AppendEntries with entries on their way to one follower",
       {"8", "1", "32"}},
      {"max_uncommitted",
       "0",
       "most entries that may wait for their commit; 0 for any number",
       {"0", "0", "16"}},
      {"async_disk_write", "on", "the leader sends entries while it writes them to its own disk",
       kEither},
      {"snapshot_every",
       "200",
       "applied entries after which the log is compacted; 0 for never",
       {"20", "40", "100", "200"}},
      {"snapshot_bytes",
       "0",
       "applied bytes after which the log is compacted; 0 for never",
       {"0", "0", "2000"}},
      {"snapshot_keep", "0", "entries before a snapshot that stay in the log", {"0", "0", "10"}},
      {"snapshot_chunk",
       "4096",
       "bytes of a snapshot in one InstallSnapshot",
       {"4096", "256", "64"}},
      {"noop_on_election", "on", "a leader begins its term with an empty entry", kMostlyOn},
      {"pre_vote", "on", "a server asks whether it would win before it stands for election",
       kMostlyOn},
      {"check_quorum", "on", "a leader that hears from no quorum steps down", kMostlyOn},
      {"leader_stickiness", "on", "servers that hear from a leader ignore candidates", {}},
      {"priorities",
       "",
       "by node, such as 3,1,1: the leader should be one of the highest",
       {"", "", "2,1,1,3"}},
      {"membership",
       "single",
       "how the group changes: single (one voter at a time) or joint",
       {"single", "joint"}},
      {"records",
       "plain",
       "how records lie on disk: plain, or sealed, which survives torn writes",
       {}},
  };
  return all;
}

std::vector<chaos::ReadLevel> read_levels(const OptionValues& given) {
  OptionReader reader(given, options());
  const std::string_view wanted = read_names()[reader.choice("read", read_names())];
  const bool has_lease = reader.flag("lease");
  std::vector<chaos::ReadLevel> levels;
  for (const auto& level : kLevels) {
    const bool is_mixed = wanted == kMixedLocal || (wanted == kMixed && level.is_linearizable);
    const bool is_possible = has_lease || level.level != ReadOptions::LEASE;
    if (level.name != wanted && !(is_mixed && is_possible)) continue;
    ReadOptions bytes;
    bytes.set_level(level.level);
    using Promise = chaos::ReadLevel::Promise;
    levels.push_back(
        {std::string(level.name), bytes.SerializeAsString(), level.any_node,
         level.is_linearizable ? Promise::Linearizable : Promise::SequentialPerReplica});
  }
  return levels;
}

/// Of requests that do not say how, which clients of ours never send.
Raft::ReadLevel default_level(std::string_view name) {
  for (const auto& level : kLevels) {
    if (level.name == name) return level.level;
  }
  return ReadOptions::READ_INDEX;
}

/// Timeouts only cost time if clocks are wrong; leases rely on them. With rates off by up to e, the
/// leader's lease ends in time if it is (1 - e) / (1 + e) of the election timeout.
chaos::FaultModel survives(const OptionValues& given) {
  auto model = chaos::FaultModel::crash_recovery().allow(chaos::FaultKind::Membership);
  constexpr std::uint64_t kMillion = 1'000'000;
  OptionReader reader(given, options());
  if (reader.choice("records", {"plain", "sealed"}) == 1) {
    model.allow(chaos::FaultKind::TornWrite);
  }
  const std::uint64_t margin = reader.number("lease_margin", 0, 100);
  for (const auto& level : read_levels(given)) {
    if (level.name != "lease" || !reader.flag("lease")) continue;
    model.limit_drift(static_cast<std::uint32_t>(margin * kMillion / (200 - margin)));
  }
  return model;
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
  raft.read = default_level(read_names()[reader.choice("read", read_names())]);
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
  raft.sealed_records = reader.choice("records", {"plain", "sealed"}) == 1;
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

/// The leader writes while its followers get the entry; without that, it writes first.
chaos::Cost cost(const OptionValues& given) {
  OptionReader reader(given, options());
  const chaos::Steps entry{{2}, {reader.flag("async_disk_write") ? 1 : 2}};
  const chaos::Steps round{{2}, {0}};
  chaos::Cost cost{"2f+1", {-2, 2}, entry, {}};
  for (const auto& level : read_levels(given)) {
    const bool asks_leader = level.name == "follower";
    cost.reads.push_back({level.name, level.name == "log"          ? entry
                                      : level.name == "read_index" ? round
                                      : asks_leader                ? chaos::Steps{{4}, {0}}
                                                                   : chaos::Steps{}});
  }
  return cost;
}

std::vector<chaos::AnyMonitor> monitors(std::uint32_t nodes) {
  std::vector<transport::NodeId> members;
  for (std::uint32_t id = 1; id <= nodes; ++id) members.push_back(transport::NodeId{id});
  return {chaos::AnyMonitor(consensus::RaftMonitor(std::move(members))),
          chaos::AnyMonitor(consensus::SingleWriterMonitor("term", "§5.2, §8"))};
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
  system.with_sessions = statemachine::with_sessions;
  system.message_names = {"RequestVote", "VoteReply",       "AppendEntries",
                          "AppendReply", "InstallSnapshot", "SnapshotReply",
                          "TimeoutNow",  "ReadIndex",       "ReadIndexReply"};
  system.floor = {{Reach::Operations, 20}, {Reach::Elections, 1}, {Reach::Bites, 1}};
  system.make_node = make_node;
  system.cost = cost;
  system.reach_names = {"log reads",
                        "index reads",
                        "lease reads",
                        "follower reads",
                        "local reads",
                        "transfers",
                        "pre-votes lost",
                        "check-quorum step-downs",
                        "configurations committed",
                        "resumed snapshot transfers"};
  system.aims = {{"elections", 3},
                 {"truncations", 1},
                 {"snapshot installs", 1},
                 {"configuration changes", 2},
                 {"log reads", 10},
                 {"index reads", 10},
                 {"lease reads", 10},
                 {"follower reads", 10},
                 {"local reads", 10},
                 {"transfers", 1},
                 {"pre-votes lost", 1},
                 {"check-quorum step-downs", 1},
                 {"resumed snapshot transfers", 1}};
  system.survives = survives;
  system.read_levels = read_levels;
  system.monitors = monitors;
  system.promises = [] { return chaos::AnyPromises(consensus::RaftPromises{}); };
  return system;
}

}  // namespace lockstep::labs
