#include <fmt/core.h>

#include "labs/exercise/stage.h"
#include "labs/ping/lab.h"

namespace lockstep::labs {

using transport::NodeId;
using transport::Reply;
using namespace std::chrono_literals;

namespace {

constexpr NodeId kFirst{1};
constexpr NodeId kLast{3};

Stage::Task<std::optional<Reply>> ping(Stage& stage, transport::Duration patience) {
  return stage.world().ask(kFirst, "ping", patience);
}

/// The round of a ping that is answered, as all must be here.
Stage::Task<std::string> round_of_ping(Stage& stage) {
  const auto reply = co_await ping(stage, 2s);
  if (!reply) {
    stage.fail(Verdict::Stuck, "a client that asks n1 to ping gets an answer",
               "2000 ms of virtual time went by without one");
  }
  stage.expect(reply->status() == Reply::OK, "a ping that nothing disturbs ends with OK",
               fmt::format("the reply says {}", Reply::Status_Name(reply->status())));
  co_return reply->result();
}

Stage::Task<> everybody_answers(Stage& stage) {
  stage.expect_equal("1", co_await round_of_ping(stage), "the first round is number 1");
  stage.expect_equal("2", co_await round_of_ping(stage), "each round has the next number");
}

Stage::Task<> rounds_outlive_a_crash(Stage& stage) {
  co_await round_of_ping(stage);
  co_await round_of_ping(stage);
  stage.world().cluster().crash(kFirst);
  co_await stage.sleep(10ms);
  stage.world().cluster().restart(kFirst);
  stage.expect_equal("3", co_await round_of_ping(stage),
                     "a node that restarts goes on with the next round");
}

Stage::Task<> nobody_is_left_out(Stage& stage) {
  stage.world().isolate(kLast);
  const auto early = co_await ping(stage, 500ms);
  stage.expect(!early, "no round is complete while n3 is cut off",
               "n1 answered its client although n3 has heard nothing");
  stage.world().reconnect(kLast);
  co_await stage.sleep(500ms);
  stage.expect_equal("2", co_await round_of_ping(stage),
                     "once n3 is back, the first round ends and another can begin");
}

}  // namespace

void add_ping_tests(LabBuilder& lab) {
  lab.test({.name = "everybody_answers",
            .promise = "a ping is answered when all others have answered, with its round's number",
            .source = "README, step 2",
            .hints = {"Follow one round through ping.cc: on(Request), on(Ping), on(Pong)."},
            .body = Script{{.nodes = 3}, everybody_answers}});
  lab.test({.name = "rounds_outlive_a_crash",
            .promise = "no two rounds of a node have the same number, crashes or not",
            .source = "README, step 4",
            .hints = {"What of a node is still there after a crash?"},
            .body = Script{{.nodes = 3}, rounds_outlive_a_crash}});
  lab.test({.name = "nobody_is_left_out",
            .promise = "a ping is not answered before everybody has answered in its round",
            .source = "README, step 6",
            .hints = {"Look at the state beside the steps: how many answers, and of whom?",
                      "The same node may answer twice in one round. Why, and what does on(Pong) "
                      "make of it?",
                      "heard_.insert(from).second says whether the node is new."},
            .body = Script{{.nodes = 3}, nobody_is_left_out}});
}

}  // namespace lockstep::labs
