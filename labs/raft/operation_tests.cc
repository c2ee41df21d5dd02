// Part F: what a group in production needs: nobody disturbs a leader that works, a leader that does
// not work steps down, and an operator can move it.
#include <fmt/core.h>

#include "labs/raft/lab.h"
#include "labs/raft/properties.h"
#include "labs/raft/tally.h"
#include "statemachine/kv.h"

namespace lockstep::labs {

using transport::NodeId;
using transport::Reply;
namespace kv = statemachine::kv;
using namespace std::chrono_literals;

namespace {

void same_leader(Stage& stage, NodeId leader, std::uint64_t term, const std::string& although) {
  stage.expect(
      stage.world().term() == term, "a leader that works is not disturbed",
      fmt::format("{} led in term {}, and now {} leads in term {}, {}", to_string(leader), term,
                  stage.world().leader() ? to_string(*stage.world().leader()) : "nobody",
                  stage.world().term(), although));
}

Stage::Task<> returning_follower_does_not_disturb(Stage& stage) {
  Tally tally(stage);
  const NodeId leader = co_await settled_leader(stage);
  const auto term = stage.world().term();
  for (std::size_t distance = 1; distance <= 2; ++distance) {
    const NodeId follower = after(stage, leader, distance);
    stage.world().isolate(follower);
    co_await stage.sleep(1500ms);
    co_await stage.execute(kv::put("x", std::to_string(distance)));
    stage.world().reconnect(follower);
    co_await stage.sleep(700ms);
    same_leader(stage, leader, term,
                fmt::format("after {} had been cut off and was back", to_string(follower)));
  }
  stage.expect(tally.stood_in() <= term, "who cannot win does not stand for election",
               fmt::format("a node stood for election in term {} while {} led term {}",
                           tally.stood_in(), to_string(leader), term));
  co_await tally.await_applied();
}

/// One follower hears the other one but not the leader.
Stage::Task<> follower_that_hears_no_leader(Stage& stage) {
  const NodeId leader = co_await settled_leader(stage);
  const auto term = stage.world().term();
  const NodeId deaf = after(stage, leader);
  co_await stage.execute(kv::put("x", "1"));
  co_await stage.sleep(200ms);
  stage.world().cut(leader, deaf);
  co_await stage.sleep(2s);
  same_leader(stage, leader, term,
              fmt::format("because {} does not hear it; {} does", to_string(deaf),
                          to_string(after(stage, leader, 2))));
  stage.world().heal();
  co_await stage.sleep(500ms);
  same_leader(stage, leader, term, "although all nodes hear each other");
}

Stage::Task<> leader_without_quorum_steps_down(Stage& stage) {
  Tally tally(stage);
  const NodeId leader = co_await settled_leader(stage);
  stage.world().isolate(leader);
  co_await stage.sleep(1500ms);
  const auto since = stage.cluster().now();
  const auto reply = co_await stage.world().ask(leader, kv::put("x", "1"), 300ms);
  stage.expect(reply && reply->status() != Reply::OK,
               "a leader that heard from no majority for 1.5 s sends clients away",
               fmt::format("{} {}", to_string(leader),
                           reply ? "answered as if it led" : "kept a client waiting"));
  co_await stage.sleep(500ms);
  for (const NodeId node : tally.led_since(since)) {
    stage.expect(node != leader, "a leader that heard from no majority for 1.5 s leads no more",
                 fmt::format("{} still sends what only leaders send", to_string(leader)));
  }
  stage.world().heal();
  co_await stage.execute(kv::put("x", "2"));
}

Stage::Task<> deaf_leader_is_replaced(Stage& stage) {
  const NodeId first = co_await settled_leader(stage);
  stage.world().isolate(first, chaos::Direction::Incoming);
  const NodeId second = co_await another_leader(stage, first);
  stage.expect(second != first, "a leader that hears nobody is replaced by another node",
               fmt::format("{} leads again although it hears nobody", to_string(first)));
  co_await stage.execute(kv::put("x", "1"));
  stage.world().heal();
  co_await stage.execute(kv::get("x"));
}

Stage::Task<std::optional<Reply>> transfer(Stage& stage, NodeId from, NodeId to) {
  chaos::Scenario::Fill fill = [to](transport::Request& request) {
    request.mutable_admin()->set_transfer(number(to));
  };
  co_return co_await stage.world().ask(from, std::move(fill), 2s);
}

Stage::Task<> leads_soon(Stage& stage, NodeId successor, transport::Duration patience) {
  std::string what = fmt::format("{} leads, as the operator asked", to_string(successor));
  std::function<bool()> leads = [&stage, successor] { return stage.world().leader() == successor; };
  co_await stage.await(std::move(what), std::move(leads), patience);
}

Stage::Task<> leadership_is_handed_over(Stage& stage) {
  Tally tally(stage);
  for (int round = 0; round < 4; ++round) {
    const NodeId leader = co_await settled_leader(stage);
    const NodeId successor = after(stage, leader, 1 + static_cast<std::size_t>(round) % 2);
    co_await stage.execute(kv::put("x", std::to_string(round)));
    const auto began = stage.cluster().now();
    const auto reply = co_await transfer(stage, leader, successor);
    stage.expect(
        reply && reply->status() == Reply::OK,
        "a transfer to a node that is up is answered with OK",
        fmt::format("{} answered {}", to_string(leader),
                    reply ? Reply::Status_Name(reply->status()) : "nothing in two seconds"));
    co_await leads_soon(stage, successor, 140ms);
    const auto took =
        std::chrono::duration_cast<std::chrono::milliseconds>(stage.cluster().now() - began)
            .count();
    stage.expect(took <= 140, "a transfer does not wait for an election timeout",
                 fmt::format("it took {} ms", took));
    co_await stage.execute(kv::get("x"));
  }
  co_await tally.await_applied();
}

Stage::Task<> successor_is_brought_up_to_date(Stage& stage) {
  const NodeId leader = co_await settled_leader(stage);
  const NodeId successor = after(stage, leader);
  stage.world().isolate(successor);
  for (int number = 0; number < 20; ++number) {
    co_await stage.execute(kv::put("x", std::to_string(number)));
  }
  stage.world().reconnect(successor);
  co_await transfer(stage, leader, successor);
  co_await leads_soon(stage, successor, 1s);
  co_await stage.execute(kv::get("x"));
}

Stage::Task<> transfer_to_a_dead_node(Stage& stage) {
  const NodeId leader = co_await settled_leader(stage);
  const auto term = stage.world().term();
  const NodeId dead = after(stage, leader);
  stage.cluster().crash(dead);
  const auto reply = co_await transfer(stage, leader, dead);
  stage.expect(reply && reply->status() != Reply::OK,
               "a transfer to a node that is down is refused within two seconds",
               fmt::format("{} answered {}", to_string(leader),
                           reply ? Reply::Status_Name(reply->status()) : "nothing"));
  co_await stage.execute(kv::put("x", "1"));
  same_leader(stage, leader, term, "although a transfer failed");
}

/// Pre-votes are granted and win nothing yet; answers of voters are lost.
constexpr std::string_view kCampaigns = R"(
storm_ms: 2500
conditions { delay_low_us: 1000 delay_high_us: 15000 duplicate_ppm: 50000 loss_ppm: 50000 }
fault { at_ms: 400 for_ms: 300 isolate { node { role: LEADER } } }
fault { at_ms: 500 for_ms: 600 reconfigure { transfer { id: 1 } } }
fault { at_ms: 900 for_ms: 300 isolate { node { role: LEADER } direction: INCOMING } }
fault { at_ms: 1300 for_ms: 400 reconfigure { transfer { id: 2 } } }
fault { at_ms: 1400 for_ms: 300 isolate { node { role: LEADER } direction: OUTGOING } }
fault { at_ms: 1800 for_ms: 400 reconfigure { transfer { id: 3 } } }
fault { on { message { name: "TimeoutNow" } } for_ms: 200 isolate { node { role: SENDER } } }
fault { on { nth: 2 message { name: "TimeoutNow" } } for_ms: 100
    crash { node { role: RECEIVER } } }
fault { at_ms: 2100 for_ms: 300 bridge { bridge { id: 1 } left { id: 2 } } }
)";

}  // namespace

