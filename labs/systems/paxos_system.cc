#include "consensus/paxos/monitors.h"
#include "consensus/paxos/paxos.h"
#include "consensus/paxos/promises.h"
#include "labs/systems/option_reader.h"
#include "labs/systems/registry.h"

namespace lockstep::labs {

using chaos::OptionValues;
using chaos::Reach;
using chaos::System;
using consensus::Paxos;

namespace {

constexpr std::uint64_t kNodesMax = 63;

const std::vector<chaos::SystemOption>& options() {
  static const std::vector<chaos::SystemOption> all{
      {"accept_quorum",
       "0",
       "acceptors that choose a value; 0 for a majority",
       {"0", "0", "0", "2"}},
      {"prepare_quorum",
       "0",
       "promises that a proposer needs; 0 for as few as meet every accept quorum, fewer than that "
       "breaks agreement",
       {}},
      {"retry", "40ms..60ms", "how long a proposer waits for answers", {"40ms..60ms", "20ms"}},
      {"backoff",
       "5ms..15ms",
       "how long it waits after a higher ballot got in its way; doubles each time",
       {"5ms..15ms", "1ms..30ms", "2ms..4ms"}},
      {"announce", "on", "who learns what is chosen tells all others", {"on", "on", "off"}},
      {"durable",
       "on",
       "acceptors write down what they promise and accept; off promises nothing after a crash",
       {}},
  };
  return all;
}

std::variant<std::shared_ptr<transport::Node>, std::string> make_node(
    const OptionValues& given, const statemachine::MachineKind&) {
  OptionReader reader(given, options());
  Paxos::Options paxos;
  paxos.prepare_quorum = static_cast<std::uint32_t>(reader.number("prepare_quorum", 0, kNodesMax));
  paxos.accept_quorum = static_cast<std::uint32_t>(reader.number("accept_quorum", 0, kNodesMax));
  paxos.retry = reader.range("retry");
  paxos.backoff = reader.range("backoff");
  paxos.announce = reader.flag("announce");
  paxos.durable = reader.flag("durable");
  if (reader.problem()) return *reader.problem();
  return std::make_shared<transport::Hosted<Paxos>>(paxos);
}

/// Acceptors that write nothing down may be slow and out of reach, but must not crash.
chaos::FaultModel survives(const OptionValues& given) {
  OptionReader reader(given, options());
  if (reader.flag("durable")) return chaos::FaultModel::crash_recovery();
  return chaos::FaultModel::network().allow(chaos::FaultKind::Pause);
}

/// A decision from nothing: the proposer writes its promise before it speaks, and then two round
/// trips, the second while it writes itself. All others are told, if they are.
std::optional<chaos::Cost> cost(const OptionValues& given) {
  OptionReader reader(given, options());
  const bool announces = reader.flag("announce");
  const chaos::Linear messages = announces ? chaos::Linear{-5, 5} : chaos::Linear{-4, 4};
  const std::int64_t syncs = reader.flag("durable") ? 3 : 0;
  return chaos::Cost{"2f+1", messages, {{4, 0}, {syncs, 0}}, {}};
}

/// The monitor holds a run to quorums that meet, whatever the nodes were told.
std::vector<chaos::AnyMonitor> monitors(std::uint32_t nodes, const OptionValues& given) {
  OptionReader reader(given, options());
  const auto accepts = static_cast<std::size_t>(reader.number("accept_quorum", 0, kNodesMax));
  const auto quorums = consensus::paxos::quorums_of(nodes, 0, accepts);
  return {chaos::AnyMonitor(consensus::PaxosMonitor(quorums))};
}

}  // namespace

System paxos_system() {
  System system;
  system.name = "paxos";
  system.paper = "Lamport: Paxos Made Simple (SIGACT News 2001)";
  system.promise =
      "one value is chosen for each key, and it was proposed; a proposer that nobody gets in the "
      "way of hears it, as long as a quorum of the nodes runs and reaches each other";
  system.options = options();
  system.machines = {"decisions"};
  system.exactly_once = true;
  system.any_node = true;
  system.message_names = {"Prepare", "Promise", "Nack", "Accept", "Accepted", "Decided"};
  system.floor = {{Reach::Operations, 20}, {Reach::Bites, 1}};
  system.reach_names = {"decisions", "adopted values", "preempted ballots", "repeated ballots"};
  system.aims = {{"decisions", 50},
                 {"adopted values", 5},
                 {"preempted ballots", 5},
                 {"repeated ballots", 1},
                 {"restarts", 1}};
  system.make_node = make_node;
  system.cost = cost;
  system.survives = survives;
  system.monitors_for = monitors;
  system.promises = [] { return chaos::AnyPromises(consensus::PaxosPromises{}); };
  return system;
}

}  // namespace lockstep::labs
