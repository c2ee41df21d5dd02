// Part E: a read needs no entry in the log, and yet sees everything that was written before it.
#include <fmt/core.h>

#include "labs/raft/lab.h"
#include "labs/raft/properties.h"
#include "labs/raft/tally.h"
#include "statemachine/kv.h"

namespace lockstep::labs {

using transport::NodeId;
using transport::Reply;
using transport::Transmission;
namespace kv = statemachine::kv;
using namespace std::chrono_literals;

namespace {

Stage::Task<> reads_leave_no_entry(Stage& stage) {
  Tally tally(stage);
  co_await settled_leader(stage);
  co_await stage.execute(kv::put("x", "1"));
  co_await tally.await_applied();
  co_await stage.sleep(300ms);
  const auto index = tally.foremost();
  for (int number = 0; number < 30; ++number) co_await stage.execute(kv::get("x"));
  co_await stage.sleep(300ms);
  stage.expect(tally.foremost() == index, "a read adds nothing to the log",
               fmt::format("before 30 reads index {} was the last that was applied, and {} after",
                           index, tally.foremost()));
}

Stage::Task<> reads_share_rounds(Stage& stage) {
  Tally tally(stage);
  const NodeId leader = co_await settled_leader(stage);
  co_await stage.execute(kv::put("x", "1"));
  co_await tally.await_applied();
  const auto before = tally.sent();
  for (int number = 0; number < 40; ++number) {
    stage.world().submit(leader, [](transport::Request& request) {
      request.set_command(kv::get("x"));
      request.set_read_only(true);
    });
  }
  co_await stage.sleep(200ms);
  const auto messages = tally.sent() - before;
  stage.expect(messages <= 130, "40 reads at one moment cost at most 130 messages in 200 ms",
               fmt::format("{} messages were sent", messages));
  co_await stage.execute(kv::get("x"));
}

/// The old leader's clock is slow, so that it does not notice in time that nobody hears it. Clients
/// still reach it.
Stage::Task<> deposed_leader_does_not_answer(Stage& stage) {
  const NodeId first = co_await settled_leader(stage);
  co_await stage.execute(kv::put("x", "old"));
  co_await stage.execute(kv::get("x"));
  stage.cluster().clock(first).drift(stage.cluster().now(), -500'000);
  stage.world().isolate(first);
  const NodeId second = co_await another_leader(stage, first);
  stage.expect(second != first, "a leader that nobody hears is replaced by another node",
               fmt::format("{} leads again although nobody hears it", to_string(first)));
  const auto written = co_await stage.attempt(second, kv::put("x", "new"), 1s);
  const auto read = co_await stage.attempt(first, kv::get("x"), 300ms);
  if (written && read) {
    const auto result = kv::parse_result(*read);
    stage.expect(result && result->value == "new",
                 "a read sees every write that was answered before it began",
                 fmt::format("{}, which was cut off before \"new\" was written to x, answered a "
                             "read with the value from before",
                             to_string(first)));
  }
  stage.world().heal();
  co_await stage.execute(kv::get("x"));
}

/// A write that was answered is known to be committed by its leader only, which then is cut off.
/// Its successor has the entry, and cannot commit one of its own for a while.
Stage::Task<> new_leader_knows_what_is_committed(Stage& stage) {
  const NodeId first = co_await settled_leader(stage);
  co_await stage.execute(kv::put("x", "old"));
  co_await stage.sleep(200ms);
  const NodeId behind = stage.cluster().nodes()[number(first) % 3];
  stage.world().isolate(behind);
  co_await stage.execute(kv::put("x", "new"));
  stage.world().isolate(first);
  stage.world().reconnect(behind);
  const NodeId second = co_await another_leader(stage, first);
  stage.world().lose([](const Transmission& transmission) {
    const auto* message = message_in(transmission);
    return message != nullptr && message->append_entries().entries_size() > 0;
  });
  for (int tried = 0; tried < 3; ++tried) {
    const auto read = co_await stage.attempt(second, kv::get("x"), 100ms);
    if (!read) continue;
    const auto result = kv::parse_result(*read);
    stage.expect(result && result->value == "new",
                 "a new leader answers reads only when it knows what is committed",
                 fmt::format("{} leads term {} and answered a read with \"old\", although the log "
                             "has a \"new\" that was answered",
                             to_string(second), stage.world().term()));
  }
  // It is replaced in its turn, and must have refused the reads that waited.
  stage.world().heal();
  stage.world().isolate(second);
  co_await another_leader(stage, second);
  co_await stage.execute(kv::put("x", "newer"));
  stage.world().reconnect(second);
  co_await stage.sleep(300ms);
  co_await stage.execute(kv::get("x"));
}

/// Answers to a round are on their way while another leader is elected and writes. A read that
/// comes then to the old leader, whose clock is slow, must not join that round.
Stage::Task<> read_joins_no_earlier_round(Stage& stage, transport::Duration phase) {
  const NodeId first = co_await settled_leader(stage);
  co_await stage.execute(kv::put("x", "old"));
  co_await stage.sleep(phase);
  stage.world().hold([first](const Transmission& transmission) {
    const auto* message = message_in(transmission);
    return message != nullptr && message->has_append_reply() && transmission.to == first;
  });
  stage.cluster().clock(first).drift(stage.cluster().now(), -500'000);
  stage.world().submit(first, [](transport::Request& request) {
    request.set_command(kv::get("x"));
    request.set_read_only(true);
  });
  co_await stage.sleep(15ms);
  stage.world().isolate(first);
  const NodeId second = co_await another_leader(stage, first);
  const auto written = co_await stage.attempt(second, kv::put("x", "new"), 100ms);
  const auto client = stage.world().new_client();
  chaos::Scenario::Fill fill = [](transport::Request& request) {
    request.set_command(kv::get("x"));
    request.set_read_only(true);
  };
  co_await stage.world().ask(client, first, fill, 6ms);
  stage.world().release();
  const auto reply = co_await stage.world().ask(client, first, fill, 30ms);
  if (written && reply && reply->status() == Reply::OK) {
    const auto result = kv::parse_result(reply->result());
    stage.expect(result && result->value == "new",
                 "what others said before a read came does not confirm it",
                 fmt::format("{}, which was replaced before \"new\" was written to x, answered a "
                             "read with the value from before, upon answers that had left earlier",
                             to_string(first)));
  }
  stage.world().heal();
  stage.cluster().clock(first).drift(stage.cluster().now(), 0);
  co_await stage.execute(kv::get("x"));
}

/// Whatever moment of a heartbeat the settled leader is at.
Stage::Task<> reads_join_no_earlier_round(Stage& stage) {
  for (const auto phase : {10ms, 45ms, 80ms, 115ms}) {
    co_await read_joins_no_earlier_round(stage, phase);
  }
}

Stage::Task<> reads_need_a_majority(Stage& stage) {
  const NodeId leader = co_await settled_leader(stage);
  const auto& nodes = stage.cluster().nodes();
  co_await stage.execute(kv::put("x", "1"));
  stage.world().isolate(nodes[number(leader) % 5]);
  stage.world().isolate(nodes[(number(leader) + 1) % 5]);
  for (int number = 0; number < 5; ++number) co_await stage.execute(kv::get("x"));
  stage.world().isolate(nodes[(number(leader) + 2) % 5]);
  co_await stage.sleep(20ms);
  const auto read = co_await stage.attempt(leader, kv::get("x"), 1s);
  stage.expect(!read, "a leader that hears one other of five answers no read",
               fmt::format("{} answered a read", to_string(leader)));
  stage.world().heal();
  co_await stage.execute(kv::get("x"));
}

/// Answers reach the leader late, and its clock is slow; then nobody hears it any more, while
/// answers to what it asked before still arrive.
constexpr std::string_view kSlowAnswers = R"(
storm_ms: 2500
conditions { duplicate_ppm: 20000 }
fault { at_ms: 500 for_ms: 1500 clock_drift { node { role: LEADER } ppm: -500000 } }
fault { at_ms: 500 for_ms: 1500 slow_link { from { id: 1 } to { role: LEADER } extra_ms: 250 } }
fault { at_ms: 500 for_ms: 1500 slow_link { from { id: 2 } to { role: LEADER } extra_ms: 250 } }
fault { at_ms: 500 for_ms: 1500 slow_link { from { id: 3 } to { role: LEADER } extra_ms: 250 } }
fault { at_ms: 900 for_ms: 800 isolate { node { role: LEADER } direction: OUTGOING } }
)";

/// Leaders come and go without a crash, cut off from the others but not from clients.
constexpr std::string_view kDeposed = R"(
storm_ms: 2500
conditions { duplicate_ppm: 20000 }
fault { at_ms: 1 clock_drift { node { id: 1 } ppm: -400000 } }
fault { at_ms: 1 clock_drift { node { id: 2 } ppm: -200000 } }
fault { at_ms: 500 for_ms: 400 isolate { node { role: LEADER } } }
fault { at_ms: 1000 for_ms: 400 isolate { node { role: LEADER } } }
fault { at_ms: 1500 for_ms: 400 isolate { node { role: LEADER } direction: OUTGOING } }
fault { at_ms: 2000 for_ms: 400 isolate { node { role: LEADER } } }
)";

Storm many_reads() {
  return {.nodes = 3, .operations = 400, .clients = 8, .keys = 2, .read_percent = 70};
}

chaos::RunSpec everything_fails(const chaos::System& system, std::uint64_t seed) {
  Storm storm{.nodes = 5, .operations = 200, .keys = 2, .read_percent = 60};
  if (seed % 2 == 0) return story(storm, kRestless)(system, seed);
  storm = {.nodes = 3, .operations = 300, .clients = 6, .keys = 2, .read_percent = 70};
  return swarm(storm, chaos::FaultModel::crash_recovery())(system, seed);
}

}  // namespace

void add_read_tests(LabBuilder& lab) {
  lab.test({.name = "reads_leave_no_entry",
            .points = 3,
            .promise = "a read adds nothing to the log",
            .source = "Raft paper, section 8; dissertation, section 6.4",
            .hints = {"request.read_only() says what is a read, and machine.read(command) answers "
                      "it without a change.",
                      "Before it answers, the leader must hear from a majority that it still "
                      "leads: a round of heartbeats that began after the read came."},
            .seeds = 2,
            .body = Script{{.nodes = 3}, reads_leave_no_entry}});
  lab.test({.name = "reads_share_rounds",
            .points = 2,
            .promise = "reads that come at one moment share a round of heartbeats",
            .source = "dissertation, section 6.4",
            .hints = {"Number the rounds, and let answers repeat the number (AppendEntries.round).",
                      "While a round is under way, new reads wait for the next one together."},
            .seeds = 2,
            .body = Script{{.nodes = 3}, reads_share_rounds}});
  lab.test({.name = "deposed_leader_does_not_answer",
            .points = 5,
            .promise = "a leader that was replaced without noticing does not answer reads from its "
                       "old state",
            .source = "Raft paper, section 8; dissertation, section 6.4, step 3",
            .hints = {"The old leader cannot know from itself that it was replaced.",
                      "Clocks do not help here: in this lab their rates may differ as much as they "
                      "like. Only answers from a majority do."},
            .seeds = 6,
            .body = Script{{.nodes = 3}, deposed_leader_does_not_answer}});
  lab.test(
      {.name = "new_leader_knows_what_is_committed",
       .points = 4,
       .promise = "a new leader answers reads only after it committed an entry of its own term",
       .source = "Raft paper, section 8; dissertation, section 6.4, step 1",
       .hints = {"What does a new leader know of the commit index?",
                 "It begins its term with an empty entry (no_op); until that is committed "
                 "reads wait."},
       .seeds = 6,
       .body = Script{{.nodes = 3}, new_leader_knows_what_is_committed}});
  lab.test({.name = "reads_need_a_majority",
            .points = 2,
            .promise = "reads go on with three of five, and are not answered with two",
            .source = "dissertation, section 6.4, step 3",
            .hints = {"One answer is no majority.",
                      "The leader counts itself, and each other node once per round."},
            .body = Script{{.nodes = 5}, reads_need_a_majority}});
  lab.test({.name = "answers_come_late",
            .points = 2,
            .promise = "an answer to an earlier question does not confirm a later read",
            .source = "dissertation, section 6.4, steps 2 and 3",
            .hints = {"An answer tells that the leader was the leader when it was sent.",
                      "Count only answers to rounds that began after the read came."},
            .seeds = 16,
            .body = story(many_reads(), kSlowAnswers)});
  lab.test(
      {.name = "reads_join_no_earlier_round",
       .points = 2,
       .promise = "a read is confirmed by a round of heartbeats that began after it came",
       .source = "dissertation, section 6.4, step 3",
       .hints = {"A round is under way when a read comes. Its answers may have left already.",
                 "Such a read waits for the next round; one round at a time is enough."},
       .seeds = 8,
       .body = Script{
           {.nodes = 3, .options = {{"election_timeout", "150ms..200ms"}, {"heartbeat", "140ms"}}},
           reads_join_no_earlier_round}});
  lab.test({.name = "reads_of_deposed_leaders",
            .points = 2,
            .promise = "reads see all writes that were answered before them, while leaders are cut "
                       "off again and again",
            .source = "dissertation, section 6.4",
            .hints = {"Reads that wait when a leader steps down have to be refused.",
                      "An answer from the state before the read's index is too old, even from the "
                      "right leader: apply first."},
            .seeds = 20,
            .body = story(many_reads(), kDeposed)});
  lab.test({.name = "reads_under_faults",
            .points = 3,
            .promise = "clients that mostly read see one copy of the data, whatever fails",
            .source = "dissertation, section 6.4",
            .hints = {"The page shows the smallest history that no order explains: which answer "
                      "was too old?",
                      "Then look at what its leader knew at the moment of that read."},
            .seeds = 24,
            .body = Property(everything_fails)});
}

}  // namespace lockstep::labs
