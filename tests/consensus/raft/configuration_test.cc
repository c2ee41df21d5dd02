// Configurations beside a log, and a leader's rounds of confirmation.
#include "consensus/raft/configuration.h"

#include <doctest/doctest.h>

#include "consensus/raft/raft.pb.h"
#include "consensus/rounds.h"

namespace lockstep::consensus::raft {
namespace {

using namespace std::chrono_literals;
using transport::NodeId;
using transport::Time;

Nodes nodes(std::initializer_list<std::uint32_t> numbers) {
  Nodes all;
  for (const std::uint32_t node : numbers) all.push_back(NodeId{node});
  return all;
}

Configuration voters(std::initializer_list<std::uint32_t> numbers) {
  return {nodes(numbers), {}, {}};
}

bool has_quorum(const Configuration& configuration, std::initializer_list<std::uint32_t> agreeing) {
  const Nodes all = nodes(agreeing);
  return configuration.has_quorum([&](NodeId node) { return contains(all, node); });
}

TEST_CASE(
    "a quorum is a majority of the voters, and of the outgoing ones too [dissertation §4.3]") {
  const Configuration plain{nodes({1, 2, 3}), {}, nodes({4, 5})};
  CHECK(has_quorum(plain, {1, 3}));
  CHECK_FALSE(has_quorum(plain, {1, 4, 5}));
  const Configuration joint{nodes({1, 4, 5}), nodes({1, 2, 3}), {}};
  CHECK(has_quorum(joint, {1, 2, 4}));
  CHECK_FALSE(has_quorum(joint, {1, 4, 5}));
  CHECK_FALSE(has_quorum(joint, {1, 2, 3}));
  CHECK(joint.members() == nodes({1, 2, 3, 4, 5}));
  CHECK(joint.is_voter(NodeId{2}));
  CHECK_FALSE(plain.is_voter(NodeId{4}));
  CHECK(plain.is_member(NodeId{4}));
  CHECK_FALSE(plain.is_member(NodeId{6}));
}

TEST_CASE("configurations go to messages and back, and to bits and words") {
  const Configuration joint{nodes({1, 2, 4}), nodes({1, 2, 3}), nodes({5})};
  Members message;
  write(joint, message);
  CHECK(configuration_in(message) == joint);
  message.add_voters(1);
  message.add_voters(0);
  CHECK(configuration_in(message).voters == nodes({0, 1, 2, 4}));
  const auto claim = configured(Index{7}, Term{2}, joint);
  CHECK(claim.voters == 0b10110);
  CHECK(claim.outgoing == 0b01110);
  CHECK(claim.learners == 0b100000);
  CHECK(to_string(joint) == "n1 n2 n3 -> n1 n2 n4, learning n5");
  CHECK(to_string(Configuration()) == "nobody");
}

TEST_CASE("the latest configuration in a log counts, and truncation brings back the one before") {
  Configurations log;
  log.reset(Index{3}, voters({1, 2, 3}));
  CHECK(log.previous() == log.latest());
  log.append(Index{5}, voters({1, 2, 3, 4}));
  log.append(Index{8}, voters({1, 2, 4}));
  CHECK(log.latest() == voters({1, 2, 4}));
  CHECK(log.latest_index() == Index{8});
  CHECK(log.previous() == voters({1, 2, 3, 4}));
  CHECK(log.at(Index{3}) == voters({1, 2, 3}));
  CHECK(log.at(Index{4}) == voters({1, 2, 3}));
  CHECK(log.at(Index{5}) == voters({1, 2, 3, 4}));
  CHECK(log.at(Index{9}) == voters({1, 2, 4}));
  SUBCASE("entries after it change nothing") {
    CHECK_FALSE(log.truncate(Index{9}));
    CHECK(log.latest_index() == Index{8});
  }
  SUBCASE("one goes") {
    CHECK(log.truncate(Index{8}));
    CHECK(log.latest() == voters({1, 2, 3, 4}));
  }
  SUBCASE("all go but the base") {
    CHECK(log.truncate(Index{4}));
    CHECK(log.latest() == voters({1, 2, 3}));
    CHECK(log.latest_index() == Index{3});
  }
}

TEST_CASE("compaction keeps the configuration in force at the base") {
  Configurations log;
  log.reset({}, voters({1, 2, 3}));
  log.append(Index{5}, voters({1, 2, 3, 4}));
  log.append(Index{8}, voters({1, 2, 4}));
  log.compact(Index{4});
  CHECK(log.at(Index{4}) == voters({1, 2, 3}));
  log.compact(Index{6});
  CHECK(log.at(Index{6}) == voters({1, 2, 3, 4}));
  CHECK(log.latest() == voters({1, 2, 4}));
  CHECK_FALSE(log.truncate(Index{9}));
  CHECK(log.truncate(Index{7}));
  CHECK(log.latest() == voters({1, 2, 3, 4}));
  log.reset(Index{20}, voters({5}));
  CHECK(log.latest_index() == Index{20});
  CHECK(log.previous() == voters({5}));
}

TEST_CASE("a round is confirmed once, from its own beginning [dissertation §6.4]") {
  Rounds rounds;
  CHECK(rounds.latest() == 0);
  CHECK_FALSE(rounds.confirm(0));
  for (int round = 1; round <= 4; ++round) rounds.begin(Time{} + round * 10ms);
  CHECK(rounds.latest() == 4);
  CHECK(rounds.confirm(2));
  CHECK(rounds.confirmed() == 2);
  CHECK(rounds.confirmed_since() == Time{} + 20ms);
  SUBCASE("again") { CHECK_FALSE(rounds.confirm(2)); }
  SUBCASE("late") { CHECK_FALSE(rounds.confirm(1)); }
  SUBCASE("never begun") { CHECK_FALSE(rounds.confirm(5)); }
  CHECK(rounds.confirmed() == 2);
  CHECK(rounds.confirmed_since() == Time{} + 20ms);
  CHECK(rounds.confirm(4));
  CHECK(rounds.confirmed_since() == Time{} + 40ms);
}

TEST_CASE("of rounds long ago only the newest are remembered") {
  Rounds rounds;
  rounds.begin(Time{} + 1ms);
  REQUIRE(rounds.confirm(1));
  for (int round = 2; round <= 200; ++round) rounds.begin(Time{} + round * 1ms);
  CHECK(rounds.confirm(100));
  CHECK(rounds.confirmed_since() == Time{} + 1ms);  // No lease grows from a forgotten beginning.
  CHECK(rounds.confirm(199));
  CHECK(rounds.confirmed_since() == Time{} + 199ms);
}

}  // namespace
}  // namespace lockstep::consensus::raft
