// Each rule of the monitor about views: a story that keeps it, and one that breaks it.
#include <doctest/doctest.h>

#include "tests/consensus/virtual_synchrony/story.h"

namespace lockstep::consensus::tests {
namespace {

constexpr std::uint64_t kFirstTwo = 0b0110;
constexpr std::uint64_t kLastTwo = 0b1100;
constexpr std::uint64_t kOnlyFirst = 0b0010;
constexpr std::uint64_t kOnlyThird = 0b1000;

GroupMonitor::Promise partitionable() {
  GroupMonitor::Promise promise;
  promise.has_primary = false;
  return promise;
}

}  // namespace

TEST_CASE("Self Inclusion: who installs a view is in it [CKV 3.1]") {
  GroupStory story;
  story.install(kSelf, 1, kAll, kAll);
  CHECK(story.rule() == "");
  story.install(kThird, 1, kFirstTwo, kFirstTwo);
  CHECK(story.rule() == "Self Inclusion");
}

TEST_CASE("Local Monotonicity: views only go up for a process [CKV 3.1]") {
  GroupStory story;
  story.found();
  story.install(kSelf, 5, kAll, kAll);
  CHECK(story.rule() == "");
  story.install(kSelf, 4, kAll, kAll);
  CHECK(story.rule() == "Local Monotonicity");
}

TEST_CASE("Initial View Event: nobody delivers before it is in a view [CKV 3.1]") {
  GroupStory story;
  story.install(kSelf, 1, kAll, kAll);
  story.send(kSelf, 1);
  story.deliver(kSelf, kSelf, 1);
  CHECK(story.rule() == "");
  story.deliver(kSecond, kSelf, 1);
  CHECK(story.rule() == "Initial View Event");
}

TEST_CASE("Initial View Event: a crash ends a process and its view") {
  GroupStory story;
  story.found();
  story.happened(Witness::Kind::Crashed, kSelf);
  story.send(kSelf, 1);
  CHECK(story.rule() == "Initial View Event");
}

TEST_CASE("Views Are Unique: one identifier names one membership") {
  GroupStory story(partitionable());
  story.found();
  story.install(kSelf, 2, kFirstTwo, kFirstTwo);
  story.install(kSecond, 2, kFirstTwo, kFirstTwo);
  CHECK(story.rule() == "");
  story.install(kThird, 2, kOnlyThird, kOnlyThird);
  CHECK(story.rule() == "Views Are Unique");
}

TEST_CASE("Processes Are Unique: who comes back has an incarnation of its own") {
  GroupStory story;
  story.found();
  story.happened(Witness::Kind::Crashed, kThird);
  story.happened(Witness::Kind::Started, kThird);
  SUBCASE("a higher one") {
    story.install(kThird, 2, kAll, kOnlyThird, 2);
    CHECK(story.rule() == "");
  }
  SUBCASE("the same") {
    story.install(kThird, 2, kAll, kOnlyThird, 1);
    CHECK(story.rule() == "Processes Are Unique");
  }
}

TEST_CASE("Primary Component Membership: a view is followed by one view [CKV 3.2]") {
  for (const bool has_primary : {true, false}) {
    GroupMonitor::Promise promise;
    promise.has_primary = has_primary;
    GroupStory story(promise);
    story.found();
    story.install(kSelf, 2, kFirstTwo, kFirstTwo);
    CHECK(story.rule() == "");
    story.install(kThird, 3, kOnlyThird, kOnlyThird);
    CHECK(story.rule() == (has_primary ? "Primary Component Membership" : ""));
  }
}

TEST_CASE("Virtual Synchrony: who goes on together has delivered the same [CKV 4.3]") {
  GroupStory story;
  story.found();
  story.send(kThird, 1);
  story.deliver(kSelf, kThird, 1);
  SUBCASE("both have it") {
    story.deliver(kSecond, kThird, 1);
    story.install(kSelf, 2, kFirstTwo, kFirstTwo);
    story.install(kSecond, 2, kFirstTwo, kFirstTwo);
    CHECK(story.rule() == "");
  }
  SUBCASE("one has it") {
    story.install(kSelf, 2, kFirstTwo, kFirstTwo);
    story.install(kSecond, 2, kFirstTwo, kFirstTwo);
    CHECK(story.rule() == "Virtual Synchrony");
  }
  SUBCASE("who goes elsewhere owes nothing") {
    GroupStory apart(partitionable());
    apart.found();
    apart.send(kSelf, 1);
    apart.deliver(kSelf, kSelf, 1);
    apart.install(kSelf, 2, kOnlyFirst, kOnlyFirst);
    apart.install(kSecond, 3, kLastTwo, kLastTwo);
    CHECK(apart.rule() == "");
  }
}

TEST_CASE("Transitional Set: it holds those who come from the same view [CKV 4.4]") {
  GroupStory story(partitionable());
  story.found();
  story.install(kSelf, 2, kFirstTwo, kFirstTwo);
  story.install(kSecond, 2, kFirstTwo, kFirstTwo);
  story.install(kThird, 3, kOnlyThird, kOnlyThird);
  story.install(kSelf, 4, kAll, kFirstTwo);
  story.install(kThird, 4, kAll, kOnlyThird);
  CHECK(story.rule() == "");
  SUBCASE("one is missing") {
    story.install(kSecond, 4, kAll, 0b0100);
    CHECK(story.rule() == "Transitional Set");
  }
  SUBCASE("one is too many") {
    story.install(kSecond, 4, kAll, kAll);
    CHECK(story.rule() == "Transitional Set");
  }
}

TEST_CASE("Agreement on Successors: members of both views go the same way [CKV 4.5]") {
  GroupStory story(partitionable());
  story.found();
  story.install(kSelf, 2, kFirstTwo, kFirstTwo);
  story.install(kThird, 3, kLastTwo, kLastTwo);
  CHECK(story.rule() == "");
  // A component of its own is no disagreement, but in a primary component this would be one.
  GroupMonitor::Promise promise;
  GroupStory primary(promise);
  primary.found();
  primary.install(kSelf, 2, kAll, kAll);
  primary.install(kSecond, 2, kAll, kAll);
  CHECK(primary.rule() == "");
  primary.install(kThird, 3, kAll, kAll);
  CHECK(primary.rule() == "Primary Component Membership");
}

TEST_CASE("Self Delivery: who goes on has delivered its own messages") {
  GroupStory story;
  story.found();
  story.send(kSelf, 1);
  SUBCASE("it has") {
    story.deliver(kSelf, kSelf, 1);
    story.install(kSelf, 2, kAll, kAll);
    CHECK(story.rule() == "");
  }
  SUBCASE("it has not") {
    story.install(kSelf, 2, kAll, kAll);
    CHECK(story.rule() == "Self Delivery");
  }
}

}  // namespace lockstep::consensus::tests
