#include "consensus/replicated_log_monitor.h"
#include "consensus/virtual_synchrony/monitors.h"
#include "consensus/virtual_synchrony/promises.h"
#include "consensus/virtual_synchrony/virtual_synchrony.h"
#include "labs/systems/option_reader.h"
#include "labs/systems/registry.h"
#include "statemachine/sessions.h"

namespace lockstep::labs {

using chaos::OptionValues;
using chaos::Reach;
using chaos::System;
using consensus::GroupMonitor;
using consensus::VirtualSynchrony;

namespace {

using Order = VirtualSynchrony::Order;

const std::vector<std::string_view> kOrders{"fifo", "causal", "sequencer", "token"};
const std::vector<std::string_view> kMemberships{"primary", "partitionable"};
const std::vector<std::string_view> kReads{"group", "local", "mixed"};

const std::vector<chaos::SystemOption>& options() {
  static const std::vector<chaos::SystemOption> all{
      {"order",
       "sequencer",
       "of deliveries: fifo, causal, or total by a sequencer or by a token (sequencer, token)",
       {"sequencer", "sequencer", "token", "token", "causal", "fifo"}},
      {"stability",
       "safe",
       "deliver a message when every member of the view holds it (safe), or at once (none); with "
       "none a total order is no longer linearizable, and not promised to be",
       {"safe", "safe", "safe", "none"}},
      {"membership",
       "primary",
       "primary (a majority of all nodes forms a view) or partitionable (every component does)",
       {"primary", "primary", "primary", "partitionable"}},
      {"read",
       "group",
       "how clients read: group (through the order, like a write), local (at the node that is "
       "asked), or mixed",
       {"group", "mixed"}},
      {"tick", "15ms", "how often a member says that it is there", {"15ms", "10ms..20ms", "25ms"}},
      {"patience", "8", "ticks of silence after which a node is suspected", {"8", "5", "12"}},
      {"window", "32", "most messages of a member that are on their way", {"32", "1", "4"}},
      {"token_hold", "4ms..6ms", "how long an idle token rests with a member", {}},
  };
  return all;
}

bool is_set(const OptionValues& given, std::string_view name,
            const std::vector<std::string_view>& names, std::string_view value) {
  OptionReader reader(given, options());
  return names[reader.choice(name, names)] == value;
}

bool is_total(const OptionValues& given) {
  return is_set(given, "order", kOrders, "sequencer") || is_set(given, "order", kOrders, "token");
}

bool is_safe(const OptionValues& given) {
  return is_set(given, "stability", {"safe", "none"}, "safe");
}

bool has_primary(const OptionValues& given) {
  return is_set(given, "membership", kMemberships, "primary");
}

/// Total order, safe delivery and one primary component together make replicas of a state machine.
bool is_linearizable(const OptionValues& given) {
  return is_total(given) && is_safe(given) && has_primary(given);
}

std::vector<chaos::ReadLevel> read_levels(const OptionValues& given) {
  using consensus::group::ReadOptions;
  std::vector<chaos::ReadLevel> levels;
  if (!is_set(given, "read", kReads, "local")) {
    levels.push_back({"group", {}, true, chaos::ReadLevel::Promise::Linearizable});
  }
  // Where replicas do not go through the same states, there is nothing to say about local reads.
  if (!is_set(given, "read", kReads, "group") && is_linearizable(given)) {
    ReadOptions local;
    local.set_level(ReadOptions::LOCAL);
    levels.push_back({"local", local.SerializeAsString(), true,
                      chaos::ReadLevel::Promise::SequentialPerReplica});
  }
  return levels;
}

/// What a primary component knows is in the memories of its members: a majority has to live on.
chaos::FaultModel survives(const OptionValues& given) {
  auto model = chaos::FaultModel::crash_recovery();
  return has_primary(given) ? model.limit_failed_to_minority() : model;
}

std::variant<std::shared_ptr<transport::Node>, std::string> make_node(
    const OptionValues& given, const statemachine::MachineKind& machine) {
  OptionReader reader(given, options());
  VirtualSynchrony::Options group;
  group.order = static_cast<Order>(reader.choice("order", kOrders));
  group.safe = reader.choice("stability", {"safe", "none"}) == 0;
  group.primary_partition = reader.choice("membership", kMemberships) == 0;
  reader.choice("read", kReads);
  group.tick = reader.range("tick");
  group.patience = static_cast<std::uint32_t>(reader.number("patience", 2, 1000));
  group.window = static_cast<std::uint32_t>(reader.number("window", 1, 100'000));
  group.token_hold = reader.range("token_hold");
  if (reader.problem()) return *reader.problem();
  group.machine = statemachine::with_sessions(machine.make);
  return std::make_shared<transport::Hosted<VirtualSynchrony>>(std::move(group));
}

/// With a client beside the sequencer, or beside the only member that sends. A token goes round all
/// the time, so that its messages are nobody's in particular.
std::optional<chaos::Cost> cost(const OptionValues& given) {
  if (is_set(given, "order", kOrders, "token")) return std::nullopt;
  // The cast; safe delivery adds the acknowledgements and the news that it is stable.
  const chaos::Linear messages = is_safe(given) ? chaos::Linear{-3, 3} : chaos::Linear{-1, 1};
  const chaos::Steps steps{{is_safe(given) ? 2 : 0}, {0}};
  chaos::Cost cost{has_primary(given) ? "2f+1" : "f+1", messages, steps, {}};
  // Clients read at any member; what reaches the sequencer from elsewhere takes two delays more.
  chaos::Steps read = steps;
  if (is_total(given)) read.delays.constant += 2;
  for (const auto& level : read_levels(given)) {
    cost.reads.push_back({level.name, level.name == "local" ? chaos::Steps{} : read});
  }
  return cost;
}

std::vector<chaos::AnyMonitor> monitors(std::uint32_t, const OptionValues& given) {
  GroupMonitor::Promise promise;
  promise.has_primary = has_primary(given);
  if (is_total(given)) {
    promise.order =
        is_linearizable(given) ? GroupMonitor::Order::StrongTotal : GroupMonitor::Order::WeakTotal;
  } else if (is_set(given, "order", kOrders, "causal")) {
    promise.order = GroupMonitor::Order::Causal;
  }
  std::vector<chaos::AnyMonitor> all{chaos::AnyMonitor(GroupMonitor(promise))};
  if (is_linearizable(given)) {
    all.emplace_back(consensus::ReplicatedLogMonitor({"view", "Schneider 1990"}));
  }
  return all;
}

}  // namespace

System virtual_synchrony_system() {
  System system;
  system.name = "virtual-synchrony";
  system.paper =
      "Birman, Joseph: Exploiting Virtual Synchrony in Distributed Systems (SOSP 1987); Chockler, "
      "Keidar, Vitenberg: Group Communication Specifications (ACM CSUR 2001)";
  system.promise =
      "members that go from view to view together have delivered the same messages, in FIFO, "
      "causal or total order; with total order, safe delivery and a primary partition, a "
      "linearizable state machine with exactly-once requests";
  system.options = options();
  system.machines = {"kv", "counter", "register"};
  system.exactly_once = true;
  system.with_sessions = statemachine::with_sessions;
  system.any_node = true;
  system.message_names = {"Cast",  "Submit",     "CastAck", "Stable",     "Token",   "Alive",
                          "Flush", "FlushReply", "NewView", "NewViewAck", "Install", "Snapshot"};
  system.floor = {{Reach::Operations, 20}};
  system.make_node = make_node;
  system.reach_names = {
      "views",           "flushed messages", "restarted flushes", "reproposed views", "exclusions",
      "state transfers", "merges",           "safe deliveries",   "local reads"};
  system.aims = {{"effects of faults", 1}, {"views", 5},
                 {"flushed messages", 20}, {"restarted flushes", 1},
                 {"reproposed views", 1},  {"exclusions", 1},
                 {"state transfers", 1},   {"merges", 1},
                 {"safe deliveries", 20},  {"local reads", 10}};
  system.survives = survives;
  system.cost = cost;
  system.read_levels = read_levels;
  system.is_linearizable = is_linearizable;
  system.monitors_for = monitors;
  system.promises = [] { return chaos::AnyPromises(consensus::VirtualSynchronyPromises{}); };
  return system;
}

}  // namespace lockstep::labs
