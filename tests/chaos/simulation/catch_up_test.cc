// Which replicas hang back, fed with single events.
#include "chaos/catch_up.h"

#include <doctest/doctest.h>

namespace lockstep::chaos {
namespace {

using transport::Applied;
using transport::Claim;
using transport::NodeId;
using transport::Witness;

constexpr NodeId kFirst{1};
constexpr NodeId kSecond{2};

void claims(CatchUp& watcher, NodeId node, const Claim& claim) {
  Witness witness;
  witness.kind = Witness::Kind::Observed;
  witness.node = node;
  witness.claim = &claim;
  watcher.see(witness);
}

TEST_CASE("a replica has to reach what the foremost had applied when all was healed") {
  CatchUp watcher;
  claims(watcher, kFirst, Applied{{}, 7, 0, 0});
  claims(watcher, kSecond, Applied{{}, 4, 0, 0});
  CHECK_FALSE(watcher.laggard());
  watcher.set_goals();
  CHECK(watcher.laggard() == "n2 has applied 4 of 7 entries");
  claims(watcher, kFirst, Applied{{}, 9, 0, 0});
  SUBCASE("by applying") { claims(watcher, kSecond, Applied{{}, 7, 0, 0}); }
  SUBCASE("by a snapshot") { claims(watcher, kSecond, transport::Installed{{}, 8, 1, 0}); }
  CHECK_FALSE(watcher.laggard());
}

TEST_CASE("a restart begins anew, groups are apart, and who claims nothing is not judged") {
  CatchUp watcher;
  CHECK_FALSE(watcher.laggard());
  claims(watcher, kFirst, Applied{{}, 7, 0, 0});
  claims(watcher, kSecond, Applied{transport::GroupId{2}, 1, 0, 0});
  watcher.set_goals();
  CHECK_FALSE(watcher.laggard());
  Witness start;
  start.kind = Witness::Kind::Started;
  start.node = kFirst;
  watcher.see(start);
  CHECK(watcher.laggard() == "n1 has applied 0 of 7 entries");
  claims(watcher, kFirst, transport::Compacted{{}, 7, 1, 0});
  CHECK_FALSE(watcher.laggard());
}

TEST_CASE("of a group that changes, the members of the newest configuration are judged") {
  CatchUp watcher;
  const auto configured = [](std::uint64_t index, std::uint64_t term, std::uint64_t voters,
                             std::uint64_t outgoing = 0, std::uint64_t learners = 0) {
    return transport::Configured{{}, index, term, voters, outgoing, learners};
  };
  claims(watcher, kFirst, Applied{{}, 7, 0, 0});
  claims(watcher, kSecond, Applied{{}, 4, 0, 0});
  claims(watcher, kFirst, configured(0, 0, 0b110));
  claims(watcher, kSecond, configured(0, 0, 0b110));
  watcher.set_goals();
  CHECK(watcher.laggard() == "n2 has applied 4 of 7 entries");
  SUBCASE("who is removed may hang back") {
    claims(watcher, kFirst, configured(6, 2, 0b010));
    CHECK_FALSE(watcher.laggard());
    // What the other believes is older, although its index is higher.
    claims(watcher, kSecond, configured(8, 1, 0b110));
    CHECK_FALSE(watcher.laggard());
    // So it is with one of a later term, which was taken back before the first heard of it.
    claims(watcher, kSecond, configured(8, 3, 0b110));
    CHECK_FALSE(watcher.laggard());
    // A configuration that was taken back counts no more.
    claims(watcher, kFirst, configured(0, 0, 0b110));
    CHECK(watcher.laggard());
  }
  SUBCASE("who joined must catch up, even if it has said nothing yet") {
    claims(watcher, kFirst, configured(6, 2, 0b1010));
    CHECK(watcher.laggard() == "n3 has applied 0 of 7 entries");
    claims(watcher, NodeId{3}, transport::Installed{{}, 7, 1, 0});
    CHECK_FALSE(watcher.laggard());
  }
  SUBCASE("learners and those on the way out count") {
    claims(watcher, kFirst, configured(6, 2, 0b010, 0b100));
    CHECK(watcher.laggard());
    claims(watcher, kFirst, configured(6, 2, 0b010, 0, 0b100));
    CHECK(watcher.laggard());
  }
}

}  // namespace
}  // namespace lockstep::chaos
