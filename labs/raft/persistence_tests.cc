// Part C: a server that crashes keeps what it promised, at whatever moment it dies.
#include <fmt/core.h>

#include <array>

#include "labs/raft/lab.h"
#include "labs/raft/properties.h"
#include "labs/raft/tally.h"
#include "statemachine/kv.h"

namespace lockstep::labs {

using transport::NodeId;
namespace kv = statemachine::kv;
using namespace std::chrono_literals;

namespace {

void crash_all(Stage& stage) {
  for (const NodeId node : stage.cluster().nodes()) stage.cluster().crash(node);
}

void restart_all(Stage& stage) {
  for (const NodeId node : stage.cluster().nodes()) stage.cluster().restart(node);
}

Stage::Task<> restarts(Stage& stage) {
  Tally tally(stage);
  co_await stage.leader();
  co_await stage.execute(kv::put("x", "1"));
  crash_all(stage);
  restart_all(stage);
  co_await stage.execute(kv::get("x"));
  co_await stage.execute(kv::put("x", "2"));
  const NodeId leader = co_await stage.leader();
  stage.cluster().crash(leader);
  co_await stage.execute(kv::put("x", "3"));
  stage.cluster().restart(leader);
  co_await tally.await_applied();
  const NodeId next = co_await stage.leader();
  const NodeId follower = stage.cluster().nodes()[number(next) % 3];
  stage.cluster().crash(follower);
  co_await stage.execute(kv::put("x", "4"));
  stage.cluster().restart(follower);
  co_await stage.execute(kv::get("x"));
  co_await tally.await_applied();
}

Stage::Task<> restarts_in_groups(Stage& stage) {
  Tally tally(stage);
  const auto& nodes = stage.cluster().nodes();
  for (std::size_t round = 0; round < 5; ++round) {
    const NodeId leader = co_await stage.leader();
    co_await stage.execute(kv::put("x", fmt::format("{}a", round)));
    const std::array<NodeId, 2> first{nodes[number(leader) % 5], nodes[(number(leader) + 1) % 5]};
    for (const NodeId node : first) stage.cluster().crash(node);
    co_await stage.execute(kv::put("x", fmt::format("{}b", round)));
    crash_all(stage);
    for (const NodeId node : first) stage.cluster().restart(node);
    stage.cluster().restart(leader);
    co_await stage.execute(kv::get("x"));
    restart_all(stage);
    co_await tally.await_applied();
  }
}

Stage::Task<> leader_and_follower_crash(Stage& stage) {
  for (int round = 0; round < 3; ++round) {
    const NodeId leader = co_await stage.leader();
    const NodeId one = stage.cluster().nodes()[number(leader) % 3];
    const NodeId other = stage.cluster().nodes()[(number(leader) + 1) % 3];
    co_await stage.execute(kv::put("x", fmt::format("{}a", round)));
    stage.world().isolate(other);
    co_await stage.execute(kv::put("x", fmt::format("{}b", round)));
    stage.cluster().crash(leader);
    stage.cluster().crash(one);
    stage.world().reconnect(other);
    stage.cluster().restart(leader);
    co_await stage.execute(kv::get("x"));
    stage.cluster().restart(one);
    co_await stage.execute(kv::put("x", fmt::format("{}c", round)));
  }
}

Stage::Task<> repeated_across_restarts(Stage& stage) {
  co_await stage.leader();
  const auto client = stage.world().new_client();
  const std::string command = kv::append("x", "a");
  const std::string once = co_await insist(stage, client, command);
  for (int round = 0; round < 3; ++round) {
    crash_all(stage);
    restart_all(stage);
    const std::string again = co_await insist(stage, client, command);
    stage.expect(once == again, "a repeated request gets the result of the first",
                 "after all nodes had restarted the answer differs from the first");
  }
  const std::string value = co_await value_of(stage, "x");
  stage.expect_equal("a", value, "a request is executed once, restarts or not");
}

/// A voter dies as its vote leaves, and is back at once; leaders are cut off all the time.
constexpr std::string_view kVotes = R"(
storm_ms: 2500
conditions { delay_low_us: 1000 delay_high_us: 20000 duplicate_ppm: 20000 }
fault { on { nth: 1 message { name: "VoteReply" field { field: "granted" equals: "true" }
    field { field: "pre_vote" equals: "false" } } } for_ms: 1 crash { node { role: SENDER } } }
fault { on { nth: 2 message { name: "VoteReply" field { field: "granted" equals: "true" }
    field { field: "pre_vote" equals: "false" } } } for_ms: 1 crash { node { role: SENDER } } }
fault { on { nth: 4 message { name: "VoteReply" field { field: "granted" equals: "true" }
    field { field: "pre_vote" equals: "false" } } } for_ms: 1 crash { node { role: SENDER } } }
fault { on { nth: 7 message { name: "VoteReply" field { field: "granted" equals: "true" }
    field { field: "pre_vote" equals: "false" } } } for_ms: 1 crash { node { role: SENDER } } }
fault { on { nth: 3 message { name: "RequestVote"
    field { field: "pre_vote" equals: "false" } } } for_ms: 1 crash { node { role: SENDER } } }
fault { on { nth: 9 message { name: "RequestVote"
    field { field: "pre_vote" equals: "false" } } } for_ms: 1 crash { node { role: SENDER } } }
fault { at_ms: 400 for_ms: 300 isolate { node { role: LEADER } } }
fault { at_ms: 900 for_ms: 300 isolate { node { role: LEADER } } }
fault { at_ms: 1400 for_ms: 300 isolate { node { role: LEADER } } }
fault { at_ms: 1900 for_ms: 300 crash { node { role: LEADER } } }
)";

/// A follower dies as its acknowledgement leaves.
constexpr std::string_view kAcknowledgements = R"(
storm_ms: 2500
conditions { duplicate_ppm: 20000 sync_low_us: 1000 sync_high_us: 12000 }
fault { on { nth: 5 message { name: "AppendReply"
    field { field: "success" equals: "true" } } } for_ms: 1 crash { node { role: SENDER } } }
fault { on { nth: 25 message { name: "AppendReply"
    field { field: "success" equals: "true" } } } for_ms: 20 crash { node { role: SENDER } } }
fault { on { nth: 60 message { name: "AppendReply"
    field { field: "success" equals: "true" } } } for_ms: 1 crash { node { role: SENDER } } }
fault { on { nth: 61 message { name: "AppendReply"
    field { field: "success" equals: "true" } } } for_ms: 1 crash { node { role: SENDER } } }
fault { on { nth: 90 message { name: "AppendReply"
    field { field: "success" equals: "true" } } } for_ms: 50 crash { node { role: SENDER } } }
fault { on { nth: 120 message { name: "AppendReply"
    field { field: "success" equals: "true" } } } for_ms: 1 crash { node { role: RECEIVER } } }
fault { at_ms: 1000 for_ms: 200 crash { node { role: LEADER } } }
fault { at_ms: 1800 for_ms: 200 crash { node { role: LEADER } } }
)";

