// Leases (dissertation §6.4.1): from when they count, when they are given up, and which clocks they
// survive. A lease lasts 900 ms: nine tenths of the shortest election timeout, 1 s.
#include <doctest/doctest.h>

#include "tests/transcripts/raft_play.h"

using namespace lockstep::tests;

namespace {

RaftPlay::Setting with_leases() {
  RaftPlay::Setting setting;
  setting.options = {{"election_timeout", "1s..200s"}, {"lease", "on"}, {"lease_margin", "10"}};
  return setting;
}

void drift(RaftPlay& play, NodeId node, std::int64_t ppm) {
  auto& cluster = play.scenario().cluster();
  cluster.clock(node).drift(cluster.now(), ppm);
}

/// n1 leads and has written x; a round of heartbeats has just been answered.
awaitable<void> lead_with_lease(RaftPlay& play) {
  co_await play.elect(n1);
  co_await play.ask(n1, put("x", "1"));
  co_await play.sleep(50ms);
  co_await play.ask(n1, get("x", ReadOptions::LEASE));
}

/// n1's clock runs slow, the others' fast, when it is cut off; n2 takes over as soon as it can.
awaitable<void> cut_off_under_drift(RaftPlay& play, std::int64_t ppm) {
  co_await lead_with_lease(play);
  drift(play, n1, -ppm);
  drift(play, n2, ppm);
  drift(play, n3, ppm);
  play.partition({n1});
  co_await play.sleep(500ms);
  co_await play.ask(n1, get("x", ReadOptions::LEASE));
  co_await play.sleep(300ms);
  play.note("the election timer of n2 comes due, and again every 10 ms");
  co_await play.elect(n2);
  co_await play.ask(n2, put("x", "2"));
  play.note("x is 2 now; a client asks n1");
  co_await play.ask(n1, get("x", ReadOptions::LEASE));
}

}  // namespace

TEST_CASE("a lease counts from the beginning of its round, not from the answers [§6.4.1]") {
  RaftPlay play(
      "lease_with_slow_acknowledgement",
      "The answers of a round are 600 ms late: the lease that they give is 600 ms shorter.",
      with_leases());
  play.act([&]() -> awaitable<void> {
    co_await lead_with_lease(play);
    play.note("from now on answers to n1 are held back; one more round begins");
    play.scenario().hold(
        [](const auto& transmission) { return transmission.payload.name() == "AppendReply"; });
    co_await play.sleep(50ms);
    play.partition({n1});
    co_await play.sleep(600ms);
    play.note("the answers arrive");
    play.scenario().release();
    co_await play.sleep(200ms);
    play.note("850 ms after the round began the lease still holds");
    const auto served = co_await play.ask(n1, get("x", ReadOptions::LEASE));
    CHECK(served);
    co_await play.sleep(100ms);
    play.note("after 950 ms it does not, although the answers are but 350 ms old");
    const auto refused = co_await play.ask(n1, get("x", ReadOptions::LEASE));
    CHECK_FALSE(refused);
    co_await play.elect(n2);
    co_await play.ask(n2, put("x", "2"));
    play.note("x is 2 now; a lease from the answers on would still hold");
    const auto stale = co_await play.ask(n1, get("x", ReadOptions::LEASE));
    CHECK_FALSE(stale);
  });
}

TEST_CASE("a leader that asked another to stand has no lease any more [etcd #12704]") {
  auto setting = with_leases();
  setting.options["election_timeout"] = "100s..200s";
  RaftPlay play(
      "transfer_gives_lease_up",
      "Leadership transfer: n2 may be elected before n1's lease would end, so n1 gives it up.",
      setting);
  play.witness().show_messages({"TimeoutNow"});
  play.act([&]() -> awaitable<void> {
    co_await lead_with_lease(play);
    play.note("TimeoutNow is held back");
    play.scenario().hold(
        [](const auto& transmission) { return transmission.payload.name() == "TimeoutNow"; });
    play.scenario().submit(n1, hand_over_to(n2));
    co_await play.sleep(5ms);
    co_await play.ask(n1, get("x", ReadOptions::LEASE));
    play.note("that read needed a round; now n1 is cut off, and TimeoutNow arrives");
    play.partition({n1});
    play.scenario().release();
    co_await play.sleep(10ms);
    CHECK(play.field(n2, "role") == "leader");
    co_await play.ask(n2, put("x", "2"));
    const auto refused = co_await play.ask(n1, get("x", ReadOptions::LEASE));
    CHECK_FALSE(refused);
    play.note("n1 gave no stale answer");
  });
}

TEST_CASE("clocks that are off by 5 % each do not outrun a margin of 10 % [§6.4.1]") {
  RaftPlay play("lease_within_margin",
                "n1's clock loses 5 %, the others gain 5 %: with a margin of 10 % a lease survives "
                "up to 5.26 % (1/19).",
                with_leases());
  play.act([&]() { return cut_off_under_drift(play, 50'000); });
}

TEST_CASE("clocks that are off by 20 % each make a lease lie: a stale read [§6.4.1]") {
  auto setting = with_leases();
  setting.is_beyond_promise = true;
  RaftPlay play(
      "lease_beyond_margin",
      "n1's clock loses 20 %, the others gain 20 %: more than a margin of 10 % allows for.",
      setting);
  play.act([&]() { return cut_off_under_drift(play, 200'000); });
}
