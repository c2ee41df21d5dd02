// Part B: what a majority stored stays, is applied everywhere in one order, and once.
#include <fmt/core.h>

#include <algorithm>

#include "labs/raft/lab.h"
#include "labs/raft/properties.h"
#include "labs/raft/tally.h"
#include "statemachine/kv.h"

namespace lockstep::labs {

using transport::NodeId;
namespace kv = statemachine::kv;
using namespace std::chrono_literals;

namespace {

Stage::Task<> basic_agreement(Stage& stage) {
  Tally tally(stage);
  co_await settled_leader(stage);
  co_await stage.sleep(500ms);
  stage.expect(tally.foremost() == 0, "nothing is applied before a client asked for anything",
               fmt::format("a machine was given a command at index {}", tally.foremost()));
  for (int number = 1; number <= 3; ++number) {
    co_await stage.execute(kv::put("x", std::to_string(number)));
    co_await tally.await_applied();
  }
  co_await stage.execute(kv::get("x"));
}

Stage::Task<> bytes_sent_once(Stage& stage) {
  Tally tally(stage);
  co_await settled_leader(stage);
  constexpr std::size_t kValue = 5000;
  constexpr std::uint64_t kCommands = 10;
  const auto before = stage.cluster().counts().message_bytes;
  for (std::uint64_t number = 0; number < kCommands; ++number) {
    co_await stage.execute(kv::put("x", std::string(kValue, static_cast<char>('a' + number))));
  }
  co_await tally.await_applied();
  const auto bytes = stage.cluster().counts().message_bytes - before;
  const std::uint64_t bound = 3 * kCommands * kValue + 50'000;
  stage.expect(bytes <= bound,
               fmt::format("{} commands of {} bytes cost at most {} bytes between three nodes",
                           kCommands, kValue, bound),
               fmt::format("{} bytes were sent", bytes));
}

Stage::Task<> follower_failure(Stage& stage) {
  Tally tally(stage);
  const NodeId leader = co_await settled_leader(stage);
  co_await stage.execute(kv::put("x", "1"));
  stage.world().isolate(after(stage, leader));
  co_await stage.execute(kv::put("x", "2"));
  stage.world().isolate(after(stage, leader, 2));
  const auto before = tally.foremost();
  const auto answer = co_await stage.attempt(leader, kv::put("x", "3"), 1s);
  stage.expect(
      !answer, "a leader that hears nobody commits nothing",
      fmt::format("{} answered a request while both followers were cut off", to_string(leader)));
  stage.expect(tally.foremost() == before, "what no majority stored is not applied",
               fmt::format("a machine was given the command at index {}", tally.foremost()));
}

Stage::Task<> leader_failure(Stage& stage) {
  const NodeId first = co_await settled_leader(stage);
  co_await stage.execute(kv::put("x", "1"));
  stage.world().isolate(first);
  const NodeId second = co_await another_leader(stage, first);
  co_await stage.execute(kv::put("x", "2"));
  stage.world().isolate(second);
  for (const NodeId node : stage.cluster().nodes()) {
    const auto answer = co_await stage.attempt(node, kv::put("x", "3"), 400ms);
    stage.expect(
        !answer, "without a majority nothing is committed",
        fmt::format("{} answered a request while no two nodes heard each other", to_string(node)));
  }
}

Stage::Task<> follower_catches_up(Stage& stage) {
  Tally tally(stage);
  const NodeId leader = co_await settled_leader(stage);
  const NodeId behind = after(stage, leader);
  co_await stage.execute(kv::put("x", "1"));
  stage.world().isolate(behind);
  for (int number = 2; number <= 6; ++number) {
    co_await stage.execute(kv::put("x", std::to_string(number)));
  }
  stage.world().reconnect(behind);
  co_await stage.execute(kv::put("x", "7"));
  co_await tally.await_applied();
}

Stage::Task<> no_agreement_without_quorum(Stage& stage) {
  Tally tally(stage);
  const NodeId leader = co_await settled_leader(stage);
  co_await stage.execute(kv::put("x", "1"));
  for (std::size_t distance = 1; distance <= 3; ++distance) {
    stage.world().isolate(after(stage, leader, distance));
  }
  for (int number = 2; number <= 4; ++number) {
    const auto answer = co_await stage.attempt(leader, kv::put("x", std::to_string(number)), 300ms);
    stage.expect(!answer, "two of five are no majority",
                 fmt::format("{} answered a request while three of five nodes were cut off",
                             to_string(leader)));
  }
  stage.world().heal();
  co_await stage.execute(kv::put("x", "5"));
  co_await stage.execute(kv::get("x"));
  co_await tally.await_applied();
}

Stage::Task<> concurrent_requests(Stage& stage) {
  Tally tally(stage);
  const NodeId leader = co_await settled_leader(stage);
  std::vector<transport::ClientId> clients;
  for (int number = 0; number < 5; ++number) {
    clients.push_back(stage.world().submit(leader, [number](transport::Request& request) {
      request.set_command(kv::append("x", std::to_string(number)));
    }));
  }
  for (std::size_t number = 0; number < clients.size(); ++number) {
    co_await insist(stage, clients[number], kv::append("x", std::to_string(number)));
  }
  std::string value = co_await value_of(stage, "x");
  const std::string seen = value;
  std::sort(value.begin(), value.end());
  stage.expect(
      value == "01234", "requests at one moment are all executed, each once",
      fmt::format("0, 1, 2, 3 and 4 were appended at one moment, and \"{}\" is there", seen));
  co_await tally.await_applied();
}

Stage::Task<> few_messages(Stage& stage) {
  Tally tally(stage);
  co_await settled_leader(stage);
  co_await stage.execute(kv::put("x", "0"));
  const auto before = tally.sent();
  const auto began = stage.cluster().now();
  for (int number = 1; number <= 20; ++number) {
    co_await stage.execute(kv::put("x", std::to_string(number)));
  }
  co_await tally.await_applied();
  const auto ms =
      std::chrono::duration_cast<std::chrono::milliseconds>(stage.cluster().now() - began).count();
  const auto messages = tally.sent() - before;
  const auto bound = static_cast<std::uint64_t>(20 * 16 + 200 + ms / 5);
  stage.expect(messages <= bound,
               fmt::format("20 requests, one after the other, cost at most {} messages", bound),
               fmt::format("{} messages were sent", messages));
}

/// The same request three times: at once, after it was executed, and at the next leader.
Stage::Task<> repeated_requests(Stage& stage) {
  Tally tally(stage);
  const NodeId first = co_await settled_leader(stage);
  const auto client = stage.world().new_client();
  const std::string command = kv::append("x", "a");
  chaos::Scenario::Fill fill = [command](transport::Request& request) {
    request.set_command(command);
  };
  co_await stage.world().ask(client, first, fill, 1ms);
  const std::string once = co_await insist(stage, client, command);
  const std::string twice = co_await insist(stage, client, command);
  stage.expect(once == twice, "a repeated request gets the result of the first",
               "the second answer differs from the first");
  stage.world().isolate(first);
  co_await another_leader(stage, first);
  co_await insist(stage, client, command);
  const std::string value = co_await value_of(stage, "x");
  stage.expect_equal("a", value, "a request is executed once, however often its client sends it");
}

chaos::FaultModel without_crashes() {
  return chaos::FaultModel::network()
      .allow(chaos::FaultKind::Pause)
      .allow(chaos::FaultKind::ClockDrift)
      .allow(chaos::FaultKind::ClockStep);
}

}  // namespace

void add_replication_tests(LabBuilder& lab) {
  lab.test({.name = "basic_agreement",
            .points = 3,
            .promise = "a command that a client asks for is applied by all nodes, and nothing is "
                       "before",
            .source = "Raft paper, section 5.3",
            .hints = {"Only the leader takes requests; the others send the client on, with "
                      "Reply::REDIRECT and the leader's number.",
                      "Followers learn what is committed from the next AppendEntries: a heartbeat "
                      "carries the commit index, too.",
                      "Apply with ctx.apply(machine, index, command), and answer the client with "
                      "what it gives back."},
            .body = Script{{.nodes = 3}, basic_agreement}});
  lab.test({.name = "follower_failure",
            .points = 2,
            .promise = "a leader without a majority commits nothing",
            .source = "Raft paper, section 5.3",
            .hints = {"When is an entry committed?",
                      "Count the followers whose match index is at least the entry's, and the "
                      "leader itself."},
            .body = Script{{.nodes = 3}, follower_failure}});
  lab.test({.name = "leader_failure",
            .points = 2,
            .promise = "a new leader goes on with all that was committed; alone it commits nothing",
            .source = "Raft paper, sections 5.3 and 5.4",
            .hints = {"What must a new leader's log hold?",
                      "Vote only for candidates whose log is at least as up to date as yours "
                      "(section 5.4.1)."},
            .body = Script{{.nodes = 3}, leader_failure}});
  lab.test({.name = "follower_catches_up",
            .points = 2,
            .promise = "a follower that missed entries gets them when it is back",
            .source = "Raft paper, section 5.3",
            .hints = {"The leader keeps a next index for each follower.",
                      "A rejected AppendEntries lowers it, and the leader tries again at once."},
            .body = Script{{.nodes = 3}, follower_catches_up}});
  lab.test({.name = "no_agreement_without_quorum",
            .points = 2,
            .promise = "two of five commit nothing, and all goes on when the others are back",
            .source = "Raft paper, section 5.3",
            .hints = {"What happens to the entries that the old leader could not commit?",
                      "They are committed later or overwritten; both are right."},
            .body = Script{{.nodes = 5}, no_agreement_without_quorum}});
  lab.test({.name = "concurrent_requests",
            .points = 2,
            .promise = "requests that come at one moment are all executed, each once",
            .source = "Raft paper, section 5.3",
            .hints = {"Several entries may be under way at once.",
                      "Which client gets which result? Remember whose request an entry is."},
            .body = Script{{.nodes = 3}, concurrent_requests}});
  lab.test({.name = "bytes_sent_once",
            .points = 2,
            .promise = "a command travels to each follower once",
            .source = "Raft paper, section 5.3",
            .hints = {"What does a leader send when an answer is still on its way?",
                      "Advance the next index when you send, not when the answer comes, and go "
                      "back if it is a rejection or none."},
            .body = Script{{.nodes = 3}, bytes_sent_once}});
  lab.test({.name = "few_messages_per_request",
            .points = 1,
            .promise = "a request costs a handful of messages",
            .source = "Raft paper, section 5.3",
            .hints = {"Two messages per follower would do, and perhaps two more to tell of the "
                      "commit.",
                      "Does an answer make you send again, though there is nothing new?"},
            .seeds = 2,
            .body = Script{{.nodes = 3}, few_messages}});
  lab.test({.name = "repeated_requests",
            .points = 4,
            .promise = "a request that its client sends again is executed once, also by the next "
                       "leader, and gets the same result",
            .source = "Raft paper, section 8; dissertation, section 6.3",
            .hints = {"(client, sequence) names a request. Who has to remember it?",
                      "All replicas, since any of them may lead next: so it belongs to what is "
                      "applied, not to what the leader received.",
                      "When an entry is applied whose (client, sequence) is known, answer with the "
                      "result that you kept instead of applying it."},
            .body = Script{{.nodes = 3}, repeated_requests}});
  add_repair_tests(lab);
  lab.test({.name = "faults_without_crashes",
            .points = 5,
            .promise = "clients see one copy of the data, whatever the network, the clocks and "
                       "pauses do, and all get on when it is over",
            .source = "Raft paper, Figure 3",
            .hints = {"The rule on the page says which property was broken; start at its section.",
                      "A leader commits by counting only entries of its own term (section 5.4.2, "
                      "Figure 8).",
                      "Messages come late and twice: an old AppendEntries must neither lower the "
                      "commit index nor shorten the log."},
            .seeds = 20,
            .body = swarm({}, without_crashes())});
}

}  // namespace lockstep::labs
