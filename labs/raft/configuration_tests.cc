// Part G, what a change is made of: configurations are entries of the log, which may be removed,
// compacted and read back, and no two of them may decide without each other.
#include <fmt/core.h>

#include <algorithm>
#include <set>

#include "labs/raft/lab.h"
#include "labs/raft/operator.h"
#include "labs/raft/properties.h"
#include "labs/raft/tally.h"
#include "statemachine/kv.h"

namespace lockstep::labs {

using consensus::raft::AppendEntries;
using consensus::raft::Message;
using transport::NodeId;
using transport::Witness;
namespace kv = statemachine::kv;
using namespace std::chrono_literals;

namespace {

/// A leader that is cut off appends a change, which the others never see.
Stage::Task<> change_that_fails(Stage& stage) {
  Tally tally(stage);
  const NodeId first = co_await settled_leader(stage);
  const auto others = founders_without(stage, {first});
  stage.world().isolate(first);
  co_await try_in_vain(stage, first, remove(others[2]), "it is cut off");
  co_await another_leader(stage, first);
  co_await stage.execute(kv::put("x", "1"));
  stage.world().reconnect(first);
  co_await tally.await_applied();
  const std::vector<NodeId> gone{others[1], others[2]};
  const std::vector<NodeId> left{first, others[0]};
  crash(stage, gone);
  co_await commits_nothing(stage, left,
                           "a configuration that was removed from the log counts no more: two of "
                           "four servers are no majority");
  restart(stage, gone);
  co_await stage.execute(kv::get("x"));
  co_await tally.await_applied();
  co_await insist(stage, remove(others[2]));
}

/// Three founders became five.
Stage::Task<NodeId> grow_to_five(Stage& stage) {
  co_await settled_leader(stage);
  join(stage, {4, 5});
  co_await insist(stage, add(kFourth));
  co_await insist(stage, add(kFifth));
  co_return co_await stage.leader();
}

Stage::Task<> members_survive_restarts(Stage& stage) {
  Tally tally(stage);
  co_await grow_to_five(stage);
  co_await write_some(stage, 10);
  co_await tally.await_applied();
  crash(stage, stage.cluster().nodes());
  const std::vector<NodeId> two{NodeId{1}, NodeId{2}};
  restart(stage, two);
  co_await commits_nothing(stage, two,
                           "two of five servers are no majority, although both are founders");
  restart(stage, stage.cluster().nodes());
  co_await stage.execute(kv::get("x"));
  co_await tally.await_applied();
}

Stage::Task<> members_are_in_snapshots(Stage& stage) {
  Tally tally(stage);
  const NodeId leader = co_await settled_leader(stage);
  const auto others = founders_without(stage, {leader});
  const NodeId late = others[0];
  stage.world().isolate(late);
  join(stage, {4, 5});
  co_await insist(stage, add(kFourth));
  co_await insist(stage, add(kFifth));
  co_await write_some(stage, 20);
  stage.world().reconnect(late);
  co_await tally.await_applied();
  const std::vector<NodeId> two{late, others[1]};
  crash(stage, stage.cluster().nodes());
  restart(stage, two);
  co_await commits_nothing(stage, two,
                           "two of five servers are no majority, although both are founders and "
                           "one got the others by a snapshot");
  restart(stage, stage.cluster().nodes());
  co_await stage.execute(kv::get("x"));
  co_await tally.await_applied();
}

bool is_append_reply(const transport::Transmission& transmission) {
  const Message* message = message_in(transmission);
  return message != nullptr && message->has_append_reply();
}

bool brings_members(const transport::Transmission& transmission) {
  const Message* message = message_in(transmission);
  if (message == nullptr) return false;
  const auto& entries = message->append_entries().entries();
  return std::any_of(entries.begin(), entries.end(),
                     [](const auto& entry) { return entry.has_members(); });
}

void ask_for(Stage& stage, NodeId node, const Wish& wish) {
  stage.world().submit(node,
                       [&](transport::Request& request) { wish.fill(*request.mutable_admin()); });
}

/// A leader commits writes, and compacts them, while a change that is not committed, and never will
/// be, stands behind them in its log.
Stage::Task<> snapshots_during_changes(Stage& stage) {
  Tally tally(stage);
  const NodeId first = co_await settled_leader(stage);
  const auto others = founders_without(stage, {first});
  stage.world().hold(is_append_reply);
  for (int number = 0; number < 6; ++number) {
    stage.world().submit(first, [&](transport::Request& request) {
      request.set_command(kv::put("y", std::to_string(number)));
    });
  }
  co_await stage.sleep(20ms);
  stage.world().lose(brings_members);
  ask_for(stage, first, remove(others[2]));
  co_await stage.sleep(20ms);
  stage.world().release();
  co_await stage.sleep(60ms);
  stage.world().isolate(first);
  co_await another_leader(stage, first);
  co_await stage.execute(kv::put("x", "1"));
  stage.world().heal();
  co_await tally.await_applied();
  crash(stage, stage.cluster().nodes());
  const std::vector<NodeId> left{first, others[0]};
  restart(stage, left);
  co_await commits_nothing(stage, left,
                           "a snapshot holds the configuration at its last entry, not a later one "
                           "that was removed since: two of four servers are no majority");
  restart(stage, stage.cluster().nodes());
  co_await stage.execute(kv::get("x"));
  co_await tally.await_applied();
  co_await insist(stage, remove(others[2]));
}

/// Looks at the configurations that leaders send.
class Changes final : public transport::Observer {
 public:
  explicit Changes(Stage& stage) : stage_(stage) { stage.cluster().add_observer(this); }

