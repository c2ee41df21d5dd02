// Whether a healed group has come to rest, fed with single events.
#include "chaos/group_catch_up.h"

#include <doctest/doctest.h>

namespace lockstep::chaos {
namespace {

using transport::GroupDelivered;
using transport::Multicast;
using transport::NodeId;
using transport::ViewInstalled;
using transport::Witness;

constexpr NodeId kFirst{1};
constexpr NodeId kSecond{2};
constexpr std::uint64_t kBoth = 0b110;

void claims(GroupCatchUp& watcher, NodeId node, const transport::Claim& claim) {
  Witness witness;
  witness.kind = Witness::Kind::Observed;
  witness.node = node;
  witness.claim = &claim;
  watcher.see(witness);
}

TEST_CASE("Membership Precision: all who live are in one view") {
  GroupCatchUp watcher;
  CHECK_FALSE(watcher.laggard());
  claims(watcher, kFirst, ViewInstalled{{}, 1, kBoth, kBoth, 1});
  CHECK(watcher.laggard());
  claims(watcher, kSecond, ViewInstalled{{}, 1, kBoth, kBoth, 1});
  CHECK_FALSE(watcher.laggard());
  SUBCASE("one goes on alone") { claims(watcher, kFirst, ViewInstalled{{}, 2, 0b010, 0b010, 1}); }
  SUBCASE("one starts again and joins nobody") {
    Witness start;
    start.kind = Witness::Kind::Started;
    start.node = kSecond;
    watcher.see(start);
  }
  CHECK(watcher.laggard());
}

TEST_CASE("Termination of Delivery: what was sent in the view is delivered by all") {
  GroupCatchUp watcher;
  claims(watcher, kFirst, ViewInstalled{{}, 1, kBoth, kBoth, 1});
  claims(watcher, kSecond, ViewInstalled{{}, 1, kBoth, kBoth, 1});
  claims(watcher, kFirst, Multicast{{}, 1, 1, 7});
  claims(watcher, kFirst, GroupDelivered{{}, 1, 1, 1, 7});
  CHECK(watcher.laggard() ==
        "n2 has delivered 0 of 1 messages of its view (Termination of Delivery)");
  claims(watcher, kSecond, GroupDelivered{{}, 1, 1, 1, 7});
  CHECK_FALSE(watcher.laggard());
}

}  // namespace
}  // namespace lockstep::chaos
