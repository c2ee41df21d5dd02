// Multi-Paxos, one node at a time: acceptors, leaders, replicas, reads, changes of the acceptors.
#include "consensus/paxos/multi_paxos.h"

#include <doctest/doctest.h>

#include "tests/consensus/paxos/multi_messages.h"

namespace lockstep::consensus::tests {
namespace {

using multi_paxos::ReadOptions;
using Role = MultiPaxos::Role;
using Timer = MultiPaxos::Timer;

TEST_CASE("an acceptor promises one ballot for all slots, and tells all its votes [PMMC §2.3]") {
  MultiBench bench(counter_options(), first(3));
  bench.deliver(kSecond, accept(in_ballot(1, 2), 1, {adds(1), adds(2)}));
  REQUIRE(bench.sent<multi_paxos::Accepted>(kSecond).size() == 1);
  CHECK(bench.sent<multi_paxos::Accepted>(kSecond)[0].last_slot() == 2);
  bench.deliver(kThird, accept(in_ballot(2, 3), 2, {adds(3)}));
  bench.restart();
  bench.deliver(kSecond, prepare(in_ballot(1, 2), 1));
  CHECK(bench.sent<multi_paxos::Promise>(kSecond).empty());
  CHECK(bench.sent<multi_paxos::Refused>(kSecond).size() == 1);
  bench.deliver(kSecond, prepare(in_ballot(3, 2), 1));
  REQUIRE(bench.sent<multi_paxos::Promise>(kSecond).size() == 1);
  const auto told = bench.sent<multi_paxos::Promise>(kSecond)[0];
  REQUIRE(told.votes_size() == 2);
  CHECK(told.votes(0).ballot() == in_ballot(1, 2));
  CHECK(told.votes(1).ballot() == in_ballot(2, 3));
  bench.deliver(kThird, accept(in_ballot(2, 3), 3, {adds(4)}));
  CHECK(bench.sent<multi_paxos::Accepted>(kThird).empty());
}

TEST_CASE("a leader gets a slot chosen by a quorum of votes, its own once it is durable") {
  MultiBench bench = leader();
  CHECK(bench.field("role") == "leader");
  bench.request(add_one());
  REQUIRE(bench.sent<multi_paxos::Accept>(kSecond).size() == 1);
  CHECK(bench.sent<multi_paxos::Accept>(kSecond)[0].first_slot() == 1);
  const auto own = bench.sent<multi_paxos::Accepted>(kSelf);
  bench.deliver(kSecond, accepted(in_ballot(0, 1), 1, 1));
  bench.deliver(kSecond, accepted(in_ballot(1, 1), 1, 1));
  CHECK(bench.replies().empty());
  bench.deliver(kSelf, own.at(0));
  REQUIRE(bench.replies().size() == 1);
  CHECK(bench.replies()[0].status() == Reply::OK);
  CHECK(bench.number_in("commit") == 1);
}

TEST_CASE("slots are applied in their order, however they get chosen [PMMC §2.1]") {
  MultiBench bench = leader();
  bench.request(add_one(7));
  bench.become_durable();
  bench.request(add_one(8));
  bench.become_durable();
  bench.deliver(kThird, accepted(in_ballot(1, 1), 2, 2));
  CHECK(bench.replies().empty());
  bench.deliver(kThird, accepted(in_ballot(1, 1), 1, 1));
  CHECK(bench.replies().size() == 2);
}

TEST_CASE("no more than a window of slots is under way [PMMC §2.2]") {
  MultiBench bench = leader();
  for (std::uint64_t client = 1; client <= 6; ++client) bench.request(add_one(client));
  CHECK(bench.number_in("next slot") == 5);
  CHECK(bench.number_in("waiting") == 2);
  bench.deliver(kSecond, accepted(in_ballot(1, 1), 1, 4));
  bench.deliver(kThird, accepted(in_ballot(1, 1), 1, 4));
  CHECK(bench.replies().size() == 4);
  REQUIRE(bench.sent<multi_paxos::Accept>(kSecond).size() == 1);
  CHECK(bench.sent<multi_paxos::Accept>(kSecond)[0].values_size() == 2);
  CHECK(bench.sent<multi_paxos::Accept>(kSecond)[0].commit() == 4);
}

TEST_CASE("a leader steps down before a higher ballot, and its clients ask elsewhere") {
  MultiBench bench = leader();
  multi_paxos::Refused refused;
  refused.set_ballot(in_ballot(1, 1));
  refused.set_promised(in_ballot(2, 3));
  bench.deliver(kThird, refused);
  CHECK(bench.field("role") == "follower");
  CHECK(bench.claims<transport::Follows>().size() == 1);
  bench.deliver(kThird, heartbeat(in_ballot(2, 3), 0));
  bench.request(add_one());
  REQUIRE(bench.replies().size() == 1);
  CHECK(bench.replies()[0].redirect() == 3);
}

TEST_CASE("a follower takes the leader's commits for its votes of that ballot only") {
  MultiBench bench(counter_options(), first(3));
  bench.deliver(kSecond, accept(in_ballot(1, 2), 1, {adds(1), adds(2)}));
  bench.deliver(kThird, accept(in_ballot(2, 3), 1, {adds(1)}));
  bench.deliver(kThird, heartbeat(in_ballot(2, 3), 2));
  CHECK(bench.number_in("commit") == 1);
  REQUIRE(bench.sent<multi_paxos::CatchUp>(kThird).size() == 1);
  CHECK(bench.sent<multi_paxos::CatchUp>(kThird)[0].from_slot() == 2);
  multi_paxos::Chosen chosen;
  *chosen.add_votes() = vote(2, in_ballot(2, 3), adds(9));
  chosen.set_commit(2);
  bench.deliver(kThird, chosen);
  CHECK(bench.number_in("commit") == 2);
  CHECK(bench.claims<transport::Applied>().size() == 1);
  bench.restart();
  bench.deliver(kThird, heartbeat(in_ballot(3, 3), 2));
  CHECK(bench.number_in("commit") == 0);
}

TEST_CASE("what is lost is sent again, to those who have not answered") {
  MultiBench bench = leader();
  bench.request(add_one());
  bench.fire(Timer::Heartbeat);
  CHECK(bench.sent<multi_paxos::Accept>(kSecond).empty());
  bench.deliver(kSecond, accepted(in_ballot(1, 1), 1, 1));
  bench.fire(Timer::Heartbeat);
  CHECK(bench.sent<multi_paxos::Accept>(kSecond).empty());
  CHECK(bench.sent<multi_paxos::Accept>(kThird).size() == 1);
}

TEST_CASE("a lease begins when the heartbeat left, and ends early [PML §5.2]") {
  auto options = counter_options();
  options.lease = true;
  MultiBench bench = leader(3, options);
  bench.request(read_by(ReadOptions::LEASE));
  CHECK(bench.claims<transport::Served>().empty());
  multi_paxos::HeartbeatReply reply;
  reply.set_ballot(in_ballot(1, 1));
  reply.set_round(1);
  bench.world.now = Time{100ms};
  bench.deliver(kSecond, reply);
  // The read that went through the log is proposed, but nothing forbids answering others.
  bench.world.now = Time{134ms};
  bench.request(read_by(ReadOptions::LEASE));
  CHECK(bench.claims<transport::Served>().size() == 1);
  bench.world.now = Time{135ms};
  bench.request(read_by(ReadOptions::LEASE));
  CHECK(bench.claims<transport::Served>().empty());
}

TEST_CASE("who hears from a leader promises no rival's ballot, and neither after a restart") {
  auto options = counter_options();
  options.lease = true;
  MultiBench bench(options, first(3));
  bench.world.now = Time{1s};
  bench.deliver(kSecond, heartbeat(in_ballot(1, 2), 0));
  bench.world.now = Time{1s + 149ms};
  bench.deliver(kThird, prepare(in_ballot(2, 3), 1));
  CHECK(bench.world.effects.outgoing.empty());
  SUBCASE("later") {
    bench.world.now = Time{1s + 150ms};
    bench.deliver(kThird, prepare(in_ballot(2, 3), 1));
    CHECK(bench.sent<multi_paxos::Promise>(kThird).size() == 1);
  }
  SUBCASE("at the leader's own wish") {
    auto wish = prepare(in_ballot(2, 3), 1);
    wish.set_takes_over(in_ballot(1, 2));
    bench.deliver(kThird, wish);
    CHECK(bench.sent<multi_paxos::Promise>(kThird).size() == 1);
  }
  SUBCASE("at the wish of a leader before") {
    auto wish = prepare(in_ballot(2, 3), 1);
    wish.set_takes_over(in_ballot(0, 3));
    bench.deliver(kThird, wish);
    CHECK(bench.sent<multi_paxos::Promise>(kThird).empty());
  }
  SUBCASE("after a restart") {
    bench.restart();
    bench.deliver(kThird, prepare(in_ballot(2, 3), 1));
    CHECK(bench.sent<multi_paxos::Promise>(kThird).empty());
  }
}

TEST_CASE("a quorum read waits until what a quorum voted for is applied") {
  MultiBench bench(counter_options(), first(3));
  bench.deliver(kSecond, heartbeat(in_ballot(1, 2), 0));
  bench.request(read_by(ReadOptions::QUORUM));
  REQUIRE(bench.sent<multi_paxos::ReadQuery>(kThird).size() == 1);
  multi_paxos::ReadReply reply;
  reply.set_read(bench.sent<multi_paxos::ReadQuery>(kThird)[0].read());
  reply.set_last_slot(1);
  bench.deliver(kThird, reply);
  CHECK(bench.replies().empty());
  bench.deliver(kSecond, accept(in_ballot(1, 2), 1, {adds(5)}));
  CHECK(bench.replies().empty());
  bench.deliver(kSecond, heartbeat(in_ballot(1, 2), 1));
  CHECK(bench.replies().size() == 1);
}

TEST_CASE("new acceptors govern a window of slots after they were chosen [PMMC §2.2]") {
  MultiBench bench = leader();
  Request change;
  change.set_client(9);
  change.set_sequence(1);
  change.mutable_admin()->set_add(4);
  bench.request(change);
  bench.become_durable();
  bench.deliver(kSecond, accepted(in_ballot(1, 1), 1, 1));
  // Slots 2 to 4 belong to the old members, and are filled.
  CHECK(bench.number_in("next slot") == 5);
  CHECK(bench.replies().empty());
  CHECK(bench.sent<multi_paxos::Accept>(NodeId{4}).empty());
  // Two promises are no quorum of four, so the others are asked in good time.
  CHECK(bench.sent<multi_paxos::Prepare>(NodeId{4}).size() == 1);
  bench.deliver(kSelf, accepted(in_ballot(1, 1), 2, 4));
  bench.deliver(kSecond, accepted(in_ballot(1, 1), 2, 4));
  REQUIRE(bench.replies().size() == 1);
  CHECK(bench.replies()[0].status() == Reply::OK);
  REQUIRE(bench.claims<transport::Configured>().size() == 1);
  CHECK(bench.claims<transport::Configured>()[0].voters == 0b11110);
  bench.request(add_one());
  CHECK(bench.sent<multi_paxos::Accept>(kSecond).empty());
  bench.deliver(NodeId{4}, promise(in_ballot(1, 1)));
  CHECK(bench.sent<multi_paxos::Accept>(NodeId{4}).size() == 1);
}

TEST_CASE("a leader that reaches no quorum gives up") {
  MultiBench bench = leader();
  for (int beat = 0; beat < 6; ++beat) bench.fire(Timer::Heartbeat);
  CHECK(bench.field("role") == "follower");
}

TEST_CASE("a successor stands when the present leader asks it to, and gets promises at once") {
  MultiBench bench(counter_options(), first(3));
  bench.deliver(kSecond, heartbeat(in_ballot(3, 2), 0));
  multi_paxos::TakeOver wish;
  wish.set_ballot(in_ballot(2, 3));
  bench.deliver(kThird, wish);
  CHECK(bench.field("role") == "follower");
  wish.set_ballot(in_ballot(3, 2));
  bench.deliver(kSecond, wish);
  CHECK(bench.field("role") == "candidate");
  REQUIRE(bench.sent<multi_paxos::Prepare>(kThird).size() == 1);
  CHECK(bench.sent<multi_paxos::Prepare>(kThird)[0].takes_over() == in_ballot(3, 2));
}

}  // namespace
}  // namespace lockstep::consensus::tests
