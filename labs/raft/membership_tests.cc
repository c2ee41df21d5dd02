// Part G, who takes part: servers come and go, and the majority that counts is that of the present
// group.
#include <fmt/core.h>

#include "labs/raft/lab.h"
#include "labs/raft/operator.h"
#include "labs/raft/tally.h"
#include "statemachine/kv.h"

namespace lockstep::labs {

using transport::NodeId;
namespace kv = statemachine::kv;
using namespace std::chrono_literals;

namespace {

Stage::Task<> server_is_added(Stage& stage) {
  Tally tally(stage);
  const NodeId leader = co_await settled_leader(stage);
  co_await write_some(stage, 5);
  join(stage, {4});
  co_await insist(stage, add(kFourth));
  co_await tally.await_applied();
  const auto others = founders_without(stage, {leader});
  stage.cluster().crash(others[0]);
  co_await stage.execute(kv::get("x"));
  stage.cluster().crash(others[1]);
  const std::vector<NodeId> half{leader, kFourth};
  co_await commits_nothing(stage, half, "two of four servers are no majority");
  restart(stage, others);
  co_await stage.execute(kv::get("x"));
  co_await tally.await_applied();
}

Stage::Task<> newcomers_learn_first(Stage& stage) {
  const NodeId leader = co_await settled_leader(stage);
  co_await write_some(stage, 80);
  co_await try_in_vain(stage, leader, add(kFourth), "n4 does not run");
  stage.cluster().crash(founders_without(stage, {leader})[0]);
  co_await stage.execute(kv::put("x", "two of three"));
  restart(stage, founders_without(stage, {leader}));
  join(stage, {4});
  co_await insist(stage, add(kFourth));
}

Stage::Task<> servers_are_removed(Stage& stage) {
  const NodeId leader = co_await settled_leader(stage);
  const auto others = founders_without(stage, {leader});
  co_await insist(stage, remove(others[0]));
  stage.cluster().crash(others[0]);
  stage.world().isolate(others[1]);
  co_await insist(stage, remove(others[1]));
  stage.cluster().crash(others[2]);
  co_await stage.execute(kv::put("x", "two of three"));
  stage.cluster().restart(others[2]);
  co_await stage.sleep(400ms);
  const NodeId now = co_await settled_leader(stage);
  const auto term = stage.world().term();
  stage.world().reconnect(others[1]);
  stage.cluster().restart(others[0]);
  co_await stage.sleep(2s);
  stage.expect(stage.world().term() == term, "servers that were removed disturb nobody",
               fmt::format("{} led term {}; after {} and {} were back there is a leader of term {}",
                           to_string(now), term, to_string(others[0]), to_string(others[1]),
                           stage.world().term()));
  const auto rest = founders_without(stage, {now, others[0], others[1]});
  crash(stage, rest);
  const std::vector<NodeId> left{now, others[0], others[1]};
  co_await commits_nothing(stage, left, "one of three servers is no majority");
  restart(stage, rest);
  co_await stage.execute(kv::get("x"));
}

Stage::Task<> leader_is_removed(Stage& stage) {
  const NodeId leader = co_await settled_leader(stage);
  const auto others = founders_without(stage, {leader});
  co_await write_some(stage, 3);
  stage.world().isolate(others[1]);
  const std::string alone =
      fmt::format("of the two that stay one is cut off, {}", to_string(others[1]));
  co_await try_in_vain(stage, leader, remove(leader), alone);
  stage.world().reconnect(others[1]);
  co_await insist(stage, remove(leader));
  const NodeId next = co_await another_leader(stage, leader);
  stage.cluster().crash(leader);
  co_await stage.execute(kv::put("x", "two of two"));
  stage.cluster().restart(leader);
  const NodeId other = next == others[0] ? others[1] : others[0];
  stage.cluster().crash(other);
  const std::vector<NodeId> left{next, leader};
  co_await commits_nothing(stage, left, "a server that was removed counts no more");
  stage.cluster().restart(other);
  co_await stage.execute(kv::get("x"));
}

Stage::Task<> learners_do_not_count(Stage& stage) {
  Tally tally(stage);
  const NodeId leader = co_await settled_leader(stage);
  co_await write_some(stage, 3);
  join(stage, {4, 5});
  co_await insist(stage, learner(kFourth));
  co_await insist(stage, learner(kFifth));
  co_await tally.await_applied();
  const auto others = founders_without(stage, {leader});
  crash(stage, others);
  const std::vector<NodeId> left{leader, kFourth, kFifth};
  co_await commits_nothing(stage, left, "one of three voters is no majority, learners or not");
  stage.cluster().crash(leader);
  stage.cluster().restart(others[0]);
  const std::vector<NodeId> voter{others[0]};
  co_await commits_nothing(stage, voter, "nobody is elected by learners");
  stage.cluster().restart(leader);
  co_await stage.execute(kv::get("x"));
  co_await insist(stage, add(kFourth));
  co_await insist(stage, remove(others[1]));
  co_await stage.execute(kv::get("x"));
}

}  // namespace

void add_membership_tests(LabBuilder& lab) {
  lab.test({.name = "server_is_added",
            .points = 4,
            .promise = "a server that is added gets the log, and from then on counts",
            .source = "dissertation, sections 4.1 and 4.2.1",
            .hints = {"request.admin().add() is its number. A configuration is an entry of the "
                      "log: Entry.members.",
                      "Use the latest configuration in your log from when it is appended, not from "
                      "when it is committed; answer OK when it is.",
                      "Everything that counts servers must ask the configuration: votes, match "
                      "indices, rounds, the check of the quorum."},
            .body = Script{{.nodes = 3, .spares = 1}, server_is_added}});
  lab.test({.name = "newcomers_learn_first",
            .points = 2,
            .promise = "a server that is added but does not run costs the group nothing",
            .source = "dissertation, section 4.2.1",
            .hints = {"Of four servers three must be up. Was the fourth worth it?",
                      "Make it a learner first, send it the log, and make it a voter when it has "
                      "nearly all of it."},
            .body = Script{{.nodes = 3, .spares = 1}, newcomers_learn_first}});
  lab.test({.name = "servers_are_removed",
            .points = 3,
            .promise = "servers that are removed count no more, and disturb nobody",
            .source = "dissertation, sections 4.1 and 4.2.3",
            .hints = {"After two of five are gone, two of three are a majority.",
                      "A server that was cut off does not know that it was removed, and stands for "
                      "election. Part F has what helps against that."},
            .body = Script{{.nodes = 5}, servers_are_removed}});
  lab.test({.name = "leader_is_removed",
            .points = 3,
            .promise = "a leader that is removed leads until that is committed, without counting "
                       "itself, and then no more",
            .source = "dissertation, section 4.2.2",
            .hints = {"Who commits the entry that removes the leader?",
                      "It goes on replicating, but its own copy is that of a stranger.",
                      "When the entry is committed, step down; TimeoutNow to one who has it all "
                      "saves an election timeout."},
            .body = Script{{.nodes = 3}, leader_is_removed}});
  lab.test({.name = "learners_do_not_count",
            .points = 2,
            .promise = "learners get the log, and neither elect nor commit",
            .source = "dissertation, section 4.2.1",
            .hints = {"request.admin().learner() names one; Members.learners lists them.",
                      "Replicate to all members; count voters."},
            .body = Script{{.nodes = 3, .spares = 2}, learners_do_not_count}});
}

}  // namespace lockstep::labs
