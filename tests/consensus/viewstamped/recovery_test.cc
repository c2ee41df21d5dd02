// Recovery (§4.3) with crash vectors: node 1 without a disk.
#include <doctest/doctest.h>

#include "tests/consensus/viewstamped/bench.h"

namespace lockstep::consensus::tests {
namespace {

Bench recovering() {
  Bench bench(options(false), first(5));
  bench.restart();
  return bench;
}

viewstamped::RecoveryResponse response(std::uint64_t view, std::uint64_t nonce) {
  viewstamped::RecoveryResponse message;
  message.set_view(view);
  message.set_nonce(nonce);
  return message;
}

viewstamped::RecoveryResponse with_log(viewstamped::RecoveryResponse message) {
  *message.mutable_log() = log_of(0, {0, 1}, 1);
  return message;
}

TEST_CASE("a replica that lost its state asks everybody, with a nonce of this life [§4.3]") {
  Bench bench = recovering();
  CHECK(bench.field("status") == "recovering");
  REQUIRE(bench.sent<viewstamped::Recovery>(kSecond).size() == 1);
  CHECK(bench.sent<viewstamped::Recovery>(kSecond)[0].nonce() == 2);
}

TEST_CASE("until it has recovered it takes part in nothing [§4.3]") {
  Bench bench = recovering();
  bench.deliver(kSecond, prepare(1, 1, {1}));
  bench.deliver(kSecond, start_view_change(2));
  bench.deliver(kThird, start_view_change(2));
  bench.deliver(kThird, start_view(2, log_of(0, {2})));
  viewstamped::Recovery question;
  question.set_nonce(4);
  bench.deliver(kThird, question);
  CHECK(bench.world.effects.outgoing.empty());
  CHECK(bench.field("status") == "recovering");
}

TEST_CASE("f + 1 answers are needed, the primary's of the latest view among them [§4.3, step 3]") {
  Bench bench = recovering();
  bench.deliver(kSecond, with_log(response(1, 2)));
  bench.deliver(kThird, response(1, 2));
  CHECK(bench.field("status") == "recovering");
  SUBCASE("and then it goes on in that view") {
    bench.deliver(NodeId{4}, response(1, 2));
    CHECK(bench.field("status") == "normal");
    CHECK(bench.number_in("view") == 1);
    CHECK(bench.number_in("log last") == 2);
    CHECK(bench.number_in("commit") == 1);
    CHECK(bench.claims<transport::Follows>().size() == 1);
  }
  SUBCASE("the primary of an earlier view is not enough") {
    bench.deliver(NodeId{4}, response(2, 2));
    CHECK(bench.field("status") == "recovering");
    bench.deliver(kThird, with_log(response(2, 2)));
    CHECK(bench.number_in("view") == 2);
    CHECK(bench.field("status") == "normal");
  }
  SUBCASE("an answer to an earlier life does not count") {
    bench.deliver(NodeId{4}, response(1, 1));
    CHECK(bench.field("status") == "recovering");
  }
}

TEST_CASE("only a replica of status normal answers, and only a primary with its log [§4.3]") {
  Bench bench(options(false), first(5));
  viewstamped::Recovery question;
  question.set_nonce(2);
  bench.deliver(kThird, question);
  REQUIRE(bench.sent<viewstamped::RecoveryResponse>(kThird).size() == 1);
  CHECK(bench.sent<viewstamped::RecoveryResponse>(kThird)[0].has_log());
  bench.deliver(kSecond, start_view(1, log_of(0, {0})));
  bench.deliver(kThird, question);
  REQUIRE(bench.sent<viewstamped::RecoveryResponse>(kThird).size() == 1);
  CHECK_FALSE(bench.sent<viewstamped::RecoveryResponse>(kThird)[0].has_log());
  bench.fire(Timer::ViewChange);
  bench.deliver(kThird, question);
  CHECK(bench.sent<viewstamped::RecoveryResponse>(kThird).empty());
}

TEST_CASE("a STARTVIEWCHANGE from before its sender's crash does not count (DISC 2017)") {
  const auto vote_after_recovery = [](bool crash_vector) {
    auto made = options(false);
    made.crash_vector = crash_vector;
    Bench bench(made, first(3));
    bench.deliver(kSecond, start_view(1, log_of(0, {0})));
    viewstamped::Recovery question;
    question.set_nonce(2);
    bench.deliver(kThird, question);
    auto vote = start_view_change(2);
    auto& life = *vote.add_incarnations();
    life.set_node(3);
    life.set_number(1);
    bench.deliver(kThird, vote);
    return bench.field("status");
  };
  CHECK(vote_after_recovery(true) == "normal");
  CHECK(vote_after_recovery(false) == "view-change");
}

TEST_CASE("what others know of crashes voids votes that were counted") {
  Bench bench(options(false), first(5));
  bench.deliver(kSecond, start_view(1, log_of(0, {0})));
  auto vote = start_view_change(2);
  auto& life = *vote.add_incarnations();
  life.set_node(4);
  life.set_number(1);
  bench.deliver(NodeId{4}, vote);
  auto other = start_view_change(2);
  auto& own = *other.add_incarnations();
  own.set_node(5);
  own.set_number(1);
  SUBCASE("nobody knows of one") {
    bench.deliver(NodeId{5}, other);
    CHECK(bench.sent<viewstamped::DoViewChange>(kThird).size() == 1);
  }
  SUBCASE("n5 knows that n4 crashed") {
    auto& known = *other.add_incarnations();
    known.set_node(4);
    known.set_number(2);
    bench.deliver(NodeId{5}, other);
    CHECK(bench.sent<viewstamped::DoViewChange>(kThird).empty());
  }
}

TEST_CASE("what lies in the primary's checkpoint is fetched first [§5.1]") {
  Bench bench = recovering();
  auto answer = response(1, 2);
  *answer.mutable_log() = log_of(10, {1}, 10);
  bench.deliver(kSecond, answer);
  bench.deliver(kThird, response(1, 2));
  bench.deliver(NodeId{4}, response(1, 2));
  CHECK(bench.field("status") == "recovering");
  REQUIRE(bench.sent<viewstamped::GetCheckpoint>(kSecond).size() == 1);

  viewstamped::Checkpoint checkpoint;
  checkpoint.set_view(1);
  checkpoint.set_op(10);
  checkpoint.set_state(options().machine().snapshot());
  bench.deliver(kSecond, checkpoint);
  CHECK(bench.claims<transport::Installed>().size() == 1);
  CHECK(bench.sent<viewstamped::Recovery>(kSecond).size() == 1);
  bench.deliver(kSecond, answer);
  bench.deliver(kThird, response(1, 2));
  bench.deliver(NodeId{4}, response(1, 2));
  CHECK(bench.field("status") == "normal");
  CHECK(bench.number_in("log last") == 11);
}

}  // namespace
}  // namespace lockstep::consensus::tests
