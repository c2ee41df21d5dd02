// What keeps elections rare: pre-vote, stickiness, quorum checks, priorities.
#include <doctest/doctest.h>

#include "tests/consensus/raft/bench.h"

namespace lockstep::consensus::tests {
namespace {

using std::chrono::milliseconds;

Raft::Options with_pre_vote() {
  Raft::Options options = counter_options();
  options.pre_vote = true;
  return options;
}

raft::RequestVote pre_vote_request(std::uint64_t term, std::uint64_t last_index,
                                   std::uint64_t last_term) {
  raft::RequestVote request = request_vote(term, last_index, last_term);
  request.set_pre_vote(true);
  return request;
}

raft::VoteReply pre_vote(std::uint64_t term, bool granted = true) {
  raft::VoteReply reply = vote(term, granted);
  reply.set_pre_vote(true);
  return reply;
}

bool has_reached(const Bench& bench, RaftReach kind) {
  const auto all = bench.claims<transport::Reached>();
  return std::any_of(all.begin(), all.end(), [&](const transport::Reached& claim) {
    return claim.kind == static_cast<std::uint32_t>(kind);
  });
}

TEST_CASE("a pre-vote costs no term and no vote [dissertation §9.6]") {
  Bench bench(with_pre_vote());
  bench.deliver(kSecond, entries(2, 0, 0, {1, 2}));
  bench.fire(Raft::Timer::Election);
  CHECK(bench.field("role") == "pre-candidate");
  CHECK(bench.term() == 2);
  CHECK(bench.field("voted for") == "nobody");
  CHECK(bench.world.effects.writes.empty());
  const auto asked = bench.sent<raft::RequestVote>(kThird);
  REQUIRE(asked.size() == 1);
  CHECK(asked.front().pre_vote());
  CHECK(asked.front().term() == 2);
  CHECK(asked.front().last_index() == 2);
  SUBCASE("won: it stands") {
    bench.deliver(kThird, pre_vote(2));
    CHECK(bench.field("role") == "candidate");
    CHECK(bench.term() == 3);
    CHECK_FALSE(bench.sent<raft::RequestVote>(kSecond).front().pre_vote());
    // What comes late does not count as a vote.
    bench.deliver(kThird, pre_vote(3));
    CHECK(bench.field("role") == "candidate");
  }
  SUBCASE("refused") {
    bench.deliver(kSecond, pre_vote(2, false));
    CHECK(bench.field("role") == "pre-candidate");
  }
  SUBCASE("lost: it asks again, and still in its term") {
    bench.fire(Raft::Timer::Election);
    CHECK(has_reached(bench, RaftReach::PreVoteLost));
    CHECK(bench.term() == 2);
  }
  SUBCASE("its term is over: it follows") {
    bench.deliver(kSecond, pre_vote(5, false));
    CHECK(bench.field("role") == "follower");
    CHECK(bench.term() == 5);
  }
  SUBCASE("a real vote is no pre-vote") {
    bench.deliver(kSecond, vote(2));
    CHECK(bench.field("role") == "pre-candidate");
  }
}

TEST_CASE("a voter answers a pre-vote without a vote of its own [dissertation §9.6]") {
  Bench bench;
  bench.deliver(kSecond, entries(3, 0, 0, {3}));
  bench.deliver(kThird, request_vote(4, 1, 3));
  REQUIRE(bench.field("voted for") == "n3");
  SUBCASE("whatever its own vote was") {
    bench.deliver(kSecond, pre_vote_request(4, 1, 3));
    CHECK(bench.sent<raft::VoteReply>(kSecond).front().granted());
    CHECK(bench.sent<raft::VoteReply>(kSecond).front().pre_vote());
    CHECK(bench.field("voted for") == "n3");
    CHECK(bench.world.effects.writes.empty());
    CHECK_FALSE(bench.has_set(Raft::Timer::Election));
  }
  SUBCASE("not for a log that is behind") {
    bench.deliver(kSecond, pre_vote_request(4, 0, 0));
    CHECK_FALSE(bench.sent<raft::VoteReply>(kSecond).front().granted());
  }
  SUBCASE("not in an old term") {
    bench.deliver(kSecond, pre_vote_request(3, 1, 3));
    CHECK_FALSE(bench.sent<raft::VoteReply>(kSecond).front().granted());
    CHECK(bench.sent<raft::VoteReply>(kSecond).front().term() == 4);
  }
}

TEST_CASE("who hears a leader ignores candidates, their terms too [dissertation §4.2.3]") {
  Bench bench(careful_options());
  bench.world.now += milliseconds(1000);
  bench.deliver(kSecond, entries(1, 0, 0, {1}));
  const auto low = careful_options().election_timeout.low;
  raft::RequestVote request = request_vote(9, 5, 5);
  SUBCASE("pre-vote") {
    request.set_pre_vote(true);
    bench.world.now += low - 1ns;
    bench.deliver(kThird, request);
    CHECK(bench.world.effects.outgoing.empty());
    CHECK(bench.term() == 1);
  }
  SUBCASE("vote") {
    bench.world.now += low - 1ns;
    bench.deliver(kThird, request);
    CHECK(bench.world.effects.outgoing.empty());
    CHECK(bench.term() == 1);
  }
  SUBCASE("not if that leader asked for it [dissertation §3.10]") {
    request.set_transfer(true);
    bench.deliver(kThird, request);
    REQUIRE(bench.sent<raft::VoteReply>(kThird).size() == 1);
    CHECK(bench.sent<raft::VoteReply>(kThird).front().granted());
  }
  SUBCASE("not for longer than an election timeout") {
    bench.world.now += low;
    bench.deliver(kThird, request);
    REQUIRE(bench.sent<raft::VoteReply>(kThird).size() == 1);
    CHECK(bench.sent<raft::VoteReply>(kThird).front().granted());
  }
  SUBCASE("not once it waits for a leader itself") {
    bench.fire(Raft::Timer::Election);
    bench.deliver(kThird, request);
    CHECK(bench.sent<raft::VoteReply>(kThird).size() == 1);
  }
}

TEST_CASE(
    "a server with leases in its group is careful after a restart, too [dissertation §6.4.1]") {
  Raft::Options options = careful_options();
  SUBCASE("with leases") { options.lease = true; }
  SUBCASE("without") {}
  Bench bench(options);
  bench.world.now += milliseconds(1000);
  bench.restart();
  bench.deliver(kThird, request_vote(9, 5, 5));
  CHECK(bench.world.effects.outgoing.empty() == options.lease);
}

TEST_CASE("a leader that hears from no quorum steps down [dissertation §6.2]") {
  Raft::Options options = counter_options();
  options.check_quorum = true;
  Bench bench(options);
  bench.lead();
  CHECK(bench.has_set(Raft::Timer::QuorumCheck));
  bench.fire(Raft::Timer::QuorumCheck);  // It was elected by a quorum just now.
  REQUIRE(bench.field("role") == "leader");
  SUBCASE("it hears from one of two") {
    bench.deliver(kThird, accepted(1, 0));
    bench.fire(Raft::Timer::QuorumCheck);
    CHECK(bench.field("role") == "leader");
    CHECK(bench.has_set(Raft::Timer::QuorumCheck));
  }
  SUBCASE("it hears from nobody, and keeps its term") {
    bench.fire(Raft::Timer::QuorumCheck);
    CHECK(bench.field("role") == "follower");
    CHECK(bench.term() == 1);
    CHECK(has_reached(bench, RaftReach::CheckQuorum));
    CHECK(bench.claims<transport::Follows>().size() == 1);
  }
}

TEST_CASE("a server waits longer if another has a higher priority") {
  const auto patience = [](std::vector<std::uint32_t> priorities) {
    Raft::Options options = counter_options();
    options.priorities = std::move(priorities);
    Bench bench(options);
    bench.restart();
    REQUIRE(bench.world.effects.timers.size() == 1);
    return bench.world.effects.timers.front().after;
  };
  const auto usual = counter_options().election_timeout;
  CHECK(patience({}).low == usual.low);
  CHECK(patience({2, 1, 1}).low == usual.low);
  CHECK(patience({1, 1, 1}).low == usual.low);
  CHECK(patience({1, 1, 1, 9}).low == usual.low);  // n4 is no voter.
  CHECK(patience({1, 2}).low == usual.low + usual.high);
}

TEST_CASE("a leader hands over to a voter of higher priority once that has its log") {
  Raft::Options options = counter_options();
  options.priorities = {1, 1, 2};
  Bench bench(options);
  bench.lead();
  bench.fire(Raft::Timer::Heartbeat);
  CHECK(bench.sent<raft::TimeoutNow>(kThird).empty());
  bench.deliver(kSecond, accepted(1, 1));
  bench.fire(Raft::Timer::Heartbeat);
  CHECK(bench.sent<raft::TimeoutNow>(kSecond).empty());
  bench.deliver(kThird, accepted(1, 1));
  bench.fire(Raft::Timer::Heartbeat);
  REQUIRE(bench.sent<raft::TimeoutNow>(kThird).size() == 1);
  CHECK(bench.sent<raft::TimeoutNow>(kThird).front().term() == 1);
}

}  // namespace
}  // namespace lockstep::consensus::tests
