// View changes (§4.2) and views that were missed (§5.2). Node 1 is the primary of views 0, 3, 6.
#include <doctest/doctest.h>

#include "tests/consensus/viewstamped/bench.h"

namespace lockstep::consensus::tests {
namespace {

TEST_CASE(
    "a replica that suspects its primary leaves its view, and offers its log when f others "
    "have left theirs [§4.2, steps 1 and 2; §8.2]") {
  Bench bench(options(), first(5));
  bench.deliver(kSecond, start_view(1, log_of(0, {0})));
  bench.fire(Timer::ViewChange);
  CHECK(bench.sent<viewstamped::StartViewChange>(kSecond).size() == 1);
  bench.deliver(NodeId{4}, start_view_change(2));
  CHECK(bench.sent<viewstamped::DoViewChange>(kThird).empty());
  bench.deliver(NodeId{4}, start_view_change(2));
  CHECK(bench.sent<viewstamped::DoViewChange>(kThird).empty());
  bench.deliver(NodeId{5}, start_view_change(2));
  REQUIRE(bench.sent<viewstamped::DoViewChange>(kThird).size() == 1);
  const auto offer = bench.sent<viewstamped::DoViewChange>(kThird)[0];
  CHECK(offer.last_normal() == 1);
  CHECK(offer.log().entries_size() == 1);
}

TEST_CASE("a new primary takes the log of the latest normal view, however short [§4.2, step 3]") {
  Bench bench(options(), first(5));
  bench.deliver(kSecond, do_view_change(5, 1, log_of(0, {0, 1, 1, 1})));
  CHECK(bench.field("status") == "view-change");
  bench.deliver(kThird, do_view_change(5, 2, log_of(0, {0, 2}, 1)));
  CHECK(bench.field("status") == "view-change");
  bench.deliver(NodeId{4}, do_view_change(5, 0, log_of(0, {0, 0, 0})));
  CHECK(bench.field("status") == "normal");
  CHECK(bench.claims<transport::Leads>().size() == 1);
  REQUIRE(bench.sent<viewstamped::StartView>(kSecond).size() == 1);
  const auto log = bench.sent<viewstamped::StartView>(kSecond)[0].log();
  REQUIRE(log.entries_size() == 2);
  CHECK(log.entries(1).view() == 2);
  CHECK(bench.number_in("commit") == 1);
}

TEST_CASE("of the logs of one view the longest is taken [§4.2, step 3]") {
  Bench bench(options(), first(3));
  bench.deliver(kSecond, do_view_change(3, 2, log_of(0, {2})));
  bench.deliver(kThird, do_view_change(3, 2, log_of(0, {2, 2})));
  CHECK(bench.field("status") == "normal");
  CHECK(bench.number_in("log last") == 2);
}

TEST_CASE("who offers a log twice counts once") {
  Bench bench(options(), first(5));
  for (int time = 0; time < 3; ++time) {
    bench.deliver(kSecond, do_view_change(5, 1, log_of(0, {1})));
  }
  CHECK(bench.field("status") == "view-change");
}

TEST_CASE("STARTVIEW replaces what differs, and keeps what is executed [§4.2, step 5]") {
  Bench bench(options(), first(3));
  bench.deliver(kSecond, start_view(1, log_of(0, {0, 1, 1}, 1)));
  bench.deliver(kThird, start_view(2, log_of(0, {0, 2})));
  CHECK(bench.number_in("log last") == 2);
  CHECK(bench.number_in("commit") == 1);
  REQUIRE(bench.claims<transport::Truncated>().size() == 1);
  CHECK(bench.claims<transport::Truncated>()[0].index == 2);
  REQUIRE(bench.sent<viewstamped::PrepareOk>(kThird).size() == 1);
  CHECK(bench.sent<viewstamped::PrepareOk>(kThird)[0].op() == 2);
}

TEST_CASE("STARTVIEW of an earlier view is ignored") {
  Bench bench(options(), first(3));
  bench.deliver(kThird, start_view(2, log_of(0, {0, 2})));
  bench.deliver(kSecond, start_view(1, log_of(0, {0})));
  CHECK(bench.number_in("view") == 2);
  CHECK(bench.number_in("log last") == 2);
}

TEST_CASE(
    "who hears of a view that began without it keeps its log until it has the new one "
    "[§5.2, §8.1]") {
  Bench bench(options(), first(3));
  bench.deliver(kSecond, start_view(1, log_of(0, {0, 1, 1}, 1)));
  bench.deliver(kThird, prepare(2, 4, {2}));
  CHECK(bench.field("status") == "view-change");
  CHECK(bench.number_in("log last") == 3);
  REQUIRE(bench.sent<viewstamped::GetState>(kThird).size() == 1);
  CHECK(bench.sent<viewstamped::GetState>(kThird)[0].op() == 1);

  viewstamped::NewState state;
  state.set_view(2);
  *state.mutable_log() = log_of(1, {2});
  bench.deliver(kThird, state);
  CHECK(bench.field("status") == "normal");
  CHECK(bench.number_in("log last") == 2);
}

TEST_CASE("only who is normal in a view gives its log away [§5.2]") {
  Bench bench(options(), first(3));
  bench.deliver(kSecond, start_view(1, log_of(0, {0})));
  viewstamped::GetState question;
  question.set_view(1);
  bench.deliver(kThird, question);
  CHECK(bench.sent<viewstamped::NewState>(kThird).size() == 1);
  bench.fire(Timer::ViewChange);
  bench.deliver(kThird, question);
  question.set_view(2);
  CHECK(bench.sent<viewstamped::NewState>(kThird).empty());
  bench.deliver(kThird, question);
  CHECK(bench.sent<viewstamped::NewState>(kThird).empty());
}

TEST_CASE("with a disk a backup comes back where it was, a primary in the next view [1988]") {
  Bench backup(options(), first(3));
  backup.deliver(kSecond, start_view(1, log_of(0, {0, 1})));
  backup.restart();
  CHECK(backup.field("status") == "normal");
  CHECK(backup.number_in("view") == 1);
  CHECK(backup.number_in("log last") == 2);

  Bench primary(options(), first(3));
  primary.request(increment(7, 1));
  primary.restart();
  CHECK(primary.field("status") == "view-change");
  CHECK(primary.number_in("view") == 1);
  CHECK(primary.number_in("log last") == 1);
}

}  // namespace
}  // namespace lockstep::consensus::tests
