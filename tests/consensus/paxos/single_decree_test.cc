// Single-decree Paxos, one node at a time, in the order of Paxos Made Simple.
#include <doctest/doctest.h>

#include "consensus/paxos/paxos.h"
#include "tests/consensus/node_bench.h"
#include "tests/consensus/paxos/single_decree_messages.h"

namespace lockstep::consensus::tests {
namespace {

using namespace single;

using Bench = NodeBench<Paxos>;

std::string value_in(const Reply& reply) {
  return statemachine::decisions::parse_result(reply.result())->value;
}

/// Node 1 of three that has proposed "a" and holds its own promise of ballot 1.1.
Bench proposer(Paxos::Options options = {}) {
  Bench bench(options, first(3));
  bench.request(wish("a"));
  bench.become_durable();
  return bench;
}

TEST_CASE("a proposer asks all for promises, and proposes with a quorum [§2.2]") {
  Bench bench({}, first(3));
  bench.request(wish("a"));
  REQUIRE(bench.sent<paxos::Prepare>(kSecond).size() == 1);
  CHECK(bench.sent<paxos::Prepare>(kSecond)[0].ballot() == ballot(1, 1));
  CHECK(bench.sent<paxos::Prepare>(kThird).size() == 1);
  bench.become_durable();
  CHECK(bench.sent<paxos::Accept>(kSecond).empty());
  bench.deliver(kThird, promise(ballot(1, 1)));
  REQUIRE(bench.sent<paxos::Accept>(kSecond).size() == 1);
  CHECK(bench.sent<paxos::Accept>(kSecond)[0].value() == "a");
}

TEST_CASE("a value that was accepted is proposed again [P2c]") {
  Bench bench = proposer();
  bench.deliver(kThird, promise(ballot(1, 1), 3, "b"));
  REQUIRE(bench.sent<paxos::Accept>(kSecond).size() == 1);
  CHECK(bench.sent<paxos::Accept>(kSecond)[0].value() == "b");
}

TEST_CASE("a promise counts once, and only in its ballot") {
  Bench bench(Paxos::Options{}, first(5));
  bench.request(wish("a"));
  bench.become_durable();
  bench.deliver(kThird, promise(ballot(1, 1)));
  bench.deliver(kThird, promise(ballot(1, 1)));
  CHECK(bench.sent<paxos::Accept>(kSecond).empty());
  bench.deliver(kSecond, promise(ballot(0, 1)));
  CHECK(bench.sent<paxos::Accept>(kThird).empty());
  bench.deliver(kSecond, promise(ballot(1, 1)));
  CHECK(bench.sent<paxos::Accept>(kThird).size() == 1);
}

TEST_CASE("chosen is what a quorum accepted in one ballot; then all who asked hear it [§2.3]") {
  Bench bench = proposer();
  bench.request(wish("c", 2));
  CHECK(bench.sent<paxos::Prepare>(kSecond).empty());
  bench.deliver(kThird, promise(ballot(1, 1)));
  bench.become_durable();
  CHECK(bench.replies().empty());
  bench.deliver(kThird, accepted(ballot(0, 1), "a"));
  CHECK(bench.replies().empty());
  bench.deliver(kThird, accepted(ballot(1, 1), "a"));
  REQUIRE(bench.replies().size() == 2);
  CHECK(value_in(bench.replies()[0]) == "a");
  CHECK(value_in(bench.replies()[1]) == "a");
  CHECK(bench.sent<paxos::Decided>(kSecond).size() == 1);
  bench.request(wish("d", 3));
  REQUIRE(bench.replies().size() == 1);
  CHECK(value_in(bench.replies()[0]) == "a");
}

TEST_CASE("an acceptor keeps its promise and its vote through a restart [§2.5]") {
  Bench bench({}, first(3));
  bench.deliver(kSecond, prepare(ballot(4, 2)));
  REQUIRE(bench.sent<paxos::Promise>(kSecond).size() == 1);
  CHECK(bench.sent<paxos::Promise>(kSecond)[0].accepted_ballot() == 0);
  bench.deliver(kSecond, accept(ballot(4, 2), "b"));
  CHECK(bench.sent<paxos::Accepted>(kSecond).size() == 1);
  bench.restart();
  bench.deliver(kThird, prepare(ballot(3, 3)));
  REQUIRE(bench.sent<paxos::Nack>(kThird).size() == 1);
  CHECK(bench.sent<paxos::Nack>(kThird)[0].promised() == ballot(4, 2));
  bench.deliver(kThird, prepare(ballot(5, 3)));
  REQUIRE(bench.sent<paxos::Promise>(kThird).size() == 1);
  CHECK(bench.sent<paxos::Promise>(kThird)[0].accepted_ballot() == ballot(4, 2));
  CHECK(bench.sent<paxos::Promise>(kThird)[0].value() == "b");
  bench.deliver(kSecond, accept(ballot(4, 2), "b"));
  CHECK(bench.sent<paxos::Accepted>(kSecond).empty());
}

TEST_CASE("without a disk an acceptor forgets") {
  Paxos::Options options;
  options.durable = false;
  Bench bench(options, first(3));
  bench.deliver(kSecond, prepare(ballot(4, 2)));
  CHECK(bench.world.image.empty());
  bench.restart();
  bench.deliver(kThird, prepare(ballot(3, 3)));
  CHECK(bench.sent<paxos::Promise>(kThird).size() == 1);
}

TEST_CASE("a refused proposer waits, and comes back above who was in its way [§2.4]") {
  Bench bench = proposer();
  paxos::Nack nack;
  nack.set_key("k");
  nack.set_ballot(ballot(1, 1));
  nack.set_promised(ballot(1, 1));
  bench.deliver(kSecond, nack);
  CHECK_FALSE(bench.has_set(Paxos::Timer::Retry));
  nack.set_promised(ballot(7, 2));
  bench.deliver(kSecond, nack);
  CHECK(bench.has_set(Paxos::Timer::Retry));
  bench.deliver(kThird, promise(ballot(1, 1)));
  CHECK(bench.sent<paxos::Accept>(kSecond).empty());
  bench.fire(Paxos::Timer::Retry);
  REQUIRE(bench.sent<paxos::Prepare>(kSecond).size() == 1);
  CHECK(bench.sent<paxos::Prepare>(kSecond)[0].ballot() == ballot(8, 1));
}

TEST_CASE("no ballot is begun twice, not even after a restart") {
  Bench bench = proposer();
  bench.restart();
  bench.request(wish("b"));
  REQUIRE(bench.sent<paxos::Prepare>(kSecond).size() == 1);
  CHECK(bench.sent<paxos::Prepare>(kSecond)[0].ballot() == ballot(2, 1));
}

TEST_CASE("what is no proposal is refused by name") {
  Bench bench({}, first(3));
  Request request = wish("a");
  request.set_command("?");
  bench.request(request);
  REQUIRE(bench.replies().size() == 1);
  CHECK(bench.replies()[0].status() == Reply::REJECTED);
}

}  // namespace
}  // namespace lockstep::consensus::tests
