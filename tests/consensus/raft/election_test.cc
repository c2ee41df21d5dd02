// Elections, one rule per case.
#include <doctest/doctest.h>

#include "tests/consensus/raft/bench.h"

namespace lockstep::consensus::tests {
namespace {

bool grants(const Bench& bench, NodeId to) {
  const auto votes = bench.sent<raft::VoteReply>(to);
  REQUIRE(votes.size() == 1);
  return votes.front().granted();
}

TEST_CASE("a follower votes once per term [§5.2]") {
  Bench bench;
  bench.deliver(kSecond, request_vote(1, 0, 0));
  CHECK(grants(bench, kSecond));
  bench.deliver(kThird, request_vote(1, 5, 1));
  CHECK_FALSE(grants(bench, kThird));
  SUBCASE("the same candidate may ask again") {
    bench.deliver(kSecond, request_vote(1, 0, 0));
    CHECK(grants(bench, kSecond));
  }
  SUBCASE("a new term, a new vote") {
    bench.deliver(kThird, request_vote(2, 5, 1));
    CHECK(grants(bench, kThird));
  }
}

TEST_CASE("a vote and its term survive a restart [§5.2]") {
  Bench bench;
  bench.deliver(kSecond, request_vote(4, 0, 0));
  bench.restart();
  CHECK(bench.term() == 4);
  bench.deliver(kThird, request_vote(4, 9, 3));
  CHECK_FALSE(grants(bench, kThird));
}

TEST_CASE("a candidate of an old term gets no vote and learns the new term [§5.1]") {
  Bench bench;
  bench.deliver(kSecond, entries(5, 0, 0, {}));
  bench.deliver(kThird, request_vote(4, 9, 4));
  CHECK_FALSE(grants(bench, kThird));
  CHECK(bench.sent<raft::VoteReply>(kThird).front().term() == 5);
}

TEST_CASE("only an up-to-date log may win [§5.4.1]") {
  Bench bench;
  bench.deliver(kSecond, entries(3, 0, 0, {1, 3, 3}));
  SUBCASE("a longer log of an earlier term loses") {
    bench.deliver(kThird, request_vote(4, 9, 2));
    CHECK_FALSE(grants(bench, kThird));
  }
  SUBCASE("a shorter log of the same term loses") {
    bench.deliver(kThird, request_vote(4, 2, 3));
    CHECK_FALSE(grants(bench, kThird));
  }
  SUBCASE("an equal log wins") {
    bench.deliver(kThird, request_vote(4, 3, 3));
    CHECK(grants(bench, kThird));
  }
  SUBCASE("a shorter log of a later term wins") {
    bench.deliver(kThird, request_vote(5, 1, 4));
    CHECK(grants(bench, kThird));
  }
}

TEST_CASE("a granted vote postpones the voter's own candidacy, a refused one does not [§5.2]") {
  Bench bench;
  bench.deliver(kSecond, request_vote(1, 0, 0));
  CHECK(bench.has_set(Raft::Timer::Election));
  bench.deliver(kThird, request_vote(1, 0, 0));
  CHECK_FALSE(bench.has_set(Raft::Timer::Election));
}

TEST_CASE("a node that hears no leader stands in the next term and asks everybody [§5.2]") {
  Bench bench;
  bench.deliver(kSecond, entries(2, 0, 0, {1, 2}));
  bench.fire(Raft::Timer::Election);
  CHECK(bench.field("role") == "candidate");
  CHECK(bench.term() == 3);
  CHECK(bench.has_set(Raft::Timer::Election));
  for (const NodeId member : {kSecond, kThird}) {
    const auto asked = bench.sent<raft::RequestVote>(member);
    REQUIRE(asked.size() == 1);
    CHECK(asked.front().term() == 3);
    CHECK(asked.front().last_index() == 2);
    CHECK(asked.front().last_term() == 2);
  }
}

TEST_CASE("a node that is no member does not stand") {
  Bench bench(counter_options(), {kSecond, kThird}, Start::Kind::Join);
  bench.fire(Raft::Timer::Election);
  CHECK(bench.field("role") == "follower");
  CHECK(bench.world.effects.outgoing.empty());
}

TEST_CASE("a majority of votes makes a leader [§5.2]") {
  Bench bench(counter_options(), 5);
  bench.fire(Raft::Timer::Election);
  SUBCASE("its own counts once it is durable") {
    bench.deliver(kSecond, vote(1));
    bench.deliver(kThird, vote(1));
    CHECK(bench.field("role") == "candidate");
  }
  SUBCASE("a repeated vote counts once") {
    bench.become_durable();
    bench.deliver(kSecond, vote(1));
    bench.deliver(kSecond, vote(1));
    CHECK(bench.field("role") == "candidate");
  }
  SUBCASE("a refusal does not count") {
    bench.become_durable();
    bench.deliver(kSecond, vote(1));
    bench.deliver(kThird, vote(1, false));
    CHECK(bench.field("role") == "candidate");
  }
  SUBCASE("a vote of an earlier term does not count") {
    bench.fire(Raft::Timer::Election);
    bench.become_durable();
    bench.deliver(kSecond, vote(1));
    bench.deliver(kThird, vote(1));
    CHECK(bench.field("role") == "candidate");
  }
  SUBCASE("three of five") {
    bench.become_durable();
    bench.deliver(kSecond, vote(1));
    bench.deliver(kThird, vote(1));
    CHECK(bench.field("role") == "leader");
    REQUIRE(bench.claims<transport::Leads>().size() == 1);
    CHECK(bench.claims<transport::Leads>().front().term == 1);
    CHECK(bench.has_set(Raft::Timer::Election, true));
    CHECK(bench.has_set(Raft::Timer::Heartbeat));
    for (std::uint32_t member = 2; member <= 5; ++member) {
      CHECK(bench.sent<raft::AppendEntries>(NodeId{member}).size() == 1);
    }
  }
}

TEST_CASE("a candidate follows the leader that was elected in its term [§5.2]") {
  Bench bench;
  bench.fire(Raft::Timer::Election);
  bench.deliver(kSecond, entries(1, 0, 0, {}));
  CHECK(bench.field("role") == "follower");
  CHECK(bench.field("leader") == "n2");
  CHECK(bench.term() == 1);
}

TEST_CASE("whoever sees a higher term follows, whatever message carries it [§5.1]") {
  Bench bench;
  bench.lead();
  REQUIRE(bench.field("role") == "leader");
  SUBCASE("RequestVote") { bench.deliver(kThird, request_vote(9, 0, 0)); }
  SUBCASE("VoteReply") { bench.deliver(kThird, vote(9, false)); }
  SUBCASE("AppendEntries") { bench.deliver(kThird, entries(9, 0, 0, {})); }
  SUBCASE("AppendReply") { bench.deliver(kThird, accepted(9, 0)); }
  SUBCASE("InstallSnapshot") {
    raft::InstallSnapshot chunk;
    chunk.set_term(9);
    bench.deliver(kThird, chunk);
  }
  SUBCASE("SnapshotReply") {
    raft::SnapshotReply reply;
    reply.set_term(9);
    bench.deliver(kThird, reply);
  }
  CHECK(bench.field("role") == "follower");
  CHECK(bench.term() == 9);
  CHECK(bench.has_set(Raft::Timer::Heartbeat, true));
  CHECK(bench.has_set(Raft::Timer::Election));
  CHECK(bench.claims<transport::Follows>().size() == 1);
  bench.restart();
  CHECK(bench.term() == 9);
}

}  // namespace
}  // namespace lockstep::consensus::tests
