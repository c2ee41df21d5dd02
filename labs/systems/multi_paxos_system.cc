#include "consensus/paxos/multi_monitors.h"
#include "consensus/paxos/multi_paxos.h"
#include "consensus/paxos/multi_promises.h"
#include "consensus/replicated_log_monitor.h"
#include "consensus/single_writer_monitor.h"
#include "labs/systems/option_reader.h"
#include "labs/systems/registry.h"
#include "statemachine/sessions.h"

namespace lockstep::labs {

using chaos::OptionValues;
using chaos::Reach;
using chaos::System;
using consensus::MultiPaxos;

namespace {

constexpr std::uint64_t kMany = 1'000'000;

using ReadOptions = consensus::multi_paxos::ReadOptions;

/// A level of reads as `--option read=` names it.
struct NamedLevel {
  std::string_view name;
  MultiPaxos::ReadLevel level;
  bool any_node = false;
};

constexpr NamedLevel kLevels[] = {{"log", ReadOptions::LOG},
                                  {"lease", ReadOptions::LEASE},
                                  {"quorum", ReadOptions::QUORUM, true}};
constexpr std::string_view kMixed = "mixed";

const std::vector<std::string_view> kReadNames{kMixed, "log", "lease", "quorum"};

const std::vector<chaos::SystemOption>& options() {
  static const std::vector<chaos::SystemOption> all{
      {"election_timeout", "150ms..300ms", "how long a node waits for a leader", {}},
      {"heartbeat",
       "50ms",
       "how often a leader shows that it is there",
       {"50ms", "30ms", "20ms..60ms"}},
      {"window",
       "16",
       "slots under way at once, and slots after which a new configuration is in force",
       {"16", "1", "3", "64"}},
      {"batch", "64", "most slots in one message", {"64", "8", "1"}},
      {"snapshot_every",
       "200",
       "applied slots after which the log is compacted; 0 for never",
       {"20", "40", "100", "200"}},
      {"read", "mixed", "how clients read: log, lease, quorum or mixed", {}},
      {"lease", "on", "the leader may answer reads from its lease", {"on", "on", "on", "off"}},
      {"lease_margin",
       "10",
       "per cent of the election timeout by which a lease ends early",
       {"10", "20"}},
  };
  return all;
}

std::vector<chaos::ReadLevel> read_levels(const OptionValues& given) {
  OptionReader reader(given, options());
  const std::string_view wanted = kReadNames[reader.choice("read", kReadNames)];
  const bool has_lease = reader.flag("lease");
  std::vector<chaos::ReadLevel> levels;
  for (const auto& level : kLevels) {
    const bool is_possible = has_lease || level.level != ReadOptions::LEASE;
    if (level.name != wanted && !(wanted == kMixed && is_possible)) continue;
    ReadOptions bytes;
    bytes.set_level(level.level);
    levels.push_back({std::string(level.name), bytes.SerializeAsString(), level.any_node,
                      chaos::ReadLevel::Promise::Linearizable});
  }
  return levels;
}

/// Timeouts only cost time if clocks are wrong; leases rely on them. With rates off by up to e, the
/// leader's lease ends in time if it is (1 - e) / (1 + e) of the election timeout.
chaos::FaultModel survives(const OptionValues& given) {
  auto model = chaos::FaultModel::crash_recovery().allow(chaos::FaultKind::Membership);
  constexpr std::uint64_t kMillion = 1'000'000;
  OptionReader reader(given, options());
  const std::uint64_t margin = reader.number("lease_margin", 0, 100);
  for (const auto& level : read_levels(given)) {
    if (level.name != "lease" || !reader.flag("lease")) continue;
    model.limit_drift(static_cast<std::uint32_t>(margin * kMillion / (200 - margin)));
  }
  return model;
}

std::variant<std::shared_ptr<transport::Node>, std::string> make_node(
    const OptionValues& given, const statemachine::MachineKind& machine) {
  OptionReader reader(given, options());
  MultiPaxos::Options node;
  node.election_timeout = reader.range("election_timeout");
  node.heartbeat = reader.range("heartbeat");
  node.window = static_cast<std::uint32_t>(reader.number("window", 1, kMany));
  node.batch = static_cast<std::uint32_t>(reader.number("batch", 1, kMany));
  node.snapshot_every = reader.number("snapshot_every", 0, 1'000'000'000);
  node.lease = reader.flag("lease");
  node.lease_margin = static_cast<std::uint32_t>(reader.number("lease_margin", 0, 100));
  if (reader.problem()) return *reader.problem();
  if (node.heartbeat.high >= node.election_timeout.low) {
    return "option heartbeat: must be shorter than election_timeout, or leaders never last";
  }
  node.machine = statemachine::with_sessions(machine.make);
  return std::make_shared<transport::Hosted<MultiPaxos>>(std::move(node));
}

/// A write takes a round trip to the acceptors, who write while the leader does.
std::optional<chaos::Cost> cost(const OptionValues& given) {
  constexpr chaos::Steps kThroughTheLog{{2, 0}, {1, 0}};
  chaos::Cost cost{"2f+1", {-2, 2}, kThroughTheLog, {}};
  for (const auto& level : read_levels(given)) {
    chaos::Steps steps = kThroughTheLog;
    if (level.name == "lease") steps = {};
    if (level.name == "quorum") steps = {{2, 0}, {}};
    cost.reads.push_back({level.name, steps});
  }
  return cost;
}

std::vector<chaos::AnyMonitor> monitors(std::uint32_t nodes, const OptionValues& given) {
  OptionReader reader(given, options());
  consensus::Nodes founders;
  for (std::uint32_t id = 1; id <= nodes; ++id) founders.push_back(transport::NodeId{id});
  constexpr std::string_view kPaper = "Paxos Made Moderately Complex §2";
  return {chaos::AnyMonitor(
              consensus::MultiPaxosMonitor(std::move(founders), reader.number("window", 1, kMany))),
          chaos::AnyMonitor(consensus::ReplicatedLogMonitor({"ballot", kPaper})),
          chaos::AnyMonitor(consensus::SingleWriterMonitor("ballot", kPaper))};
}

}  // namespace

System multi_paxos_system() {
  System system;
  system.name = "multi-paxos";
  system.paper =
      "van Renesse, Altinbuken: Paxos Made Moderately Complex (ACM Computing Surveys 2015)";
  system.promise =
      "a linearizable state machine with exactly-once requests, as long as a majority of the nodes "
      "runs and reaches each other";
  system.options = options();
  system.machines = {"kv", "counter", "register", "decisions"};
  system.exactly_once = true;
  system.with_sessions = statemachine::with_sessions;
  system.message_names = {"Prepare",   "Promise",        "Refused",  "Accept", "Accepted",
                          "Heartbeat", "HeartbeatReply", "CatchUp",  "Chosen", "Snapshot",
                          "TakeOver",  "ReadQuery",      "ReadReply"};
  system.floor = {{Reach::Operations, 20}, {Reach::Elections, 1}, {Reach::Bites, 1}};
  system.reach_names = {"log reads",       "lease reads",  "quorum reads",
                        "recovered slots", "filled holes", "leaders that caught up",
                        "catch-ups",       "transfers",    "leaders left alone"};
  system.aims = {{"elections", 3},       {"snapshot installs", 1}, {"configuration changes", 2},
                 {"log reads", 10},      {"lease reads", 10},      {"quorum reads", 10},
                 {"recovered slots", 1}, {"filled holes", 1},      {"leaders that caught up", 1},
                 {"catch-ups", 5},       {"transfers", 1},         {"leaders left alone", 1}};
  system.make_node = make_node;
  system.cost = cost;
  system.survives = survives;
  system.read_levels = read_levels;
  system.monitors_for = monitors;
  system.promises = [] { return chaos::AnyPromises(consensus::MultiPaxosPromises{}); };
  return system;
}

}  // namespace lockstep::labs
