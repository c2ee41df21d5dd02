// Links and clocks of the simulated world.
#include "transport/simulated/network.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

#include "transport/simulated/clock.h"

namespace lockstep::tests {
namespace {

using namespace std::chrono_literals;
using transport::Duration;
using transport::Fate;
using transport::Link;
using transport::NetworkConditions;
using transport::NodeClock;
using transport::Time;

std::vector<Time> arrivals(std::uint64_t seed, const NetworkConditions& conditions) {
  Link link;
  std::vector<Time> all;
  for (int i = 0; i < 500; ++i) {
    const Time now{i * 100us};
    const Fate fate = link.next(seed, 7, conditions);
    CHECK(fate.delay >= conditions.delay.low);
    CHECK(fate.delay <= conditions.delay.high);
    CHECK(fate.delay % transport::kQuantum == 0ns);
    all.push_back(link.arrival(now, fate));
  }
  return all;
}

TEST_CASE("a link keeps its order, although delays vary") {
  const auto all = arrivals(1, {});
  CHECK(std::is_sorted(all.begin(), all.end()));
  CHECK(all.front() != all.back());
}

TEST_CASE("messages overtake where reordering is allowed") {
  NetworkConditions conditions;
  conditions.reorder_ppm = 200'000;
  const auto all = arrivals(1, conditions);
  CHECK_FALSE(std::is_sorted(all.begin(), all.end()));
}

TEST_CASE("a link's fates depend on seed, link and ordinal only") {
  CHECK(arrivals(1, {}) == arrivals(1, {}));
  CHECK(arrivals(1, {}) != arrivals(2, {}));
}

TEST_CASE("switching loss on shifts no delay") {
  NetworkConditions lossy;
  lossy.loss_ppm = 100'000;
  Link calm;
  Link stormy;
  int lost = 0;
  for (int i = 0; i < 1000; ++i) {
    const Fate fate = stormy.next(3, 7, lossy);
    CHECK(calm.next(3, 7, {}).delay == fate.delay);
    lost += fate.lost ? 1 : 0;
  }
  CHECK(lost > 60);
  CHECK(lost < 140);
}

TEST_CASE("a duplicate arrives after the original would") {
  NetworkConditions conditions;
  conditions.duplicate_ppm = 1'000'000;
  Link link;
  for (int i = 0; i < 100; ++i) {
    const Fate fate = link.next(3, 7, conditions);
    CHECK(fate.duplicated);
    CHECK(fate.duplicate_delay > fate.delay);
  }
  CHECK(link.ordinal() == 99);
}

TEST_CASE("a clock without drift shows true time") {
  NodeClock clock;
  CHECK(clock.local(Time{5s}) == Time{5s});
  CHECK(clock.true_span(5s) == 5s);
}

TEST_CASE("a fast clock gains, a slow one loses, and neither jumps when its drift changes") {
  NodeClock clock;
  clock.drift(Time{10s}, 500'000);
  CHECK(clock.local(Time{10s}) == Time{10s});
  CHECK(clock.local(Time{12s}) == Time{13s});
  CHECK(clock.true_span(3s) == 2s);
  clock.drift(Time{12s}, -500'000);
  CHECK(clock.local(Time{12s}) == Time{13s});
  CHECK(clock.local(Time{14s}) == Time{14s});
  CHECK(clock.true_span(1s) == 2s);
}

TEST_CASE("a step moves the calendar and not the monotonic clock") {
  NodeClock clock;
  clock.step(-3s);
  CHECK(clock.wall(Time{10s}).reading == 7s);
  CHECK(clock.local(Time{10s}) == Time{10s});
}

TEST_CASE("after the true span of a local duration the local clock has advanced by all of it") {
  for (const std::int64_t drift : {-499'999, -100, -1, 1, 3, 77, 500'000, 999'999}) {
    NodeClock clock;
    clock.drift(Time{1s}, drift);
    for (int i = 1; i < 200; ++i) {
      const Duration local{i * 1'234'567};
      const Time start{1s + i * 777ns};
      CHECK(clock.local(start + clock.true_span(local)) - clock.local(start) >= local);
    }
  }
}

}  // namespace
}  // namespace lockstep::tests