  void see(const Witness& witness) override {
    const auto* message = witness.message_as<Message>();
    if (witness.kind != Witness::Kind::Sent || message == nullptr) return;
    if (message->has_append_entries()) note(message->append_entries());
  }

  /// Of entries that a leader of this term made, how many it sent at most before it had committed
  /// the first of them.
  std::size_t most_uncommitted(std::uint64_t term) const {
    const auto known = most_.find(term);
    return known == most_.end() ? 0 : known->second;
  }

 private:
  void note(const AppendEntries& append) {
    auto& open = open_[append.term()];
    std::uint64_t index = append.prev_index();
    for (const auto& entry : append.entries()) {
      ++index;
      if (entry.has_members() && entry.term() == append.term()) open.insert(index);
    }
    open.erase(open.begin(), open.upper_bound(append.commit()));
    auto& most = most_[append.term()];
    most = std::max(most, open.size());
  }

  Stage& stage_;
  std::map<std::uint64_t, std::set<std::uint64_t>> open_;
  std::map<std::uint64_t, std::size_t> most_;
};

/// Two operators ask at once; and one asks a leader that has committed nothing yet.
Stage::Task<> one_change_at_a_time(Stage& stage) {
  const NodeId leader = co_await settled_leader(stage);
  Changes changes(stage);
  join(stage, {4, 5});
  stage.world().hold(is_append_reply);
  const auto term = stage.world().term();
  ask_for(stage, leader, add(kFourth));
  ask_for(stage, leader, add(kFifth));
  co_await stage.sleep(120ms);
  stage.world().release();
  stage.expect(changes.most_uncommitted(term) <= 1,
               "a change begins when the last one is committed",
               fmt::format("{} sent {} configurations that were not committed", to_string(leader),
                           changes.most_uncommitted(term)));
  co_await stage.execute(kv::put("x", "1"));
  const NodeId second = co_await settled_leader(stage);
  stage.world().lose(is_append_reply);
  stage.cluster().crash(second);
  const NodeId third = co_await another_leader(stage, second);
  const auto next_term = stage.world().term();
  ask_for(stage, third, remove(second));
  co_await stage.sleep(120ms);
  stage.expect(changes.most_uncommitted(next_term) == 0,
               "a leader changes the group when it has committed an entry of its term",
               fmt::format("{} sent a configuration of term {} before anything of that term was "
                           "committed",
                           to_string(third), next_term));
  stage.world().heal();
  stage.cluster().restart(second);
  co_await insist(stage, add(kFourth));
  co_await insist(stage, add(kFifth));
  co_await stage.execute(kv::get("x"));
}

/// Three learners, which know all of the log, and are to take the place of the three founders.
Stage::Task<std::vector<NodeId>> prepare_newcomers(Stage& stage, Tally& tally) {
  co_await settled_leader(stage);
  join(stage, {4, 5, 6});
  std::vector<NodeId> newcomers{NodeId{4}, NodeId{5}, NodeId{6}};
  for (const NodeId node : newcomers) co_await insist(stage, learner(node));
  co_await tally.await_applied();
  co_await settled_leader(stage);
  co_return newcomers;
}

/// All at once if the solution can do that, otherwise one after the other.
Stage::Task<> all_are_replaced(Stage& stage) {
  Tally tally(stage);
  const auto newcomers = co_await prepare_newcomers(stage, tally);
  part(stage, newcomers);
  const NodeId leader = co_await stage.leader();
  co_await try_in_vain(stage, leader, members(newcomers), "none of these is reached");
  stage.world().heal();
  const bool is_done = co_await insist_if_possible(stage, members(newcomers));
  for (std::uint32_t id = 1; id <= stage.nodes() && !is_done; ++id) {
    co_await insist(stage, add(newcomers[id - 1]));
    co_await insist(stage, remove(NodeId{id}));
  }
  crash(stage, founders_without(stage, {}));
  stage.cluster().crash(newcomers.front());
  co_await stage.execute(kv::put("x", "two of the new three"));
}

/// The old group and the new one have nobody in common: neither may decide alone.
Stage::Task<> neither_half_decides(Stage& stage) {
  Tally tally(stage);
  const auto newcomers = co_await prepare_newcomers(stage, tally);
  const NodeId leader = co_await stage.leader();
  const auto old = founders_without(stage, {leader});
  part(stage, old);
  const std::string why = "two of the old three are cut off";
  co_await try_in_vain(stage, leader, members(newcomers), why);
  ask_for(stage, leader, add(newcomers.front()));
  co_await stage.sleep(50ms);
  stage.cluster().crash(leader);
  co_await commits_nothing(stage, newcomers, "those who are to be the group are not yet");
  co_await another_leader(stage, leader);
  stage.cluster().restart(leader);
  stage.world().heal();
  co_await stage.execute(kv::put("x", "together again"));
  co_await tally.await_applied();
}

}  // namespace

void add_configuration_tests(LabBuilder& lab) {
  lab.test({.name = "change_that_fails",
            .points = 3,
            .promise = "a configuration that was removed from the log is in force no more",
            .source = "dissertation, section 4.1",
            .hints = {"The latest configuration in the log counts. What is it after entries were "
                      "removed?",
                      "Keep the configurations of the log with their indices, and remove them with "
                      "their entries."},
            .body = Script{{.nodes = 4}, change_that_fails}});
  lab.test({.name = "members_survive_restarts",
            .points = 2,
            .promise = "a server that restarts knows who takes part",
            .source = "dissertation, section 4.1",
            .hints = {"initial_members() is what the operator wrote on the first day.",
                      "Read the configurations back with the log."},
            .body = Script{{.nodes = 3, .spares = 2}, members_survive_restarts}});
  lab.test({.name = "members_are_in_snapshots",
            .points = 2,
            .promise = "who takes part is known from a snapshot, too",
            .source = "dissertation, section 5.1; Raft paper, Figure 13",
            .hints = {"The entries that said so were compacted.",
                      "Store the configuration at the snapshot's last entry with it; "
                      "InstallSnapshot.members brings it to others.",
                      "Not the latest one: that may still be removed from the log."},
            .body = Script{{.nodes = 3, .options = {{"snapshot_every", "5"}}, .spares = 2},
                           members_are_in_snapshots}});
  lab.test({.name = "one_change_at_a_time",
            .points = 2,
            .promise = "a leader begins a change when the last one, and an entry of its term, are "
                       "committed",
            .source = "dissertation, section 4.1; raft-dev, July 2015",
            .hints = {"Two changes in a row may leave two majorities without a server in common.",
                      "A change that an earlier leader began may be committed yet, without you. "
                      "Your first entry settles it."},
            .body = Script{{.nodes = 3, .spares = 2}, one_change_at_a_time}});
  lab.test({.name = "snapshots_during_changes",
            .points = 1,
            .promise = "a snapshot holds the configuration at its last entry, not the latest one",
            .source = "dissertation, section 5.1",
            .hints = {"The latest configuration may still be removed from the log; a snapshot is "
                      "never removed.",
                      "Remember since which index each configuration of the log is in force."},
            .body = Script{{.nodes = 4, .options = {{"snapshot_every", "5"}}},
                           snapshots_during_changes}});
  lab.test({.name = "all_are_replaced",
            .points = 3,
            .promise = "a group can be replaced as a whole",
            .source = "dissertation, sections 4.1 and 4.3",
            .hints = {"request.admin().members() lists all voters. REJECTED is an answer: then you "
                      "are asked to add and remove one at a time.",
                      "A joint configuration needs a majority of Members.outgoing as well, for "
                      "votes and for commits; the new one follows when the joint one is "
                      "committed."},
            .body = Script{{.nodes = 3, .spares = 3}, all_are_replaced}});
  lab.test({.name = "neither_half_decides",
            .points = 2,
            .promise = "during a change the old group and the new one decide nothing without each "
                       "other",
            .source = "dissertation, sections 4.1 and 4.3, Figure 4.3",
            .hints = {"Adding or removing one server leaves majorities with a server in common. "
                      "More at a time do not.",
                      "In a joint configuration two majorities elect, and two commit."},
            .body = Script{{.nodes = 3, .spares = 3}, neither_half_decides}});
  lab.test(
      {.name = "changes_under_faults",
       .points = 1,
       .promise = "changes harm nothing, whatever else goes wrong",
       .source = "dissertation, chapter 4",
       .hints = {"The rule on the page says which property was broken.",
                 "Draw who thinks what the group is, and who needs whom."},
       .seeds = 20,
       .body = swarm({.options = {{"snapshot_every", "20"}}, .probe_stride = 8},
                     chaos::FaultModel::crash_recovery().allow(chaos::FaultKind::Membership))});
}

}  // namespace lockstep::labs