/// Nodes that learn of a term without voting in it die as they answer its leader, and are back
/// before they hear of it again.
constexpr std::string_view kTerms = R"(
storm_ms: 2500
conditions { duplicate_ppm: 20000 }
fault { name: "first" at_ms: 400 for_ms: 300 isolate { node { role: LEADER } } }
fault { on { after: "first" message { name: "AppendReply" from { id: 1 }
    field { field: "success" equals: "true" } } } for_ms: 1 crash { node { role: SENDER } } }
fault { on { after: "first" message { name: "AppendReply" from { id: 1 }
    field { field: "success" equals: "true" } } } for_ms: 500
    isolate { node { role: SENDER } direction: INCOMING } }
fault { on { after: "first" message { name: "AppendReply" from { id: 2 }
    field { field: "success" equals: "true" } } } for_ms: 1 crash { node { role: SENDER } } }
fault { on { after: "first" message { name: "AppendReply" from { id: 2 }
    field { field: "success" equals: "true" } } } for_ms: 500
    isolate { node { role: SENDER } direction: INCOMING } }
fault { name: "second" at_ms: 1500 for_ms: 300 isolate { node { role: LEADER } } }
fault { on { after: "second" message { name: "AppendReply" from { id: 3 }
    field { field: "success" equals: "true" } } } for_ms: 1 crash { node { role: SENDER } } }
fault { on { after: "second" message { name: "AppendReply" from { id: 3 }
    field { field: "success" equals: "true" } } } for_ms: 500
    isolate { node { role: SENDER } direction: INCOMING } }
fault { on { after: "second" message { name: "AppendReply" from { id: 4 }
    field { field: "success" equals: "true" } } } for_ms: 1 crash { node { role: SENDER } } }
fault { on { after: "second" message { name: "AppendReply" from { id: 4 }
    field { field: "success" equals: "true" } } } for_ms: 500
    isolate { node { role: SENDER } direction: INCOMING } }
)";

