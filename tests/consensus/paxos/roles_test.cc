// The small types of Paxos: acceptors, proposers, quorums, ballots, configurations.
#include "consensus/paxos/roles.h"

#include <doctest/doctest.h>

#include "consensus/paxos/configurations.h"
#include "tests/consensus/node_bench.h"

namespace lockstep::consensus::tests {
namespace {

using paxos::above;
using paxos::Acceptor;
using paxos::Ballot;
using paxos::Configurations;
using paxos::Proposer;
using paxos::quorums_of;
using paxos::Slot;

TEST_CASE("ballots are ordered by round, then by node, and name their proposer") {
  const Ballot first = above(Ballot{}, kSecond);
  CHECK(to_string(first) == "1.2");
  CHECK(proposer_of(first) == kSecond);
  CHECK(above(first, kSelf) > first);
  CHECK(to_string(above(first, kSelf)) == "2.1");
  CHECK(above(Ballot{}, kThird) > first);
}

TEST_CASE("an acceptor promises ascending ballots only [§2.2, P1a]") {
  Acceptor acceptor;
  CHECK(acceptor.promise(Ballot{5}));
  CHECK_FALSE(acceptor.promise(Ballot{5}));
  CHECK_FALSE(acceptor.promise(Ballot{4}));
  CHECK(acceptor.promise(Ballot{6}));
}

TEST_CASE("an acceptor accepts what no promise forbids, and that is a promise too [§2.2]") {
  Acceptor acceptor;
  acceptor.promise(Ballot{5});
  CHECK_FALSE(acceptor.accept(Ballot{4}, "a"));
  CHECK(acceptor.value.empty());
  CHECK(acceptor.accept(Ballot{5}, "b"));
  CHECK(acceptor.accept(Ballot{7}, "c"));
  CHECK(acceptor.accepted == Ballot{7});
  CHECK(acceptor.value == "c");
  CHECK_FALSE(acceptor.promise(Ballot{6}));
}

TEST_CASE(
    "a proposer takes the value of the highest ballot, in whatever order it hears of it [P2c]") {
  Proposer proposer;
  proposer.own_value = "own";
  proposer.begin(Ballot{10});
  CHECK(proposer.value == "own");
  proposer.promised(kSelf, Ballot{}, "");
  CHECK(proposer.value == "own");
  proposer.promised(kSecond, Ballot{5}, "high");
  proposer.promised(kThird, Ballot{3}, "low");
  CHECK(proposer.value == "high");
  CHECK(proposer.voters.count() == 3);
  proposer.begin(Ballot{20});
  CHECK(proposer.value == "own");
  CHECK(proposer.voters.count() == 0);
}

TEST_CASE("quorums are majorities, or meet all the same") {
  CHECK(quorums_of(5, 0, 0).prepare == 3);
  CHECK(quorums_of(5, 0, 0).accept == 3);
  CHECK(quorums_of(4, 0, 0).prepare == 2);
  CHECK(quorums_of(4, 0, 0).accept == 3);
  CHECK(quorums_of(5, 0, 2).prepare == 4);
  CHECK(quorums_of(3, 0, 9).accept == 3);
  CHECK(quorums_of(3, 1, 0).prepare == 1);
  for (std::size_t nodes = 1; nodes < 10; ++nodes) {
    for (std::size_t accepts = 0; accepts <= nodes; ++accepts) {
      const auto quorums = quorums_of(nodes, 0, accepts);
      CHECK(quorums.prepare + quorums.accept == nodes + 1);
    }
  }
}

TEST_CASE("a configuration governs from its first slot until the next one does") {
  Configurations configurations;
  configurations.reset(Slot{1}, {kSelf, kSecond});
  configurations.add(Slot{8}, {kSecond, kThird});
  CHECK(configurations.at(Slot{7}) == Nodes{kSelf, kSecond});
  CHECK(configurations.at(Slot{8}) == Nodes{kSecond, kThird});
  CHECK(configurations.since(Slot{9}) == Slot{8});
  CHECK(configurations.members(Slot{7}, Slot{8}) == Nodes{kSelf, kSecond, kThird});
  CHECK(configurations.members(Slot{3}, Slot{7}) == Nodes{kSelf, kSecond});
  configurations.forget_below(Slot{7});
  CHECK(configurations.at(Slot{7}) == Nodes{kSelf, kSecond});
  configurations.forget_below(Slot{8});
  CHECK(configurations.by_first().size() == 1);
  CHECK(configurations.latest() == Nodes{kSecond, kThird});
}

TEST_CASE("only members make a quorum") {
  Votes votes;
  votes.add(kSelf);
  votes.add(NodeId{9});
  CHECK_FALSE(paxos::is_quorum(votes, {kSelf, kSecond, kThird}));
  votes.add(kThird);
  CHECK(paxos::is_quorum(votes, {kSelf, kSecond, kThird}));
}

}  // namespace
}  // namespace lockstep::consensus::tests
