// Disruptive servers (dissertation §4.2.3, §9.6): one that was removed and does not know it stands
// for election again and again.
#include <doctest/doctest.h>

#include "tests/transcripts/raft_play.h"

using namespace lockstep::tests;

namespace {

/// n4 is cut off, and removed meanwhile; then it comes back. Gives the elections from then on.
awaitable<void> come_back(RaftPlay& play, std::uint64_t& elections) {
  co_await play.elect(n1);
  co_await play.sleep(60ms);
  play.partition({n4});
  co_await play.ask(n1, remove(n4));
  co_await play.sleep(700ms);
  const std::uint64_t before = play.witness().elections();
  play.heal();
  co_await play.sleep(1s);
  elections = play.witness().elections() - before;
  play.note("elections since n4 came back: " + std::to_string(elections));
}

}  // namespace

TEST_CASE("a removed server disrupts the group of the paper [dissertation §4.2.3]") {
  RaftPlay::Setting setting;
  setting.nodes = 4;
  setting.options["election_timeout"] = "150ms..300ms";
  RaftPlay play(
      "disruptive_server",
      "n4 is removed while it is cut off. No pre-vote, no stickiness: it makes leaders fall.",
      setting);
  std::uint64_t elections = 0;
  play.act([&]() { return come_back(play, elections); });
  CHECK(elections > 1);
}

TEST_CASE("with pre-vote and stickiness it disturbs nobody [dissertation §4.2.3, §9.6]") {
  RaftPlay::Setting setting;
  setting.nodes = 4;
  setting.options = {};
  RaftPlay play("disruptive_server_with_pre_vote",
                "The same with pre-vote and leader stickiness: n4 asks, and nobody answers.",
                setting);
  std::uint64_t elections = 0;
  play.act([&]() { return come_back(play, elections); });
  CHECK(elections == 0);
}
