// Leadership transfer: dissertation §3.10.
#include <doctest/doctest.h>

#include "tests/consensus/raft/bench.h"

namespace lockstep::consensus::tests {
namespace {

Request transfer_to(std::uint32_t node) {
  Request request;
  request.set_client(9);
  request.set_sequence(1);
  request.mutable_admin()->set_transfer(node);
  return request;
}

Reply only_reply(const Bench& bench) {
  const auto replies = bench.replies();
  REQUIRE(replies.size() == 1);
  return replies.front();
}

/// A leader of term 1 whose first entry is committed and stands on n2.
Bench leading(Raft::Options options = counter_options()) {
  Bench bench(std::move(options));
  bench.lead();
  bench.become_durable();
  bench.deliver(kSecond, accepted(1, 1, 1));
  REQUIRE(bench.number_in("commit") == 1);
  return bench;
}

TEST_CASE("a leader asks its successor to stand once that has the whole log [dissertation §3.10]") {
  Bench bench = leading();
  SUBCASE("at once if it has") {
    bench.request(transfer_to(2));
    REQUIRE(bench.sent<raft::TimeoutNow>(kSecond).size() == 1);
    CHECK(bench.sent<raft::TimeoutNow>(kSecond).front().term() == 1);
    CHECK(bench.replies().empty());
  }
  SUBCASE("later if it has not, and once only") {
    bench.request(transfer_to(3));
    CHECK(bench.sent<raft::TimeoutNow>(kThird).empty());
    bench.deliver(kThird, accepted(1, 1));
    CHECK(bench.sent<raft::TimeoutNow>(kThird).size() == 1);
    bench.deliver(kThird, accepted(1, 1));
    CHECK(bench.sent<raft::TimeoutNow>(kThird).empty());
  }
}

TEST_CASE("a leader that hands over takes no commands, until it gives up") {
  Bench bench = leading();
  bench.request(transfer_to(3));
  CHECK(bench.has_set(Raft::Timer::Transfer));
  bench.add(1);
  CHECK(only_reply(bench).status() == Reply::UNAVAILABLE);
  CHECK(bench.number_in("log last") == 1);
  bench.request(transfer_to(2));
  CHECK(only_reply(bench).status() == Reply::UNAVAILABLE);
  bench.fire(Raft::Timer::Transfer);
  CHECK(only_reply(bench).client() == 9);
  CHECK(only_reply(bench).status() == Reply::UNAVAILABLE);
  bench.add(2);
  CHECK(bench.number_in("log last") == 2);
}

TEST_CASE("an operator hears how a transfer ended") {
  Bench bench = leading();
  SUBCASE("the successor stands: it is done") {
    bench.request(transfer_to(2));
    raft::RequestVote request = request_vote(2, 1, 1);
    request.set_transfer(true);
    bench.deliver(kSecond, request);
    CHECK(only_reply(bench).status() == Reply::OK);
    CHECK(bench.sent<raft::VoteReply>(kSecond).front().granted());
  }
  SUBCASE("another leads before the successor was asked: it is not") {
    bench.request(transfer_to(3));
    bench.deliver(kSecond, entries(2, 1, 1, {}));
    CHECK(only_reply(bench).status() == Reply::UNAVAILABLE);
  }
  SUBCASE("to itself: nothing to do") {
    bench.request(transfer_to(1));
    CHECK(only_reply(bench).status() == Reply::OK);
  }
  SUBCASE("to a stranger: never") {
    bench.request(transfer_to(4));
    CHECK(only_reply(bench).status() == Reply::REJECTED);
  }
}

TEST_CASE("a successor stands at once, without a pre-vote, and says why [dissertation §3.10]") {
  Bench bench(careful_options());
  bench.deliver(kThird, entries(3, 0, 0, {3}));
  raft::TimeoutNow request;
  request.set_term(3);
  SUBCASE("in the leader's term") {
    bench.deliver(kThird, request);
    CHECK(bench.field("role") == "candidate");
    CHECK(bench.term() == 4);
    REQUIRE(bench.sent<raft::RequestVote>(kSecond).size() == 1);
    CHECK(bench.sent<raft::RequestVote>(kSecond).front().transfer());
    CHECK_FALSE(bench.sent<raft::RequestVote>(kSecond).front().pre_vote());
    bench.become_durable();
    bench.deliver(kSecond, vote(4));
    const auto reached = bench.claims<transport::Reached>();
    REQUIRE(reached.size() == 1);
    CHECK(reached.front().kind == static_cast<std::uint32_t>(RaftReach::Transfer));
  }
  SUBCASE("not for an earlier leader") {
    request.set_term(2);
    bench.deliver(kSecond, request);
    CHECK(bench.field("role") == "follower");
    CHECK(bench.term() == 3);
  }
  SUBCASE("a later candidacy of its own has no such excuse") {
    bench.deliver(kThird, request);
    bench.fire(Raft::Timer::Election);
    CHECK_FALSE(bench.sent<raft::RequestVote>(kSecond).front().transfer());
  }
}

TEST_CASE("a server that is no voter does not stand, even if it is asked to") {
  Bench bench(counter_options(), {kSecond, kThird}, Start::Kind::Join);
  raft::TimeoutNow request;
  request.set_term(1);
  bench.deliver(kThird, request);
  CHECK(bench.field("role") == "follower");
}

}  // namespace
}  // namespace lockstep::consensus::tests
