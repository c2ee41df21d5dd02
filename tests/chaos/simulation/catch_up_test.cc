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

}  // namespace
}  // namespace lockstep::chaos
