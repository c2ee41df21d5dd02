// Counting servers: majorities, joint configurations, votes.
#include "consensus/raft/quorum.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <vector>

namespace lockstep::consensus::raft {
namespace {

using transport::NodeId;

/// A member that has reached `match`, in the new configuration, the outgoing one, or both.
struct Reached {
  std::uint64_t match = 0;
  bool is_voter = true;
  bool is_outgoing = false;
};

std::vector<Progress> members(const std::vector<Reached>& all) {
  std::vector<Progress> progress;
  for (const Reached& one : all) {
    Progress& member = progress.emplace_back(NodeId{}, Index{1});
    member.match = Index{one.match};
    member.is_voter = one.is_voter;
    member.is_outgoing = one.is_outgoing;
  }
  return progress;
}

std::uint64_t agreed(const std::vector<Reached>& all) {
  return number(quorum_value(members(all), &Progress::match));
}

TEST_CASE("a majority has reached the median, rounded down") {
  CHECK(majority_of(1) == 1);
  CHECK(majority_of(2) == 2);
  CHECK(majority_of(3) == 2);
  CHECK(majority_of(4) == 3);
  CHECK(majority_of(5) == 3);
  CHECK(agreed({}) == 0);
  CHECK(agreed({{7}}) == 7);
  CHECK(agreed({{5}, {10}, {0}}) == 5);
  CHECK(agreed({{3}, {3}, {9}, {9}}) == 3);
  CHECK(agreed({{1}, {2}, {3}, {4}, {5}}) == 3);
}

TEST_CASE("a joint configuration needs a majority of both sides [dissertation §4.3]") {
  constexpr bool kNo = false;
  constexpr bool kYes = true;
  SUBCASE("the new side is behind") {
    CHECK(
        agreed({{9, kNo, kYes}, {9, kNo, kYes}, {4, kYes, kNo}, {2, kYes, kNo}, {1, kYes, kNo}}) ==
        2);
  }
  SUBCASE("the outgoing side is behind") {
    CHECK(
        agreed({{9, kYes, kNo}, {9, kYes, kNo}, {4, kNo, kYes}, {3, kNo, kYes}, {1, kNo, kYes}}) ==
        3);
  }
  SUBCASE("who is on both sides counts on both") {
    CHECK(agreed({{5, kYes, kYes}, {9, kYes, kNo}, {1, kNo, kYes}}) == 1);
    CHECK(agreed({{5, kYes, kYes}, {5, kYes, kYes}, {9, kYes, kNo}, {1, kNo, kYes}}) == 5);
  }
}

TEST_CASE("learners, and those who leave, do not count") {
  CHECK(agreed({{3}, {9, false, false}, {9, false, false}}) == 3);
  CHECK(agreed({{9, false, false}}) == 0);
}

TEST_CASE("any value can be counted, such as rounds") {
  auto progress = members({{0}, {0}, {0}});
  progress[0].round = 4;
  progress[2].round = 7;
  CHECK(quorum_value<std::uint64_t>(progress, &Progress::round) == 4);
}

TEST_CASE("a voter counts once") {
  Votes votes;
  votes.add(NodeId{3});
  votes.add(NodeId{1});
  votes.add(NodeId{3});
  CHECK(votes.count() == 2);
  CHECK(votes.has(NodeId{1}));
  CHECK_FALSE(votes.has(NodeId{2}));
  votes.clear();
  CHECK(votes.count() == 0);
}

}  // namespace
}  // namespace lockstep::consensus::raft
