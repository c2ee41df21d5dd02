#include "consensus/chain/chain.h"
#include "consensus/chain/monitors.h"
#include "consensus/chain/promises.h"
#include "consensus/raft/monitors.h"
#include "consensus/raft/promises.h"
#include "consensus/raft/raft.h"
#include "consensus/replicated_log_monitor.h"
#include "labs/systems/chain_family.h"
#include "labs/systems/option_reader.h"
#include "labs/systems/registry.h"
#include "statemachine/sessions.h"

namespace lockstep::labs {

using chaos::OptionValues;
using chaos::Reach;
using chaos::System;
using consensus::Chain;
using consensus::Raft;

namespace {

using ReadOptions = consensus::chain::ReadOptions;
using transport::NodeId;

/// A level of reads as `--option read=` names it.
struct NamedLevel {
  std::string_view name;
  Chain::ReadLevel level;
  bool any_node = true;
};

constexpr NamedLevel kLevels[] = {{"tail", ReadOptions::TAIL, false},
                                  {"any", ReadOptions::ANY},
                                  {"any_bounded", ReadOptions::ANY_BOUNDED},
                                  {"any_eventual", ReadOptions::ANY_EVENTUAL}};

/// All that is linearizable, and all levels.
constexpr std::string_view kMixed = "mixed";
constexpr std::string_view kMixedWeak = "mixed_weak";

std::vector<std::string_view> read_names() {
  std::vector<std::string_view> names{kMixed, kMixedWeak};
  for (const auto& level : kLevels) names.push_back(level.name);
  return names;
}

std::vector<chaos::SystemOption> common_options() {
  return {
      {"masters",
       "3",
       "how many masters there are, besides --nodes; they have the first numbers",
       {}},
      {"heartbeat",
       "50ms",
       "how often a server renews its lease and shows its neighbours that it is there",
       {"50ms", "30ms"}},
      {"patience",
       "6",
       "heartbeats without a word after which a neighbour is suspected",
       {"6", "4", "10"}},
      {"lease",
       "300ms",
       "how long a server may answer reads after it asked the master",
       {"300ms", "200ms"}},
      {"lease_margin",
       "10",
       "per cent of the lease that others wait longer before they have a server removed",
       {"10", "20"}},
      {"max_batch", "64", "most updates in one message", {"64", "8", "1"}},
      {"window",
       "0",
       "most updates that may wait for their commit; 0 for any number",
       {"0", "0", "16"}},
      {"snapshot_every",
       "100",
       "committed updates after which the history is replaced by a snapshot; 0 for never",
       {"20", "100", "0"}},
  };
}

const std::vector<chaos::SystemOption>& options(bool apportioned) {
  static const std::vector<chaos::SystemOption> chain = common_options();
  static const std::vector<chaos::SystemOption> craq = [] {
    auto all = common_options();
    all.push_back(
        {"read",
         "mixed",
         "how clients read: tail, any, any_bounded, any_eventual, mixed (tail and any) or "
         "mixed_weak (all)",
         {"mixed", "mixed_weak"}});
    all.push_back(
        {"bound", "20ms", "how stale an answer to any_bounded may be", {"20ms", "100ms"}});
    return all;
  }();
  return apportioned ? craq : chain;
}

std::vector<chaos::ReadLevel> read_levels(const OptionValues& given) {
  using Promise = chaos::ReadLevel::Promise;
  OptionReader reader(given, options(true));
  const std::string_view wanted = read_names()[reader.choice("read", read_names())];
  const auto bound = reader.range("bound").high;
  std::vector<chaos::ReadLevel> levels;
  for (const auto& level : kLevels) {
    const bool is_weak =
        level.level == ReadOptions::ANY_BOUNDED || level.level == ReadOptions::ANY_EVENTUAL;
    const bool is_mixed = wanted == kMixedWeak || (wanted == kMixed && !is_weak);
    if (level.name != wanted && !is_mixed) continue;
    ReadOptions bytes;
    bytes.set_level(level.level);
    chaos::ReadLevel made{std::string(level.name), {}, level.any_node, Promise::Linearizable};
    if (level.level == ReadOptions::ANY_EVENTUAL) made.promise = Promise::SequentialPerReplica;
    if (level.level == ReadOptions::ANY_BOUNDED) {
      const auto microseconds = std::chrono::duration_cast<std::chrono::microseconds>(bound);
      bytes.set_bound_us(static_cast<std::uint64_t>(microseconds.count()));
      // The server's clock may be slow.
      made.staleness = bound + bound / 10;
    }
    made.options = bytes.SerializeAsString();
    levels.push_back(std::move(made));
  }
  return levels;
}

std::uint32_t masters_in(const OptionValues& given) {
  constexpr std::uint64_t kMastersMax = 9;
  OptionReader reader(given, options(false));
  return static_cast<std::uint32_t>(reader.number("masters", 1, kMastersMax));
}

/// The leases rest on clocks: see Chain::Options::lease_margin.
chaos::FaultModel survives(const OptionValues& given) {
  constexpr std::uint64_t kMillion = 1'000'000;
  OptionReader reader(given, options(false));
  const std::uint64_t margin = reader.number("lease_margin", 0, 1'000);
  auto model = chaos::FaultModel::crash_recovery();
  model.limit_drift(static_cast<std::uint32_t>(margin * kMillion / (200 + margin)));
  return model;
}

std::variant<std::shared_ptr<transport::Node>, std::string> make_server(
    const OptionValues& given, const statemachine::MachineKind& machine, bool apportioned) {
  constexpr std::uint64_t kMany = 1'000'000;
  OptionReader reader(given, options(apportioned));
  const auto small = [&](std::string_view name, std::uint64_t low, std::uint64_t high) {
    return static_cast<std::uint32_t>(reader.number(name, low, high));
  };
  Chain::Options chain;
  chain.masters = small("masters", 1, 9);
  chain.apportioned = apportioned;
  chain.object = machine.partition;
  chain.heartbeat = reader.range("heartbeat").high;
  chain.patience = small("patience", 1, 1'000);
  chain.lease = reader.range("lease").high;
  chain.lease_margin = small("lease_margin", 0, 1'000);
  chain.max_batch = small("max_batch", 1, kMany);
  chain.window = reader.number("window", 0, kMany);
  chain.snapshot_every = reader.number("snapshot_every", 0, 1'000'000'000);
  if (apportioned) {
    reader.choice("read", read_names());
    reader.range("bound");
  }
  if (reader.problem()) return *reader.problem();
  if (chain.heartbeat >= chain.lease) {
    return "option heartbeat: must be shorter than lease, or leases end before they are renewed";
  }
  chain.machine = statemachine::with_sessions(machine.make);
  return std::make_shared<transport::Hosted<Chain>>(std::move(chain));
}

/// All servers write before they pass on, the head too (its s is the one that the papers' pipeline
/// would hide). The tail answers, at some distance from a client beside the head. A read at another
/// server is of a clean object here, since the client waits for its writes.
chaos::Cost cost(const OptionValues& given, bool apportioned) {
  chaos::Cost cost{"f+1, and 2g+1 masters", {-2, 2}, {{0, 1}, {0, 1}}, {}};
  if (!apportioned) {
    cost.reads.push_back({"", {}});
    return cost;
  }
  for (const auto& level : read_levels(given)) cost.reads.push_back({level.name, {}});
  return cost;
}

std::vector<NodeId> master_nodes(std::uint32_t masters) {
  std::vector<NodeId> nodes;
  for (std::uint32_t id = 1; id <= masters; ++id) nodes.push_back(NodeId{id});
  return nodes;
}

std::shared_ptr<transport::Node> make_master(std::uint32_t masters) {
  Raft::Options raft;
  raft.members = master_nodes(masters);
  raft.machine = statemachine::with_sessions(consensus::chain::make_master);
  raft.snapshot_every = 50;
  return std::make_shared<transport::Hosted<Raft>>(std::move(raft));
}

/// Raft's monitor for the masters; the other nodes are none of its group.
class MastersMonitor {
 public:
  explicit MastersMonitor(std::uint32_t masters)
      : masters_(masters), monitor_(master_nodes(masters)) {}

  void see(const transport::Witness& witness) {
    if (number(witness.node) <= masters_) monitor_.see(witness);
  }
  const std::optional<transport::Violation>& violation() const { return monitor_.violation(); }
  std::uint64_t digest() const { return monitor_.digest(); }

 private:
  std::uint32_t masters_;
  consensus::RaftMonitor monitor_;
};

/// What the servers of the chain promise, and what the masters do.
class Promises {
 public:
  std::optional<transport::Probe> see(const transport::Witness& witness) {
    auto probe = chain_.see(witness);
    return probe ? probe : masters_.see(witness);
  }

 private:
  consensus::ChainPromises chain_;
  consensus::RaftPromises masters_;
};

std::vector<chaos::AnyMonitor> monitors(const OptionValues& given) {
  const std::uint32_t masters = masters_in(given);
  return {
      chaos::AnyMonitor(consensus::ReplicatedLogMonitor({"epoch", "OSDI'04 §2"}, Chain::kGroup)),
      chaos::AnyMonitor(consensus::ChainMonitor(masters, Chain::kGroup)),
      chaos::AnyMonitor(MastersMonitor(masters))};
}

}  // namespace

System chain_family(bool apportioned) {
  System system;
  system.options = options(apportioned);
  system.exactly_once = true;
  system.with_sessions = statemachine::with_sessions;
  system.group = Chain::kGroup;
  system.message_names = {"Update",       "UpdateAck",     "State",       "VersionQuery",
                          "VersionReply", "AppendEntries", "AppendReply", "VoteReply"};
  if (!apportioned)
    std::erase_if(system.message_names,
                  [](const std::string& name) { return name.starts_with("Version"); });
  system.floor = {{Reach::Operations, 20}, {Reach::Bites, 1}};
  system.reach_names = {"heads removed",    "middles removed", "tails removed", "joins",
                        "false suspicions", "tail reads",      "clean reads",   "dirty reads",
                        "eventual reads",   "bounded reads"};
  system.supporting_nodes = masters_in;
  system.make_node = [apportioned](const OptionValues& given,
                                   const statemachine::MachineKind& machine) {
    return make_server(given, machine, apportioned);
  };
  system.make_node_for = [apportioned](const OptionValues& given,
                                       const statemachine::MachineKind& machine, NodeId node) {
    const std::uint32_t masters = masters_in(given);
    if (number(node) <= masters) return make_master(masters);
    return std::get<std::shared_ptr<transport::Node>>(make_server(given, machine, apportioned));
  };
  system.survives = survives;
  system.cost = [apportioned](const OptionValues& given) { return cost(given, apportioned); };
  system.monitors_for = [](std::uint32_t, const OptionValues& given) { return monitors(given); };
  system.promises = [] { return chaos::AnyPromises(Promises{}); };
  if (apportioned) system.read_levels = read_levels;
  return system;
}

System chain_system() {
  System system = chain_family(false);
  system.name = "chain";
  system.paper =
      "van Renesse, Schneider: Chain Replication for Supporting High Throughput and Availability "
      "(OSDI 2004)";
  system.promise =
      "a linearizable state machine with exactly-once requests, as long as one server of the chain "
      "and a majority of the masters run and reach each other";
  system.machines = {"kv", "counter", "register"};
  system.aims = {{"heads removed", 1}, {"middles removed", 1},  {"tails removed", 1},
                 {"joins", 1},         {"false suspicions", 1}, {"snapshot installs", 1},
                 {"tail reads", 10}};
  return system;
}

}  // namespace lockstep::labs
