#include "consensus/single_writer_monitor.h"
#include "consensus/viewstamped/monitors.h"
#include "consensus/viewstamped/promises.h"
#include "consensus/viewstamped/viewstamped.h"
#include "labs/systems/option_reader.h"
#include "labs/systems/registry.h"
#include "statemachine/sessions.h"

namespace lockstep::labs {

using chaos::OptionValues;
using chaos::Reach;
using chaos::System;
using consensus::Viewstamped;

namespace {

using ReadOptions = consensus::viewstamped::ReadOptions;

constexpr std::string_view kReads[] = {"mixed", "log", "lease"};

const std::vector<chaos::SystemOption>& options() {
  static const std::vector<chaos::SystemOption> all{
      {"view_timeout", "150ms..300ms", "how long a backup waits for its primary", {}},
      {"heartbeat",
       "50ms",
       "how often a primary shows that it is there",
       {"50ms", "30ms", "20ms..60ms"}},
      {"disk",
       "off",
       "on: views and log are on disk (1988); off: a replica that restarts asks the others (2012)",
       {"off", "off", "on"}},
      {"recovery",
       "crash_vector",
       "without a disk: crash_vector, or nonce as in the paper, which late messages can defeat",
       {}},
      {"max_batch", "64", "most operations in one PREPARE", {"64", "8", "1"}},
      {"checkpoint_every",
       "200",
       "operations after which a checkpoint is taken; 0 for never",
       {"20", "40", "100", "200"}},
      {"checkpoint_keep",
       "0",
       "operations before a checkpoint that stay in the log",
       {"0", "0", "10"}},
      {"read", "mixed", "how clients read: log, lease, or mixed", {"mixed", "log"}},
      {"lease", "on", "the primary may answer reads from its lease", {"on", "on", "off"}},
      {"lease_margin",
       "10",
       "per cent of the view timeout by which a lease ends early",
       {"10", "20"}},
  };
  return all;
}

std::vector<chaos::ReadLevel> read_levels(const OptionValues& given) {
  OptionReader reader(given, options());
  const std::string_view wanted = kReads[reader.choice("read", {kReads[0], kReads[1], kReads[2]})];
  const bool has_lease = reader.flag("lease");
  std::vector<chaos::ReadLevel> levels;
  for (const auto& [name, level] :
       {std::pair("log", ReadOptions::LOG), std::pair("lease", ReadOptions::LEASE)}) {
    const bool is_possible = has_lease || level != ReadOptions::LEASE;
    if (wanted != name && !(wanted == "mixed" && is_possible)) continue;
    ReadOptions bytes;
    bytes.set_level(level);
    levels.push_back({name, bytes.SerializeAsString()});
  }
  return levels;
}

/// Timeouts only cost time if clocks are wrong; leases rely on them, see Raft's. What is not on
/// disk is lost with the last who knows it; and by the paper's nonce alone, messages from before a
/// crash must not arrive after it.
chaos::FaultModel survives(const OptionValues& given) {
  OptionReader reader(given, options());
  using chaos::FaultKind;
  auto model = chaos::FaultModel::crash_recovery();
  const bool has_disk = reader.flag("disk");
  if (has_disk) model.allow(FaultKind::Membership);
  if (!has_disk) model.limit_failed_to_minority();
  if (!has_disk && reader.choice("recovery", {"nonce", "crash_vector"}) == 0) {
    for (const auto kind :
         {FaultKind::Reorder, FaultKind::Duplicate, FaultKind::DelaySpike, FaultKind::SlowLink}) {
      model.forbid(kind);
    }
  }
  if (reader.flag("lease")) {
    constexpr std::uint64_t kMillion = 1'000'000;
    const std::uint64_t margin = reader.number("lease_margin", 0, 100);
    model.limit_drift(static_cast<std::uint32_t>(margin * kMillion / (200 - margin)));
  }
  return model;
}

/// A log entry costs a message to each backup and its answer; the primary's disk works meanwhile.
chaos::Cost cost(const OptionValues& given) {
  OptionReader reader(given, options());
  const chaos::Steps entry{{2}, {reader.flag("disk") ? 1 : 0}};
  chaos::Cost cost{"2f+1", {-2, 2}, entry, {}};
  for (const auto& level : read_levels(given)) {
    cost.reads.push_back({level.name, level.name == "log" ? entry : chaos::Steps{}});
  }
  return cost;
}

std::variant<std::shared_ptr<transport::Node>, std::string> make_node(
    const OptionValues& given, const statemachine::MachineKind& machine) {
  constexpr std::uint64_t kMany = 1'000'000;
  OptionReader reader(given, options());
  Viewstamped::Options viewstamped;
  viewstamped.view_timeout = reader.range("view_timeout");
  viewstamped.heartbeat = reader.range("heartbeat");
  viewstamped.disk = reader.flag("disk");
  viewstamped.crash_vector = reader.choice("recovery", {"nonce", "crash_vector"}) == 1;
  viewstamped.max_batch = static_cast<std::uint32_t>(reader.number("max_batch", 1, kMany));
  viewstamped.checkpoint_every = reader.number("checkpoint_every", 0, kMany);
  viewstamped.checkpoint_keep = reader.number("checkpoint_keep", 0, kMany);
  const bool reads_by_lease = reader.choice("read", {kReads[0], kReads[1], kReads[2]}) == 2;
  viewstamped.read = reads_by_lease ? ReadOptions::LEASE : ReadOptions::LOG;
  viewstamped.lease = reader.flag("lease");
  viewstamped.lease_margin = static_cast<std::uint32_t>(reader.number("lease_margin", 0, 100));
  if (reader.problem()) return *reader.problem();
  if (viewstamped.heartbeat.high >= viewstamped.view_timeout.low) {
    return "option heartbeat: must be shorter than view_timeout, or views never last";
  }
  viewstamped.machine = statemachine::with_sessions(machine.make);
  return std::make_shared<transport::Hosted<Viewstamped>>(std::move(viewstamped));
}

}  // namespace

System viewstamped_system() {
  System system;
  system.name = "viewstamped";
  system.paper =
      "Liskov, Cowling: Viewstamped Replication Revisited (MIT-CSAIL-TR-2012-021); Oki, Liskov "
      "(PODC 1988)";
  system.promise =
      "a linearizable state machine with exactly-once requests, as long as a majority of the nodes "
      "runs and reaches each other; without disks, never more than a minority failed or recovering";
  system.options = options();
  system.machines = {"kv", "counter", "register"};
  system.exactly_once = true;
  system.with_sessions = statemachine::with_sessions;
  system.message_names = {"Prepare",      "PrepareOk",   "Commit",        "StartViewChange",
                          "DoViewChange", "StartView",   "Recovery",      "RecoveryResponse",
                          "GetState",     "NewState",    "GetCheckpoint", "Checkpoint",
                          "StartEpoch",   "EpochStarted"};
  system.floor = {{Reach::Operations, 20}, {Reach::Elections, 1}, {Reach::Bites, 1}};
  system.make_node = make_node;
  system.reach_names = {"view changes", "recoveries",  "state transfers", "missed views",
                        "log reads",    "lease reads", "outdated votes",  "epochs"};
  system.aims = {{"view changes", 3},      {"recoveries", 2},      {"truncations", 1},
                 {"snapshot installs", 1}, {"state transfers", 1}, {"missed views", 1},
                 {"log reads", 10},        {"lease reads", 10},    {"epochs", 2}};
  system.read_levels = read_levels;
  system.cost = cost;
  system.survives = survives;
  system.monitors = [](std::uint32_t nodes) {
    consensus::Nodes founders;
    for (std::uint32_t id = 1; id <= nodes; ++id) founders.push_back(transport::NodeId{id});
    return std::vector{chaos::AnyMonitor(consensus::ViewstampedMonitor(std::move(founders))),
                       chaos::AnyMonitor(consensus::SingleWriterMonitor("view", "§4.1, §8.1"))};
  };
  system.promises = [] { return chaos::AnyPromises(consensus::ViewstampedPromises{}); };
  return system;
}

}  // namespace lockstep::labs
