#include "labs/raft/lab.h"

#include "consensus/raft/promises.h"
#include "consensus/raft/raft.messages.h"
#include "labs/raft/claims_monitor.h"
#include "labs/raft/properties.h"
#include "transport/process/remote.h"

namespace lockstep::labs {

using consensus::raft::Message;

namespace {

const std::vector<chaos::SystemOption>& options() {
  static const std::vector<chaos::SystemOption> all{
      {"election_timeout", "150ms..300ms", "how long a follower waits for its leader", {}},
      {"heartbeat", "50ms", "how often a leader shows that it is there", {}},
      {"snapshot_every", "0", "applied entries after which to compact the log; 0 for never", {}}};
  return all;
}

std::variant<std::shared_ptr<transport::Node>, std::string> make_node(
    const chaos::OptionValues& given, const statemachine::MachineKind& machine) {
  transport::NodeSpec spec;
  spec.machine = std::string(machine.name);
  for (const auto& option : options()) spec.options[option.name] = option.default_value;
  for (const auto& [name, value] : given) spec.options[name] = value;
  return std::shared_ptr<transport::Node>(transport::remote_node<Message>(std::move(spec)));
}

std::vector<chaos::AnyMonitor> monitors(std::uint32_t nodes) {
  std::vector<transport::NodeId> members;
  for (std::uint32_t id = 1; id <= nodes; ++id) members.push_back(transport::NodeId{id});
  return {chaos::AnyMonitor(ClaimsMonitor(members))};
}

chaos::System system() {
  chaos::System system;
  system.name = "raft";
  system.paper =
      "Ongaro, Ousterhout: In Search of an Understandable Consensus Algorithm (USENIX ATC 2014)";
  system.promise = "a linearizable state machine with exactly-once requests";
  system.options = options();
  system.machines = {"kv"};
  system.exactly_once = true;
  system.message_names = {"RequestVote", "VoteReply",       "AppendEntries",
                          "AppendReply", "InstallSnapshot", "SnapshotReply",
                          "TimeoutNow",  "ReadIndex",       "ReadIndexReply"};
  system.floor = {{chaos::Reach::Operations, 20}, {chaos::Reach::Bites, 1}};
  system.make_node = make_node;
  system.survives = [](const chaos::OptionValues&) {
    return chaos::FaultModel::crash_recovery()
        .allow(chaos::FaultKind::Membership)
        .allow(chaos::FaultKind::TornWrite);
  };
  system.monitors = monitors;
  system.promises = [] { return chaos::AnyPromises(consensus::RaftPromises{}); };
  return system;
}

}  // namespace

Lab raft_lab() {
  Lab lab;
  lab.name = "raft";
  lab.title = "Raft: a replicated log that survives crashes and a bad network";
  lab.version = "1";
  lab.system = system();
  LabBuilder builder(lab);
  builder.part('A', "Election", "4-8");
  add_election_tests(builder);
  builder.part('B', "Replication", "6-10");
  add_replication_tests(builder);
  builder.part('C', "Persistence", "4-6");
  add_persistence_tests(builder);
  builder.part('D', "Snapshots", "5-8");
  add_snapshot_tests(builder);
  builder.part('E', "Linearizable reads", "3-5");
  add_read_tests(builder);
  builder.part('F', "Pre-vote, check of the quorum, transfer", "4-6");
  add_operation_tests(builder);
  builder.optional_part('G', "Changes of the membership", "8-14");
  add_membership_tests(builder);
  add_configuration_tests(builder);
  for (auto& test : lab.tests) {
    if (auto* script = std::get_if<Script>(&test.body)) script->options.events_max = kEventsMax;
  }
  return lab;
}

}  // namespace lockstep::labs
