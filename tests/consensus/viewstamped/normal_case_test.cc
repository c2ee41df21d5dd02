// The normal case (§4.1): node 1 is the primary of view 0, and a backup in view 1.
#include <doctest/doctest.h>

#include "tests/consensus/viewstamped/bench.h"

namespace lockstep::consensus::tests {
namespace {

Bench backup_in_view_1() {
  Bench bench(options(), first(3));
  bench.deliver(kSecond, start_view(1, log_of(0, {0})));
  return bench;
}

TEST_CASE(
    "the primary sends a request to all backups while it writes it, and answers when f "
    "have acknowledged [§4.1]") {
  Bench bench(options(), first(3));
  bench.become_durable();  // That it leads is on its disk.
  bench.request(increment(7, 1));
  CHECK(bench.sent<viewstamped::Prepare>(kSecond).size() == 1);
  CHECK(bench.sent<viewstamped::Prepare>(kThird).size() == 1);
  for (const auto& outgoing : bench.world.effects.outgoing) {
    CHECK(outgoing.early == (outgoing.to != kSelf));
  }
  bench.become_durable();
  CHECK(bench.replies().empty());
  bench.deliver(kSecond, prepare_ok(0, 1));
  REQUIRE(bench.replies().size() == 1);
  CHECK(bench.replies()[0].status() == Reply::OK);
  CHECK(bench.number_in("commit") == 1);
}

TEST_CASE("a primary that may forget that it leads sends nothing before that is on its disk") {
  Bench bench(options(), first(3));
  bench.request(increment(7, 1));
  for (const auto& outgoing : bench.world.effects.outgoing) CHECK_FALSE(outgoing.early);
}

TEST_CASE("the primary does not count itself before its write is durable [1988]") {
  Bench bench(options(), first(3));
  bench.request(increment(7, 1));
  bench.deliver(kSecond, prepare_ok(0, 1));
  CHECK(bench.number_in("commit") == 0);
}

TEST_CASE("until it is on disk that it leads, a primary sends nothing early [1988]") {
  Bench bench(options(), first(3));
  bench.request(increment(7, 1));
  REQUIRE(!bench.world.effects.outgoing.empty());
  for (const auto& outgoing : bench.world.effects.outgoing) CHECK_FALSE(outgoing.early);
}

TEST_CASE("acknowledgements of another view do not count") {
  Bench bench(options(), first(3));
  bench.request(increment(7, 1));
  bench.become_durable();
  bench.deliver(kSecond, prepare_ok(1, 1));
  CHECK(bench.number_in("commit") == 0);
}

TEST_CASE("a backup acknowledges in order, and asks for what it lacks [§4.1, step 4; §5.2]") {
  Bench bench = backup_in_view_1();
  bench.deliver(kSecond, prepare(1, 2, {1}));
  REQUIRE(bench.sent<viewstamped::PrepareOk>(kSecond).size() == 1);
  CHECK(bench.sent<viewstamped::PrepareOk>(kSecond)[0].op() == 2);
  bench.deliver(kSecond, prepare(1, 5, {1}));
  CHECK(bench.sent<viewstamped::PrepareOk>(kSecond).empty());
  REQUIRE(bench.sent<viewstamped::GetState>(kSecond).size() == 1);
  CHECK(bench.sent<viewstamped::GetState>(kSecond)[0].op() == 2);
  CHECK(bench.number_in("log last") == 2);
}

TEST_CASE("a PREPARE that comes again changes nothing") {
  Bench bench = backup_in_view_1();
  bench.deliver(kSecond, prepare(1, 2, {1, 1}));
  bench.deliver(kSecond, prepare(1, 2, {1}));
  CHECK(bench.number_in("log last") == 3);
}

TEST_CASE("a backup executes what the primary has committed, and no more than it has") {
  Bench bench = backup_in_view_1();
  bench.deliver(kSecond, prepare(1, 2, {1}, 1));
  CHECK(bench.number_in("commit") == 1);
  bench.deliver(kSecond, prepare(1, 3, {}, 9));
  CHECK(bench.number_in("commit") == 2);
}

TEST_CASE("messages of an earlier view are ignored") {
  Bench bench = backup_in_view_1();
  bench.deliver(kSelf, prepare(0, 2, {0}));
  CHECK(bench.world.effects.outgoing.empty());
  CHECK(bench.number_in("log last") == 1);
}

TEST_CASE("clients are led to the primary, and wait while there is none") {
  Bench bench = backup_in_view_1();
  bench.request(increment(7, 1));
  REQUIRE(bench.replies().size() == 1);
  CHECK(bench.replies()[0].status() == Reply::REDIRECT);
  CHECK(bench.replies()[0].redirect() == 2);
  bench.fire(Timer::ViewChange);
  bench.request(increment(7, 1));
  CHECK(bench.replies()[0].status() == Reply::UNAVAILABLE);
}

TEST_CASE("a heartbeat repeats what a backup has not acknowledged") {
  Bench bench(options(), first(3));
  bench.request(increment(7, 1));
  bench.become_durable();
  bench.deliver(kSecond, prepare_ok(0, 1));
  bench.fire(Timer::Heartbeat);
  CHECK(bench.sent<viewstamped::Commit>(kSecond).size() == 1);
  REQUIRE(bench.sent<viewstamped::Prepare>(kThird).size() == 1);
  CHECK(bench.sent<viewstamped::Prepare>(kThird)[0].entries_size() == 1);
}

}  // namespace
}  // namespace lockstep::consensus::tests
