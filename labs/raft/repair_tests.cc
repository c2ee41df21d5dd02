// Part B, continued: logs that went different ways become one again, and late messages harm
// nothing.
#include <fmt/core.h>

#include "labs/raft/lab.h"
#include "labs/raft/tally.h"
#include "statemachine/kv.h"

namespace lockstep::labs {

using consensus::raft::Message;
using transport::NodeId;
using transport::Transmission;
namespace kv = statemachine::kv;
using namespace std::chrono_literals;

namespace {

/// A leader with followers that hear nobody gathers entries that never will be committed.
Stage::Task<> gather(Stage& stage, NodeId leader, int entries) {
  for (int number = 0; number < entries; ++number) {
    stage.world().submit(leader, [number](transport::Request& request) {
      request.set_command(kv::put("lost", std::to_string(number)));
    });
  }
  co_await stage.sleep(100ms);
}

Stage::Task<> overwritten_leader(Stage& stage) {
  Tally tally(stage);
  const NodeId first = co_await settled_leader(stage);
  co_await stage.execute(kv::put("x", "1"));
  stage.world().isolate(first);
  co_await gather(stage, first, 10);
  const NodeId second = co_await another_leader(stage, first);
  co_await stage.execute(kv::put("x", "2"));
  stage.world().isolate(second);
  co_await gather(stage, second, 2);
  stage.world().reconnect(first);
  co_await another_leader(stage, second);
  co_await stage.execute(kv::put("x", "3"));
  stage.world().reconnect(second);
  co_await stage.execute(kv::get("x"));
  co_await tally.await_applied();
}

Stage::Task<> long_divergence(Stage& stage) {
  Tally tally(stage);
  NodeId leader = co_await settled_leader(stage);
  co_await stage.execute(kv::put("x", "1"));
  for (int round = 0; round < 3; ++round) {
    stage.world().isolate(leader);
    co_await gather(stage, leader, 120);
    const NodeId next = co_await another_leader(stage, leader);
    co_await gather(stage, next, 120);
    co_await stage.execute(kv::put("x", std::to_string(round)));
    stage.world().reconnect(leader);
    co_await tally.await_applied();
    leader = stage.world().leader().value_or(next);
  }
}

/// What was acknowledged in one term counts for nothing in a later one: its sender's log was
/// repaired in between.
Stage::Task<> late_acknowledgements(Stage& stage) {
  Tally tally(stage);
  const NodeId first = co_await settled_leader(stage);
  const NodeId friendly = after(stage, first);
  co_await stage.execute(kv::put("x", "1"));
  for (std::size_t distance = 2; distance <= 4; ++distance) {
    stage.world().isolate(after(stage, first, distance));
  }
  stage.world().hold([first, friendly](const Transmission& transmission) {
    const Message* message = message_in(transmission);
    return message != nullptr && message->append_reply().success() &&
           transmission.from == friendly && transmission.to == first;
  });
  co_await gather(stage, first, 8);
  stage.world().heal();
  stage.world().isolate(first);
  stage.world().isolate(friendly);
  co_await another_leader(stage, first);
  co_await stage.execute(kv::put("x", "2"));
  stage.world().reconnect(first);
  co_await stage.sleep(200ms);
  for (int tried = 0; tried < 20 && stage.world().leader() != first; ++tried) {
    const NodeId leader = co_await stage.leader();
    stage.world().isolate(leader);
    co_await another_leader(stage, leader);
    stage.world().reconnect(leader);
  }
  if (stage.world().leader() != first) co_return;
  for (std::size_t distance = 2; distance <= 4; ++distance) {
    stage.world().isolate(after(stage, first, distance));
  }
  co_await gather(stage, first, 8);
  stage.world().release();
  co_await stage.sleep(50ms);
  stage.world().heal();
  co_await stage.execute(kv::put("x", "3"));
  co_await tally.await_applied();
}

/// Of two that hear each other one has the longer log, the other one the later entries; and only
/// the longer log asks for votes.
Stage::Task<> votes_need_an_up_to_date_log(Stage& stage) {
  Tally tally(stage);
  const NodeId first = co_await settled_leader(stage);
  co_await stage.execute(kv::put("x", "1"));
  stage.world().isolate(first);
  co_await gather(stage, first, 10);
  const NodeId second = co_await another_leader(stage, first);
  co_await stage.execute(kv::put("x", "2"));
  co_await stage.sleep(100ms);
  stage.world().isolate(second);
  stage.world().lose([first](const Transmission& transmission) {
    const Message* message = message_in(transmission);
    return message != nullptr && message->has_request_vote() && transmission.from != first;
  });
  stage.world().reconnect(first);
  const auto term = stage.world().term();
  co_await stage.sleep(2s);
  stage.expect(stage.world().term() == term,
               "who misses a committed entry is not elected, however long its log is",
               fmt::format("{} was elected in term {} without the entry that was committed in term "
                           "{}",
                           to_string(first), stage.world().term(), term));
  stage.world().heal();
  co_await stage.execute(kv::get("x"));
  co_await tally.await_applied();
}

/// Entries of a leader that was replaced arrive when others stand committed in their places.
Stage::Task<> late_entries(Stage& stage) {
  Tally tally(stage);
  const NodeId first = co_await settled_leader(stage);
  co_await stage.execute(kv::put("x", "1"));
  co_await tally.await_applied();
  stage.world().hold([first](const Transmission& transmission) {
    const Message* message = message_in(transmission);
    return message != nullptr && message->has_append_entries() && transmission.from == first;
  });
  co_await gather(stage, first, 3);
  stage.world().isolate(first);
  co_await another_leader(stage, first);
  for (int number = 2; number <= 5; ++number) {
    co_await stage.execute(kv::put("x", std::to_string(number)));
  }
  stage.world().release();
  co_await stage.sleep(20ms);
  stage.world().heal();
  co_await stage.execute(kv::get("x"));
  co_await tally.await_applied();
}

}  // namespace

void add_repair_tests(LabBuilder& lab) {
  lab.test({.name = "overwritten_leader",
            .points = 2,
            .promise = "entries that were never committed are overwritten when their leader is "
                       "back",
            .source = "Raft paper, section 5.3, Figure 7",
            .hints = {"The follower checks prev_index and prev_term before it appends.",
                      "Remove entries only from the first one on that conflicts; a late message "
                      "must not shorten a log that is right."},
            .seeds = 8,
            .body = Script{{.nodes = 3}, overwritten_leader}});
  lab.test(
      {.name = "long_divergence",
       .points = 2,
       .promise = "logs that differ in 120 entries are alike again in five seconds",
       .source = "Raft paper, section 5.3 (the last paragraphs)",
       .hints = {"One entry back per heartbeat is too slow.",
                 "Try again as soon as a rejection arrives; better, let the follower say where "
                 "the conflicting term begins."},
       .body = Script{{.nodes = 3}, long_divergence}});
  lab.test({.name = "late_acknowledgements",
            .points = 2,
            .promise = "an acknowledgement of an earlier term does not count",
            .source = "Raft paper, sections 5.1 and 5.3",
            .hints = {"What a follower had acknowledged may have been overwritten since.",
                      "Compare the term of an AppendReply with your own before you count it."},
            .body = Script{{.nodes = 5}, late_acknowledgements}});
  lab.test({.name = "votes_need_an_up_to_date_log",
            .points = 2,
            .promise = "a node that misses a committed entry is not elected",
            .source = "Raft paper, section 5.4.1",
            .hints = {"Which of two logs is more up to date? It is not always the longer one.",
                      "Compare the terms of the last entries first, and the lengths if they are "
                      "equal. A candidate's own term has nothing to do with it."},
            .body = Script{{.nodes = 3}, votes_need_an_up_to_date_log}});
  lab.test({.name = "late_entries",
            .points = 2,
            .promise = "entries that a former leader sent change nothing when they arrive late",
            .source = "Raft paper, sections 5.1 and 5.3",
            .hints = {"Which messages of an earlier term still have a meaning?",
                      "None: answer them with your own term, and do nothing else."},
            .body = Script{{.nodes = 3}, late_entries}});
}

}  // namespace lockstep::labs
