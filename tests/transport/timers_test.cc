// A node's timers: re-arming, cancelling, keys, and generations that never fire twice.
#include "transport/simulated/timers.h"

#include <doctest/doctest.h>

#include <map>
#include <set>

#include "transport/random.h"

namespace lockstep::tests {
namespace {

using namespace std::chrono_literals;
using transport::below;
using transport::draw;
using transport::Duration;
using transport::Time;
using transport::Timers;

constexpr Time at(std::int64_t milliseconds) { return Time{milliseconds * 1ms}; }

TEST_CASE("a timer fires once at its deadline") {
  Timers timers;
  const auto wakeup = timers.set(0, 0, at(5));
  REQUIRE(wakeup);
  CHECK(wakeup->at == at(5));
  CHECK(timers.due(0, 0, wakeup->generation, at(5)).fires);
  CHECK_FALSE(timers.due(0, 0, wakeup->generation, at(5)).fires);
}

TEST_CASE("a timer re-armed later costs no event now: the old one moves itself") {
  Timers timers;
  const auto first = timers.set(0, 0, at(5));
  CHECK_FALSE(timers.set(0, 0, at(9)));
  const auto moved = timers.due(0, 0, first->generation, at(5));
  CHECK_FALSE(moved.fires);
  REQUIRE(moved.again);
  CHECK(moved.again->at == at(9));
  CHECK(timers.due(0, 0, moved.again->generation, at(9)).fires);
}

TEST_CASE("a timer re-armed earlier fires earlier, and its old event never") {
  Timers timers;
  const auto old = timers.set(0, 0, at(9));
  const auto early = timers.set(0, 0, at(5));
  REQUIRE(early);
  CHECK(timers.due(0, 0, early->generation, at(5)).fires);
  const auto stale = timers.due(0, 0, old->generation, at(9));
  CHECK_FALSE(stale.fires);
  CHECK_FALSE(stale.again);
}

TEST_CASE("a cancelled timer does not fire; set again before its event it fires then") {
  Timers timers;
  const auto first = timers.set(0, 0, at(5));
  timers.cancel(0, 0);
  CHECK_FALSE(timers.due(0, 0, first->generation, at(5)).fires);

  const auto second = timers.set(0, 0, at(10));
  REQUIRE(second);
  timers.cancel(0, 0);
  CHECK_FALSE(timers.set(0, 0, at(12)));
  const auto moved = timers.due(0, 0, second->generation, at(10));
  REQUIRE(moved.again);
  CHECK(timers.due(0, 0, moved.again->generation, at(12)).fires);
}

TEST_CASE("a stale event does not fire a timer that was set anew") {
  Timers timers;
  const auto old = timers.set(0, 0, at(9));
  const auto early = timers.set(0, 0, at(2));
  CHECK(timers.due(0, 0, early->generation, at(2)).fires);
  const auto next = timers.set(0, 0, at(9));
  REQUIRE(next);
  CHECK_FALSE(timers.due(0, 0, old->generation, at(9)).fires);
  CHECK(timers.due(0, 0, next->generation, at(9)).fires);
}

TEST_CASE("timers and keys are independent of each other") {
  Timers timers;
  const auto one = timers.set(0, 1, at(5));
  const auto two = timers.set(0, 2, at(5));
  const auto other = timers.set(1, 1, at(5));
  timers.cancel(0, 1);
  CHECK_FALSE(timers.due(0, 1, one->generation, at(5)).fires);
  CHECK(timers.due(0, 2, two->generation, at(5)).fires);
  CHECK(timers.due(1, 1, other->generation, at(5)).fires);
}

TEST_CASE("settings are counted per timer over all keys, and survive a crash") {
  Timers timers;
  timers.set(3, 1, at(5));
  timers.set(3, 2, at(5));
  timers.set(3, 2, at(6));
  timers.clear();
  CHECK(timers.settings(3) == 3);
  CHECK(timers.settings(4) == 0);
  CHECK(timers.set(3, 1, at(7)));
}

/// Drives Timers by random operations and compares with a map from timer to deadline.
void compare_with_model(std::uint64_t seed) {
  Timers timers;
  std::map<std::uint64_t, Time> model;
  struct Waiting {
    std::uint64_t key;
    std::uint64_t generation;
  };
  std::multimap<Time, Waiting> events;
  std::set<std::uint64_t> fired;
  for (std::int64_t now = 0; now < 300; ++now) {
    fired.clear();
    while (!events.empty() && events.begin()->first == at(now)) {
      const Waiting waiting = events.begin()->second;
      events.erase(events.begin());
      const auto outcome = timers.due(0, waiting.key, waiting.generation, at(now));
      if (outcome.fires) CHECK(fired.insert(waiting.key).second);
      if (outcome.again) {
        events.emplace(outcome.again->at, Waiting{waiting.key, outcome.again->generation});
      }
    }
    for (const auto& [key, deadline] : model) CHECK((deadline == at(now)) == fired.contains(key));
    std::erase_if(model, [&](const auto& armed) { return armed.second == at(now); });
    const auto ordinal = static_cast<std::uint64_t>(now);
    const std::uint64_t key = below(draw(seed, "key", 0, ordinal), 3);
    if (below(draw(seed, "kind", 0, ordinal), 4) == 0) {
      timers.cancel(0, key);
      model.erase(key);
    } else {
      const auto delay = static_cast<std::int64_t>(below(draw(seed, "delay", 0, ordinal), 9)) + 1;
      model[key] = at(now + delay);
      if (const auto wakeup = timers.set(0, key, at(now + delay))) {
        events.emplace(wakeup->at, Waiting{key, wakeup->generation});
      }
    }
  }
}

TEST_CASE("timers fire exactly when a map of deadlines says so") {
  for (std::uint64_t seed = 0; seed < 50; ++seed) compare_with_model(seed);
}

}  // namespace
}  // namespace lockstep::tests
