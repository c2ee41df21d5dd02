// Each rule of the monitor about messages: a story that keeps it, and one that breaks it.
#include <doctest/doctest.h>

#include "tests/consensus/virtual_synchrony/story.h"

namespace lockstep::consensus::tests {
namespace {

using Order = GroupMonitor::Order;

GroupMonitor::Promise promise_of(Order order, bool is_reliable = true) {
  GroupMonitor::Promise promise;
  promise.order = order;
  promise.is_reliable = is_reliable;
  return promise;
}

}  // namespace

TEST_CASE("Delivery Integrity: what is delivered was sent [CKV 4.1]") {
  GroupStory story;
  story.found();
  story.send(kSelf, 1);
  story.deliver(kSecond, kSelf, 1);
  CHECK(story.rule() == "");
  SUBCASE("nobody sent it") { story.deliver(kSecond, kThird, 1); }
  SUBCASE("something else was sent") {
    story.claimed(kThird, transport::GroupDelivered{{}, 1, number(kSelf), 1, 7});
  }
  SUBCASE("its sender skipped a number") { story.send(kSelf, 3); }
  CHECK(story.rule() == "Delivery Integrity");
}

TEST_CASE("No Duplication [CKV 4.1]") {
  GroupStory story;
  story.found();
  story.send(kSelf, 1);
  story.deliver(kSecond, kSelf, 1);
  CHECK(story.rule() == "");
  story.deliver(kSecond, kSelf, 1);
  CHECK(story.rule() == "No Duplication");
}

TEST_CASE("Sending View Delivery: in the view in which it was sent [CKV 4.2]") {
  GroupStory story;
  story.found();
  story.send(kSelf, 1);
  story.deliver(kSelf, kSelf, 1);
  story.deliver(kThird, kSelf, 1);
  story.install(kSecond, 2, kAll, kAll);
  CHECK(story.rule() == "");
  story.deliver(kSecond, kSelf, 1);
  CHECK(story.rule() == "Sending View Delivery");
}

TEST_CASE("Same View Delivery: everybody in the same view, whichever it is [CKV 4.2]") {
  GroupMonitor::Promise promise;
  promise.in_sending_view = false;
  promise.has_primary = false;
  GroupStory story(promise);
  story.found();
  story.send(kThird, 1);
  story.install(kSelf, 2, 0b0110, 0b0110);
  story.install(kSecond, 2, 0b0110, 0b0110);
  story.deliver(kSelf, kThird, 1);
  story.deliver(kSecond, kThird, 1);
  CHECK(story.rule() == "");
  story.deliver(kThird, kThird, 1);
  CHECK(story.rule() == "Same View Delivery");
}

TEST_CASE("Safe Indication Prefix: a safe message is with everybody who goes on [CKV 5]") {
  GroupStory story;
  story.found();
  story.send(kSelf, 1);
  story.deliver(kSelf, kSelf, 1);
  story.safe(kSelf, kSelf, 1);
  SUBCASE("the other delivers it before it goes on") {
    story.deliver(kSecond, kSelf, 1);
    story.install(kSecond, 2, kAll, kAll);
    CHECK(story.rule() == "");
  }
  SUBCASE("the other goes on without it") {
    story.install(kSecond, 2, kAll, kAll);
    CHECK(story.rule() == "Safe Indication Prefix");
  }
}

TEST_CASE("Safe Indication Prefix: the indication may come last") {
  GroupStory story;
  story.found();
  story.send(kSelf, 1);
  story.install(kSecond, 2, kAll, kAll);
  CHECK(story.rule() == "");
  story.safe(kSelf, kSelf, 1);
  CHECK(story.rule() == "Safe Indication Prefix");
}

TEST_CASE("FIFO Delivery: not in another order than its sender's [CKV 6.1]") {
  GroupStory story(promise_of(Order::Fifo, false));
  story.found();
  story.send(kSelf, 1);
  story.send(kSelf, 2);
  story.deliver(kSecond, kSelf, 1);
  story.deliver(kSecond, kSelf, 2);
  story.deliver(kThird, kSelf, 2);
  CHECK(story.rule() == "");
  story.deliver(kThird, kSelf, 1);
  CHECK(story.rule() == "FIFO Delivery");
}

TEST_CASE("Reliable FIFO: and nothing is left out [CKV 6.1]") {
  GroupStory story(promise_of(Order::Fifo));
  story.found();
  story.send(kSelf, 1);
  story.send(kSelf, 2);
  story.deliver(kThird, kSelf, 2);
  CHECK(story.rule() == "Reliable FIFO");
}

TEST_CASE("Causal Delivery: not after what depends on it [CKV 6.2]") {
  for (const bool is_reliable : {true, false}) {
    GroupStory story(promise_of(Order::Causal, is_reliable));
    story.found();
    story.send(kSelf, 1);
    story.deliver(kSecond, kSelf, 1);
    story.send(kSecond, 1);
    story.deliver(kSecond, kSecond, 1);
    CHECK(story.rule() == "");
    story.deliver(kThird, kSecond, 1);
    CHECK(story.rule() == (is_reliable ? "Reliable Causal" : ""));
    story.deliver(kThird, kSelf, 1);
    CHECK(story.rule() == (is_reliable ? "Reliable Causal" : "Causal Delivery"));
  }
}

TEST_CASE("Causal Delivery: messages that know nothing of each other come in any order") {
  GroupStory story(promise_of(Order::Causal));
  story.found();
  story.send(kSelf, 1);
  story.send(kSecond, 1);
  story.deliver(kSelf, kSelf, 1);
  story.deliver(kSelf, kSecond, 1);
  story.deliver(kThird, kSecond, 1);
  story.deliver(kThird, kSelf, 1);
  CHECK(story.rule() == "");
}

TEST_CASE("Reliable Total Order: everybody's deliveries begin one sequence [CKV 6.3]") {
  GroupStory story(promise_of(Order::StrongTotal));
  story.found();
  story.send(kSelf, 1);
  story.send(kSecond, 1);
  story.deliver(kSelf, kSelf, 1);
  story.deliver(kSelf, kSecond, 1);
  story.deliver(kThird, kSelf, 1);
  CHECK(story.rule() == "");
  story.deliver(kSecond, kSecond, 1);
  CHECK(story.rule() == "Reliable Total Order");
}

TEST_CASE("Weak Total Order: for those who go on together [CKV 6.3]") {
  GroupStory story(promise_of(Order::WeakTotal));
  story.found();
  story.send(kSelf, 1);
  story.send(kSecond, 1);
  story.deliver(kSelf, kSelf, 1);
  story.deliver(kSelf, kSecond, 1);
  story.deliver(kSecond, kSecond, 1);
  story.deliver(kSecond, kSelf, 1);
  story.deliver(kThird, kSelf, 1);
  story.deliver(kThird, kSecond, 1);
  story.install(kSelf, 2, kAll, kAll);
  story.install(kThird, 2, kAll, kAll);
  CHECK(story.rule() == "");
  story.install(kSecond, 2, kAll, kAll);
  CHECK(story.rule() == "Weak Total Order");
}

}  // namespace lockstep::consensus::tests
