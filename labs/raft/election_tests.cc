#include <fmt/core.h>

#include "labs/exercise/stage.h"
#include "labs/raft/lab.h"

namespace lockstep::labs {

using transport::NodeId;
using namespace std::chrono_literals;

namespace {

Stage::Task<> first_leader(Stage& stage) {
  const NodeId leader = co_await stage.leader();
  const auto term = stage.world().term();
  co_await stage.sleep(2s);
  stage.expect(stage.world().term() == term && stage.world().leader() == leader,
               "without failures the first leader stays the leader",
               fmt::format("{} led in term {}; two seconds later {} leads in term {}",
                           to_string(leader), term,
                           stage.world().leader() ? to_string(*stage.world().leader()) : "nobody",
                           stage.world().term()));
}

Stage::Task<> leader_is_replaced(Stage& stage) {
  const NodeId first = co_await stage.leader();
  stage.world().isolate(first);
  const NodeId second = co_await stage.next_leader();
  stage.expect(second != first, "a leader that nobody hears is replaced by another node",
               fmt::format("{} leads again although nobody hears it", to_string(first)));
}

}  // namespace

void add_election_tests(LabBuilder& lab) {
  lab.test({.name = "first_leader",
            .points = 4,
            .promise = "one node is elected, and stays the leader while nothing fails",
            .source = "Raft paper, section 5.2",
            .hints = {"When does a follower become a candidate, and who tells it not to?",
                      "A leader must send heartbeats more often than the shortest election timeout "
                      "ends, and each of them sets the follower's timer again.",
                      "Count votes of this term only, your own among them; with a majority, claim "
                      "it: ctx.observe(Leads{{}, term})."},
            .body = Script{{.nodes = 3}, first_leader}});
  lab.test({.name = "leader_is_replaced",
            .points = 4,
            .promise = "when the leader is cut off, the others elect a new one",
            .source = "Raft paper, section 5.2",
            .hints = {"What does a follower do when its election timer fires?"},
            .body = Script{{.nodes = 3}, leader_is_replaced}});
}

}  // namespace lockstep::labs