/// Leaders die soon, some of them between two messages of one broadcast.
constexpr std::string_view kFigure8 = R"(
storm_ms: 2500
conditions { duplicate_ppm: 20000 }
fault { at_ms: 300 for_ms: 250 crash { node { role: LEADER } point: AFTER_SEND sends: 1 } }
fault { at_ms: 600 for_ms: 300 isolate { node { role: LEADER } } }
fault { at_ms: 850 for_ms: 200 crash { node { role: LEADER } } }
fault { at_ms: 1100 for_ms: 250 crash { node { role: LEADER } point: AFTER_SEND sends: 1 } }
fault { at_ms: 1300 for_ms: 300 isolate { node { role: LEADER } direction: INCOMING } }
fault { at_ms: 1550 for_ms: 200 crash { node { role: LEADER } } }
fault { at_ms: 1800 for_ms: 250 crash { node { role: LEADER } point: AFTER_SEND sends: 2 } }
fault { at_ms: 2100 for_ms: 200 isolate { node { role: LEADER } } }
)";

constexpr std::string_view kLossy = R"(
storm_ms: 2000
conditions { delay_low_us: 1000 delay_high_us: 25000 loss_ppm: 100000
    duplicate_ppm: 50000 reorder_ppm: 50000 }
)";

/// Whoever writes dies before, after, or between two messages of the handler that wrote; which
/// writes these are depends on the seed.
chaos::RunSpec dies_at_writes(const chaos::System& system, std::uint64_t seed) {
  constexpr std::array<std::string_view, 4> kPoints{"point: BEFORE_STORAGE", "point: AFTER_STORAGE",
                                                    "point: AFTER_SEND sends: 1",
                                                    "point: AFTER_SEND sends: 2"};
  std::string plan = fmt::format(
      "storm_ms: 2500 conditions {{ duplicate_ppm: 20000 sync_low_us: 500 sync_high_us: {} }}\n",
      seed % 2 == 0 ? 1000 : 20'000);
  std::uint64_t write = 2 + seed % 5;
  for (std::uint64_t fault = 0; fault < 12; ++fault) {
    plan += fmt::format(
        "fault {{ on {{ nth: {} write {{ }} }} for_ms: {} crash {{ node {{ role: WRITER }} {} }} "
        "}}\n",
        write, 1 + (seed + fault) % 3 * 20, kPoints[(seed + fault) % kPoints.size()]);
    write += 11 + (seed * 7 + fault * 5) % 23;
  }
  return story({.probe_stride = 8}, plan)(system, seed);
}

}  // namespace

