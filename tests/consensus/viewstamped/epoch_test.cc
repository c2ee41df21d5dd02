// Reconfiguration (§7) and leases (§6.3).
#include <doctest/doctest.h>

#include "statemachine/counter.h"
#include "tests/consensus/viewstamped/bench.h"

namespace lockstep::consensus::tests {
namespace {

Request add(std::uint32_t node) {
  Request request;
  request.set_client(9);
  request.set_sequence(1);
  request.mutable_admin()->set_add(node);
  return request;
}

TEST_CASE("a reconfiguration is the last operation of its epoch [§7.1]") {
  Bench bench(options(), first(3));
  bench.request(add(4));
  CHECK(bench.sent<viewstamped::Prepare>(kSecond).size() == 1);
  bench.request(increment(7, 1));
  REQUIRE(bench.replies().size() == 1);
  CHECK(bench.replies()[0].status() == Reply::UNAVAILABLE);
  CHECK(bench.number_in("log last") == 1);
}

TEST_CASE("when it is committed the epoch begins, and all who are concerned are told [§7.1]") {
  Bench bench(options(), first(3));
  bench.request(add(4));
  bench.deliver(kSelf, prepare_ok(0, 1));
  bench.deliver(kSecond, prepare_ok(0, 1));
  CHECK(bench.number_in("epoch") == 1);
  CHECK(bench.replies().size() == 1);
  for (std::uint32_t node = 2; node <= 4; ++node) {
    CHECK(bench.sent<viewstamped::StartEpoch>(NodeId{node}).size() == 1);
  }
  REQUIRE(bench.claims<transport::Configured>().size() == 1);
  CHECK(bench.claims<transport::Configured>()[0].voters == 0b11110);
  bench.restart();
  CHECK(bench.number_in("epoch") == 1);
}

TEST_CASE("who is replaced hands its state on, and executes nothing any more [§7.1.2]") {
  Bench bench(options(), first(3));
  Request request = add(1);
  request.mutable_admin()->set_remove(1);
  bench.request(request);
  bench.deliver(kSelf, prepare_ok(0, 1));
  bench.deliver(kSecond, prepare_ok(0, 1));
  CHECK(bench.field("status") == "retired");
  viewstamped::GetState question;
  bench.deliver(kThird, question);
  REQUIRE(bench.sent<viewstamped::NewState>(kThird).size() == 1);
  CHECK(bench.sent<viewstamped::NewState>(kThird)[0].epoch() == 1);
  bench.request(increment(7, 1));
  CHECK(bench.replies()[0].status() == Reply::REDIRECT);
}

TEST_CASE("who hears of a later epoch takes no part until it has the state [§7.2]") {
  Bench bench(options(), first(3));
  viewstamped::StartEpoch news;
  news.set_epoch(1);
  bench.deliver(kSecond, news);
  CHECK(bench.field("status") == "transitioning");
  CHECK(bench.sent<viewstamped::GetState>(kSecond).size() == 1);
  bench.request(increment(7, 1));
  CHECK(bench.replies()[0].status() == Reply::UNAVAILABLE);

  viewstamped::NewState state;
  state.set_epoch(1);
  state.set_view(1);
  state.set_epoch_start(1);
  *state.mutable_log() = log_of(0, {0}, 1);
  for (const std::uint32_t node : {1u, 2u, 3u, 4u}) state.mutable_members()->add_node(node);
  bench.deliver(kSecond, state);
  CHECK(bench.field("status") == "normal");
  CHECK(bench.number_in("epoch") == 1);
  CHECK(bench.number_in("view") == 1);
}

TEST_CASE("a group that nobody could lead is refused") {
  Bench bench(options(), first(3));
  for (const std::uint32_t node : {0u, 64u}) {
    bench.request(add(node));
    REQUIRE(bench.replies().size() == 1);
    CHECK(bench.replies()[0].status() == Reply::REJECTED);
  }
}

TEST_CASE("backups keep out of later views while their primary may have a lease [§6.3]") {
  auto made = options();
  made.lease = true;
  Bench bench(made, first(3));
  bench.deliver(kSecond, start_view(1, log_of(0, {0})));
  bench.deliver(kThird, start_view_change(2));
  CHECK(bench.field("status") == "normal");
  SUBCASE("until it is over") {
    bench.world.now += 150ms;
    bench.deliver(kThird, start_view_change(2));
    CHECK(bench.field("status") == "view-change");
  }
  SUBCASE("unless it is the primary who leaves") {
    bench.deliver(kSecond, start_view_change(2));
    CHECK(bench.field("status") == "view-change");
  }
}

TEST_CASE("a primary reads at once only while a quorum has confirmed it [§6.3]") {
  auto made = options();
  made.lease = true;
  made.read = viewstamped::ReadOptions::LEASE;
  Bench bench(made, first(3));
  const auto read_at_once = [&] {
    Request request = increment(7, 1);
    request.set_command(statemachine::counter::read());
    request.set_read_only(true);
    bench.request(request);
    return bench.sent<viewstamped::Prepare>(kSecond).empty();
  };
  CHECK_FALSE(read_at_once());
  bench.deliver(kSelf, prepare_ok(0, 1));
  bench.deliver(kSecond, prepare_ok(0, 1));
  bench.fire(Timer::Heartbeat);
  auto ok = prepare_ok(0, 1);
  ok.set_round(1);
  bench.deliver(kSecond, ok);
  CHECK(read_at_once());
  bench.world.now += 140ms;
  CHECK_FALSE(read_at_once());
}

}  // namespace
}  // namespace lockstep::consensus::tests
