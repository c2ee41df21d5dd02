// What a new leader of Multi-Paxos makes of what earlier ones left behind, and how nodes catch up.
#include <doctest/doctest.h>

#include "consensus/paxos/multi_paxos.h"
#include "tests/consensus/paxos/multi_messages.h"

namespace lockstep::consensus::tests {
namespace {

std::vector<multi_paxos::Value> proposed(const MultiBench& bench, NodeId to) {
  std::vector<multi_paxos::Value> values;
  for (const auto& message : bench.sent<multi_paxos::Accept>(to)) {
    values.insert(values.end(), message.values().begin(), message.values().end());
  }
  return values;
}

TEST_CASE("votes are proposed again, holes are filled with no-ops [PMMC §2.4, PML §4]") {
  const MultiBench bench = leader(3, counter_options(), {vote(1, 5, adds(1)), vote(3, 5, adds(3))});
  const auto values = proposed(bench, kThird);
  REQUIRE(values.size() == 3);
  CHECK(values[0].command() == adds(1).command());
  CHECK(values[1].no_op());
  CHECK(values[2].command() == adds(3).command());
}

TEST_CASE("of several votes for a slot the one of the highest ballot counts [PMMC, pmax]") {
  MultiBench bench(counter_options(), first(5));
  bench.fire(MultiPaxos::Timer::Election);
  bench.become_durable();
  bench.deliver(kSecond, promise(in_ballot(1, 1), {vote(1, 9, adds(9))}));
  CHECK(bench.field("role") == "candidate");
  bench.deliver(kThird, promise(in_ballot(1, 1), {vote(1, 7, adds(7))}));
  const auto values = proposed(bench, kThird);
  REQUIRE(values.size() == 1);
  CHECK(values[0].command() == adds(9).command());
}

TEST_CASE("a promise to an earlier candidacy does not count") {
  MultiBench bench(counter_options(), first(3));
  bench.fire(MultiPaxos::Timer::Election);
  bench.become_durable();
  bench.fire(MultiPaxos::Timer::Election);
  bench.become_durable();
  bench.deliver(kSecond, promise(in_ballot(1, 1)));
  CHECK(bench.field("role") == "candidate");
  bench.deliver(kSecond, promise(in_ballot(2, 1)));
  CHECK(bench.field("role") == "leader");
}

TEST_CASE("what is recovered keeps to the window") {
  std::vector<multi_paxos::Vote> votes;
  for (std::uint64_t slot = 1; slot <= 6; ++slot) votes.push_back(vote(slot, 5, adds(1, slot)));
  MultiBench bench = leader(3, counter_options(), votes);
  CHECK(proposed(bench, kThird).size() == 4);
  bench.deliver(kSelf, accepted(in_ballot(1, 1), 1, 4));
  bench.deliver(kThird, accepted(in_ballot(1, 1), 1, 4));
  CHECK(proposed(bench, kThird).size() == 2);
}

/// A node that was told that slots 1 to 3 are chosen, and compacted them.
MultiBench compacted() {
  MultiBench bench(counter_options(), first(3));
  bench.deliver(kSecond, accept(in_ballot(1, 2), 1, {adds(1, 1), adds(2, 2), adds(3, 3)}));
  bench.deliver(kSecond, heartbeat(in_ballot(1, 2), 3));
  Request request;
  request.set_client(9);
  request.set_sequence(1);
  request.mutable_admin()->mutable_snapshot();
  bench.request(request);
  return bench;
}

TEST_CASE("a leader proposes nothing in slots that others compacted, and catches up [PML §5.5]") {
  MultiBench other = compacted();
  multi_paxos::CatchUp question;
  question.set_from_slot(1);
  other.deliver(kThird, question);
  REQUIRE(other.sent<multi_paxos::Snapshot>(kThird).size() == 1);
  const auto snapshot = other.sent<multi_paxos::Snapshot>(kThird)[0];

  MultiBench bench(counter_options(), first(3));
  bench.fire(MultiPaxos::Timer::Election);
  bench.become_durable();
  bench.deliver(kSecond, promise(in_ballot(1, 1), {vote(4, 5, adds(4, 4))}, 3));
  CHECK(bench.field("role") == "leader");
  CHECK(proposed(bench, kThird).empty());
  CHECK(bench.sent<multi_paxos::CatchUp>(kSecond).size() == 1);
  bench.deliver(kSecond, snapshot);
  CHECK(bench.claims<transport::Installed>().size() == 1);
  CHECK(bench.number_in("commit") == 3);
  REQUIRE(bench.sent<multi_paxos::Accept>(kThird).size() == 1);
  CHECK(bench.sent<multi_paxos::Accept>(kThird)[0].first_slot() == 4);
}

TEST_CASE("a snapshot survives a restart, with sessions and with who governs what follows") {
  MultiBench bench = compacted();
  bench.restart();
  CHECK(bench.number_in("applied") == 3);
  CHECK(bench.number_in("snapshot") == 3);
  CHECK(bench.field("from slot 1") == "n1 n2 n3");
  bench.deliver(kThird, prepare(in_ballot(4, 3), 1));
  REQUIRE(bench.sent<multi_paxos::Promise>(kThird).size() == 1);
  CHECK(bench.sent<multi_paxos::Promise>(kThird)[0].snapshot_slot() == 3);
}

TEST_CASE("a late snapshot takes nothing back") {
  MultiBench other = compacted();
  multi_paxos::CatchUp question;
  question.set_from_slot(1);
  other.deliver(kThird, question);
  const auto snapshot = other.sent<multi_paxos::Snapshot>(kThird).at(0);

  MultiBench bench(counter_options(), first(3));
  bench.deliver(kSecond, accept(in_ballot(1, 2), 1, {adds(1, 1), adds(2, 2), adds(3, 3), no_op()}));
  bench.deliver(kSecond, heartbeat(in_ballot(1, 2), 4));
  bench.deliver(kSecond, snapshot);
  CHECK(bench.number_in("applied") == 4);
  CHECK(bench.claims<transport::Installed>().empty());
}

TEST_CASE("who missed slots is told what is chosen, and no more") {
  MultiBench bench(counter_options(), first(3));
  bench.deliver(kSecond, accept(in_ballot(1, 2), 1, {adds(1, 1), adds(2, 2)}, 0));
  bench.deliver(kSecond, heartbeat(in_ballot(1, 2), 1));
  multi_paxos::CatchUp question;
  question.set_from_slot(1);
  bench.deliver(kThird, question);
  REQUIRE(bench.sent<multi_paxos::Chosen>(kThird).size() == 1);
  CHECK(bench.sent<multi_paxos::Chosen>(kThird)[0].votes_size() == 1);
  question.set_from_slot(2);
  bench.deliver(kThird, question);
  CHECK(bench.sent<multi_paxos::Chosen>(kThird).empty());
}

TEST_CASE("a leader learns nothing from others about slots in which it proposed") {
  MultiBench bench = leader();
  bench.request(add_one());
  multi_paxos::Chosen chosen;
  *chosen.add_votes() = vote(1, in_ballot(2, 2), adds(9));
  chosen.set_commit(1);
  bench.deliver(kSecond, chosen);
  CHECK(bench.number_in("commit") == 0);
}

}  // namespace
}  // namespace lockstep::consensus::tests