void add_operation_tests(LabBuilder& lab) {
  lab.test({.name = "returning_follower_does_not_disturb",
            .points = 4,
            .promise = "a follower that was cut off comes back without a new election",
            .source = "dissertation, section 9.6",
            .hints = {"While it is cut off it stands for election again and again, and its term "
                      "grows. Who has to give way when it is back?",
                      "Ask first whether you would win (pre_vote), and keep your term until a "
                      "majority says so."},
            .body = Script{{.nodes = 3}, returning_follower_does_not_disturb}});
  lab.test({.name = "follower_that_hears_no_leader",
            .points = 4,
            .promise = "a follower that alone does not hear the leader brings nobody down",
            .source = "dissertation, sections 4.2.3 and 9.6",
            .hints = {"The other follower is asked for a pre-vote, and it does hear the leader.",
                      "Whoever heard from a leader within the shortest election timeout refuses "
                      "pre-votes and votes, and ignores their term."},
            .body = Script{{.nodes = 3}, follower_that_hears_no_leader}});
  lab.test({.name = "leader_without_quorum_steps_down",
            .points = 3,
            .promise = "a leader that hears from no majority steps down and sends clients away",
            .source = "dissertation, section 6.2",
            .hints = {"A client at the wrong side would wait for ever.",
                      "Every election timeout, a leader asks itself from whom it has heard since "
                      "the last time."},
            .body = Script{{.nodes = 3}, leader_without_quorum_steps_down}});
  lab.test({.name = "deaf_leader_is_replaced",
            .points = 2,
            .promise = "a leader whose heartbeats arrive, but who hears nobody, is replaced",
            .source = "dissertation, section 6.2",
            .hints = {"Its followers are content. Who must notice?",
                      "The same check: no answers from a majority, no leader."},
            .body = Script{{.nodes = 3}, deaf_leader_is_replaced}});
  lab.test({.name = "leadership_is_handed_over",
            .points = 3,
            .promise = "an operator can move leadership to a follower, sooner than by an election "
                       "timeout",
            .source = "dissertation, section 3.10",
            .hints = {"request.has_admin() and request.admin().transfer() name the successor.",
                      "Send it TimeoutNow; it stands at once, without a pre-vote, and says so in "
                      "RequestVote.transfer, so that nobody refuses because the leader was heard.",
                      "Answer OK when you step down for it."},
            .body = Script{{.nodes = 3}, leadership_is_handed_over}});
  lab.test(
      {.name = "successor_is_brought_up_to_date",
       .points = 1,
       .promise = "a successor that misses entries gets them before it stands",
       .source = "dissertation, section 3.10, step 2",
       .hints = {"Who lacks a committed entry cannot win. Send TimeoutNow when its match index "
                 "is your last."},
       .body = Script{{.nodes = 3}, successor_is_brought_up_to_date}});
  lab.test({.name = "transfer_to_a_dead_node",
            .points = 1,
            .promise = "a transfer that does not succeed is given up, and the leader goes on",
            .source = "dissertation, section 3.10",
            .hints = {"While a transfer is under way clients wait.",
                      "After an election timeout, answer UNAVAILABLE and go on."},
            .seeds = 2,
            .body = Script{{.nodes = 3}, transfer_to_a_dead_node}});
  lab.test({.name = "campaigns_under_faults",
            .points = 2,
            .promise = "pre-votes and transfers harm nothing, whatever is lost on the way",
            .source = "dissertation, sections 3.10 and 9.6",
            .hints = {"A pre-vote is a question, not a vote: it wins no term.",
                      "A TimeoutNow of an earlier term is stale."},
            .seeds = 12,
            .body = story({.nodes = 3, .probe_stride = 8}, kCampaigns)});
}

}  // namespace lockstep::labs
