// Replication and commitment, one rule per case.
#include <doctest/doctest.h>

#include "tests/consensus/raft/bench.h"

namespace lockstep::consensus::tests {
namespace {

using Terms = std::vector<std::uint64_t>;

raft::AppendReply only_reply(const Bench& bench, NodeId to) {
  const auto replies = bench.sent<raft::AppendReply>(to);
  REQUIRE(replies.size() == 1);
  return replies.front();
}

raft::AppendReply rejected(std::uint64_t term, std::uint64_t prev, std::uint64_t conflict_index,
                           std::uint64_t conflict_term) {
  raft::AppendReply reply;
  reply.set_term(term);
  reply.set_prev_index(prev);
  reply.set_conflict_index(conflict_index);
  reply.set_conflict_term(conflict_term);
  return reply;
}

/// A leader of term `term` whose log has the given terms, without a no-op.
Bench leader_with(const Terms& log, std::uint64_t term, Raft::Options options = counter_options()) {
  options.noop_on_election = false;
  Bench bench(options);
  bench.deliver(kThird, entries(term - 1, 0, 0, log));
  bench.lead();
  REQUIRE(bench.term() == term);
  bench.become_durable();
  return bench;
}

TEST_CASE("entries of an old leader are refused [§5.1]") {
  Bench bench;
  bench.deliver(kSecond, entries(3, 0, 0, {3}));
  bench.deliver(kThird, entries(2, 1, 3, {2}));
  CHECK_FALSE(only_reply(bench, kThird).success());
  CHECK(only_reply(bench, kThird).term() == 3);
  CHECK(bench.stored_terms() == Terms{3});
}

TEST_CASE("entries that do not fit are refused, and the answer names the conflict [§5.3]") {
  Bench bench;
  bench.deliver(kSecond, entries(4, 0, 0, {1, 2, 2, 2, 4}));
  SUBCASE("a gap") {
    bench.deliver(kSecond, entries(4, 7, 4, {4}));
    CHECK(only_reply(bench, kSecond).conflict_index() == 6);
    CHECK(only_reply(bench, kSecond).conflict_term() == 0);
  }
  SUBCASE("another term") {
    bench.deliver(kThird, entries(5, 4, 3, {5}));
    CHECK(only_reply(bench, kThird).conflict_index() == 2);
    CHECK(only_reply(bench, kThird).conflict_term() == 2);
    CHECK(only_reply(bench, kThird).prev_index() == 4);
  }
  CHECK_FALSE(bench.world.effects.outgoing.empty());
  CHECK(bench.stored_terms() == Terms{1, 2, 2, 2, 4});
}

TEST_CASE("a conflict removes the rest of the log, in memory and on disk [§5.3]") {
  Bench bench;
  bench.deliver(kSecond, entries(2, 0, 0, {1, 2, 2}));
  bench.deliver(kThird, entries(3, 1, 1, {3}));
  CHECK(only_reply(bench, kThird).match_index() == 2);
  CHECK(bench.stored_terms() == Terms{1, 3});
  REQUIRE(bench.claims<transport::Truncated>().size() == 1);
  CHECK(bench.claims<transport::Truncated>().front().index == 2);
}

TEST_CASE("late and repeated entries remove nothing [§5.3]") {
  Bench bench;
  bench.deliver(kSecond, entries(1, 0, 0, {1, 1, 1}));
  bench.deliver(kSecond, entries(1, 0, 0, {1}));
  CHECK(only_reply(bench, kSecond).match_index() == 1);
  CHECK(bench.stored_terms() == Terms{1, 1, 1});
  CHECK(bench.world.effects.writes.empty());
}

TEST_CASE("a follower commits no further than what it checked [Figure 2]") {
  Bench bench;
  bench.deliver(kSecond, entries(1, 0, 0, {1, 1, 1}));
  bench.deliver(kThird, entries(2, 1, 1, {}, 3));
  CHECK(bench.number_in("commit") == 1);
  CHECK(bench.number_in("applied") == 1);
}

TEST_CASE("a leader starts its term with a no-op, if it is asked to [§8]") {
  Bench bench;
  bench.lead();
  CHECK(bench.stored_terms() == Terms{1});
  const auto sent = bench.sent<raft::AppendEntries>(kSecond);
  REQUIRE(sent.size() == 1);
  REQUIRE(sent.front().entries_size() == 1);
  CHECK(sent.front().entries(0).no_op());
  CHECK(leader_with({1}, 2).stored_terms() == Terms{1});
}

TEST_CASE("the leader counts its own copy once it is durable [dissertation §10.2.1]") {
  Bench bench;
  bench.lead();
  bench.become_durable();
  bench.deliver(kSecond, accepted(1, 1));
  REQUIRE(bench.number_in("commit") == 1);
  bench.add(1);
  const auto written = bench.world.effects;
  bench.deliver(kSecond, accepted(1, 2));
  CHECK(bench.number_in("commit") == 1);
  bench.world.effects = written;
  bench.become_durable();
  CHECK(bench.number_in("commit") == 2);
  REQUIRE(bench.replies().size() == 1);
  CHECK(bench.replies().front().status() == Reply::OK);
  CHECK(bench.replies().front().client() == 7);
  CHECK(bench.replies().front().sequence() == 1);
}

TEST_CASE("an entry of an earlier term is not committed by counting [§5.4.2, Figure 8]") {
  // S1 is elected again in term 4. Its entry of term 2 reaches a majority, yet S5, with an entry of
  // term 3, could still be elected and overwrite it.
  //   S1  1 2 4
  //   S2  1 2
  //   S3  1 2
  Bench bench = leader_with({1, 2}, 4);
  bench.deliver(kSecond, accepted(4, 2));
  bench.deliver(kThird, accepted(4, 2));
  CHECK(bench.number_in("commit") == 0);
  bench.add(1);
  bench.become_durable();
  bench.deliver(kSecond, accepted(4, 3));
  CHECK(bench.number_in("commit") == 3);
  REQUIRE(bench.claims<transport::Committed>().size() == 1);
  CHECK(bench.claims<transport::Committed>().front().term == 4);
}

TEST_CASE("the leader of Figure 7 brings every log in line, one term per step [§5.3]") {
  const Terms leader_log{1, 1, 1, 4, 4, 5, 5, 6, 6, 6};
  const std::vector<Terms> followers{
      {1, 1, 1, 4, 4, 5, 5, 6, 6},           // (a)
      {1, 1, 1, 4},                          // (b)
      {1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 6},     // (c)
      {1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 7, 7},  // (d)
      {1, 1, 1, 4, 4, 4, 4},                 // (e)
      {1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3},     // (f)
  };
  for (std::size_t at = 0; at < followers.size(); ++at) {
    CAPTURE(at);
    Bench leader = leader_with(leader_log, 8);
    leader.add(1);
    Bench follower;
    follower.deliver(kThird, entries(7, 0, 0, followers[at]));
    int rejections = 0;
    for (int step = 0; step < 20 && leader.number_in("n2 match") < 11; ++step) {
      const auto messages = leader.sent<raft::AppendEntries>(kSecond);
      if (messages.empty()) {
        leader.fire(Raft::Timer::Heartbeat);
        continue;
      }
      follower.deliver(kThird, messages.back());
      const auto reply = only_reply(follower, kThird);
      rejections += reply.success() ? 0 : 1;
      leader.deliver(kSecond, reply);
    }
    Terms expected = leader_log;
    expected.push_back(8);
    CHECK(follower.stored_terms() == expected);
    CHECK(rejections <= 3);
  }
}

TEST_CASE("late rejections are ignored [§5.3]") {
  Bench bench = leader_with({1, 1, 1}, 2);
  bench.deliver(kSecond, accepted(2, 3));
  REQUIRE(bench.number_in("n2 next") == 4);
  bench.deliver(kSecond, rejected(2, 2, 1, 0));
  CHECK(bench.number_in("n2 next") == 4);
  CHECK(bench.sent<raft::AppendEntries>(kSecond).empty());
  // It still replicates: it does not wait for one answer before it sends the next entry.
  for (std::uint64_t sequence = 1; sequence <= 2; ++sequence) {
    bench.add(sequence);
    CHECK(bench.sent<raft::AppendEntries>(kSecond).size() == 1);
  }
}

TEST_CASE("answers for more than the leader has are ignored") {
  Bench bench = leader_with({1}, 2);
  bench.deliver(kSecond, accepted(2, 50));
  CHECK(bench.number_in("n2 match") == 0);
}

TEST_CASE("several batches are in flight, and loss is repaired from a heartbeat's answer") {
  Raft::Options options = counter_options();
  options.max_batch = 2;
  options.pipeline = 2;
  Bench bench = leader_with({1}, 2, options);
  bench.deliver(kSecond, accepted(2, 1));
  std::size_t batches = 0;
  for (std::uint64_t sequence = 1; sequence <= 5; ++sequence) {
    bench.add(sequence);
    batches += bench.sent<raft::AppendEntries>(kSecond).size();
  }
  CHECK(batches == 2);  // Entries 2 and 3; the rest waits for room.
  CHECK(bench.number_in("n2 next") == 4);

  bench.fire(Raft::Timer::Heartbeat);  // Both batches are lost.
  auto heartbeat = bench.sent<raft::AppendEntries>(kSecond);
  REQUIRE(heartbeat.size() == 1);
  CHECK(heartbeat.front().entries_size() == 0);
  CHECK(heartbeat.front().prev_index() == 3);
  bench.deliver(kSecond, rejected(2, 3, 2, 0));
  auto again = bench.sent<raft::AppendEntries>(kSecond);
  REQUIRE(again.size() == 1);  // A probe.
  CHECK(again.front().prev_index() == 1);
  CHECK(again.front().entries_size() == 2);
  bench.deliver(kSecond, accepted(2, 3));
  again = bench.sent<raft::AppendEntries>(kSecond);
  REQUIRE(again.size() == 2);
  CHECK(again[0].entries_size() == 2);
  CHECK(again[1].entries_size() == 1);
}

TEST_CASE("only the leader executes; others say whom to ask [§8]") {
  Bench bench;
  bench.add(1);
  REQUIRE(bench.replies().size() == 1);
  CHECK(bench.replies().front().status() == Reply::UNAVAILABLE);
  bench.deliver(kThird, entries(1, 0, 0, {}));
  bench.add(1);
  CHECK(bench.replies().front().status() == Reply::REDIRECT);
  CHECK(bench.replies().front().redirect() == 3);
}

TEST_CASE("a client hears from the leader that took its request, and from nobody else [§8]") {
  Bench follower;
  follower.deliver(kSecond, entries(1, 0, 0, {1}, 1));
  CHECK(follower.number_in("applied") == 1);
  CHECK(follower.replies().empty());

  Bench successor = leader_with({1}, 2);
  successor.add(1);
  successor.become_durable();
  successor.deliver(kSecond, accepted(2, 2));
  CHECK(successor.number_in("applied") == 2);
  REQUIRE(successor.replies().size() == 1);
  CHECK(successor.replies().front().client() == 7);
}

TEST_CASE("what is no command is rejected") {
  Bench bench;
  bench.lead();
  Request request;
  request.set_client(7);
  SUBCASE("nothing") {}
  SUBCASE("a change of the group that names nobody") { request.mutable_admin()->set_add(0); }
  SUBCASE("a withdrawal") { request.mutable_cancel()->set_sequence(1); }
  bench.request(request);
  REQUIRE(bench.replies().size() == 1);
  CHECK(bench.replies().front().status() == Reply::REJECTED);
  CHECK(bench.stored_terms() == Terms{1});
}

TEST_CASE("a repeated request takes effect once and is answered again [dissertation §6.3]") {
  Bench bench;
  bench.lead();
  bench.become_durable();
  std::vector<std::string> results;
  for (std::uint64_t match = 2; match <= 3; ++match) {
    bench.add(1);
    bench.become_durable();
    bench.deliver(kSecond, accepted(1, match));
    REQUIRE(bench.replies().size() == 1);
    results.push_back(bench.replies().front().result());
  }
  CHECK(results[0] == results[1]);
  CHECK(statemachine::counter::parse_result(results[0])->value == 1);
}

}  // namespace
}  // namespace lockstep::consensus::tests