void add_persistence_tests(LabBuilder& lab) {
  lab.test({.name = "restarts",
            .points = 2,
            .promise = "what was acknowledged is there after all nodes, the leader, or a follower "
                       "restarted",
            .source = "Raft paper, section 5.2 and Figure 2, Persistent state",
            .hints = {"What is in memory only is gone.",
                      "Term, vote and log must be stored; the commit index need not be: a new "
                      "leader finds it out.",
                      "In on(ctx, Start) read everything back from ctx.storage() before you do "
                      "anything else."},
            .body = Script{{.nodes = 3}, restarts}});
  lab.test({.name = "restarts_in_groups",
            .points = 2,
            .promise = "any three of five that are up go on with all that was acknowledged",
            .source = "Raft paper, section 5.4",
            .hints = {"Which of the three has all committed entries? They must elect that one.",
                      "Compare logs by the last term first, then by length, with what you read "
                      "back from the disk."},
            .body = Script{{.nodes = 5}, restarts_in_groups}});
  lab.test({.name = "leader_and_follower_crash",
            .points = 2,
            .promise = "a leader that restarts beside one that missed entries brings it up to date",
            .source = "Raft paper, section 5.3",
            .hints = {"The one that was cut off cannot win. Can the other?",
                      "A vote may be refused to a candidate of a higher term; its term counts "
                      "nevertheless."},
            .body = Script{{.nodes = 3}, leader_and_follower_crash}});
  lab.test(
      {.name = "votes_survive",
       .points = 4,
       .promise = "a node that crashes right after it voted still knows its term and its vote",
       .source = "Raft paper, section 5.2; Figure 2: updated on stable storage before "
                 "responding",
       .hints = {"What may a node do twice that it may do only once?",
                 "Store term and vote in the handler that sends the answer; the message leaves "
                 "when the write is durable.",
                 "A candidate's vote for itself is a vote, too, and both are read back at the "
                 "start."},
       .seeds = 8,
       .body = story({.nodes = 3, .probe_stride = 1}, kVotes)});
  lab.test(
      {.name = "terms_survive",
       .points = 1,
       .promise = "a node that crashes after it heard of a term never speaks in an earlier one",
       .source = "Raft paper, section 5.1; Figure 2, Persistent state",
       .hints = {"A term is adopted from any message, not only by voting.",
                 "Store the term wherever it grows."},
       .seeds = 8,
       .body = story({.probe_stride = 8}, kTerms)});
  lab.test({.name = "acknowledgements_survive",
            .points = 3,
            .promise = "a node that crashes right after it acknowledged entries still has them",
            .source = "Raft paper, Figure 2: updated on stable storage before responding",
            .hints = {"The leader counts on every acknowledgement.",
                      "Store entries in the handler that answers; what was removed from the log "
                      "must go from the disk, too."},
            .seeds = 6,
            .body = story({.nodes = 3, .probe_stride = 3}, kAcknowledgements)});
  lab.test({.name = "dies_at_any_write",
            .points = 4,
            .promise = "a crash before, after or between a write and the messages of one handler "
                       "harms nothing",
            .source = "Raft paper, Figure 2, Persistent state",
            .hints = {"A write of one handler is all there or not at all, if the node crashes.",
                      "After a crash between two messages of a broadcast some nodes know more than "
                      "you do: your term and log must be those that they heard of."},
            .seeds = 10,
            .body = Property(dies_at_writes)});
  lab.test({.name = "figure_8",
            .points = 3,
            .promise = "whatever leaders die with, committed entries stay",
            .source = "Raft paper, section 5.4.2 and Figure 8",
            .hints = {"Draw Figure 8 with the terms on the page.",
                      "Count copies only for entries of your own term; older ones are committed "
                      "with them."},
            .seeds = 10,
            .body = story({.read_percent = 20}, kFigure8)});
  lab.test(
      {.name = "figure_8_unreliable",
       .points = 2,
       .promise = "the same when messages are lost, repeated, and overtake each other",
       .source = "Raft paper, section 5.4.2 and Figure 8",
       .hints = {"Messages of three leaders may arrive in any order.",
                 "Guard first: ignore what is stale, by its term, before you change anything."},
       .seeds = 6,
       .body = story({.read_percent = 20, .probe_stride = 16}, kRestless)});
  lab.test({.name = "agreement_on_a_bad_network",
            .points = 1,
            .promise = "five clients get on when a tenth of all messages is lost",
            .source = "Raft paper, section 5.3",
            .hints = {"The leader tries again until every follower has every entry.",
                      "Let each heartbeat carry what the follower has not acknowledged."},
            .body = story({.operations = 200, .clients = 5}, kLossy)});
  lab.test({.name = "repeated_across_restarts",
            .points = 1,
            .promise = "a repeated request is executed once, also when all nodes restarted",
            .source = "Raft paper, section 8; dissertation, section 6.3",
            .hints = {"What you know of clients comes back when the log is applied again.",
                      "(client, sequence) must therefore be in the entry."},
            .seeds = 2,
            .body = Script{{.nodes = 3}, repeated_across_restarts}});
  lab.test(
      {.name = "torn_writes",
       .points = 2,
       .promise = "a write of which a crash left a part counts as one that never was",
       .source = "dissertation, section 3.8; Pillai and others, All File Systems Are Not "
                 "Created Equal (OSDI 2014)",
       .hints = {"Of the records that a handler wrote the first ones are there, and the last of "
                 "these is cut. How do you tell a whole one?",
                 "Store a digest with each record, and take a record whose digest is wrong for "
                 "one that is not there. Nobody has heard of it: messages wait for the disk.",
                 "What lies where the record is written is lost with it. Keep the latest term "
                 "and vote in two places, used in turn."},
       .seeds = 12,
       .body = torn_writes({.probe_stride = 8})});
  lab.test({.name = "faults_with_crashes",
            .points = 3,
            .promise =
                "clients see one copy of the data, whatever crashes and returns, and all get "
                "on when it is over",
            .source = "Raft paper, Figure 3",
            .hints = {"The rule on the page says which property was broken; start at its section.",
                      "Compare what lies on the disk with what you keep in memory: after a crash "
                      "they must be the same."},
            .seeds = 20,
            .body = swarm({.probe_stride = 8}, chaos::FaultModel::crash_recovery())});
}

}  // namespace lockstep::labs
