// Counter-based draws, and the quantum of time.
#include "transport/random.h"

#include <doctest/doctest.h>

#include <array>
#include <set>

namespace lockstep::tests {
namespace {

using namespace std::chrono_literals;
using transport::below;
using transport::chance;
using transport::draw;
using transport::Duration;
using transport::quantised;
using transport::within;

TEST_CASE("draws are pinned: a change would silently change every recorded seed") {
  static_assert(draw(1, "link delay", 2, 3) == draw(1, "link delay", 2, 3));
  CHECK(draw(0, "", 0, 0) == 0xD5784DC90FF56603ull);
  CHECK(draw(1, "link delay", 2, 3) == 0x492713EE59DD7396ull);
  CHECK(transport::mix(1) == 0x5692161D100B05E5ull);
}

TEST_CASE("every argument of a draw matters") {
  const std::set<std::uint64_t> draws{draw(1, "a", 1, 1), draw(2, "a", 1, 1), draw(1, "b", 1, 1),
                                      draw(1, "a", 2, 1), draw(1, "a", 1, 2), draw(1, "ab", 1, 1)};
  CHECK(draws.size() == 6);
}

TEST_CASE("small arguments do not collide") {
  std::set<std::uint64_t> draws;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    for (std::uint64_t entity = 0; entity < 50; ++entity) {
      for (std::uint64_t ordinal = 0; ordinal < 50; ++ordinal) {
        draws.insert(draw(seed, "x", entity, ordinal));
      }
    }
  }
  CHECK(draws.size() == 20 * 50 * 50);
}

TEST_CASE("draws spread evenly over a range, a chance comes true as often as it says") {
  std::array<int, 10> buckets{};
  int hits = 0;
  for (std::uint64_t i = 0; i < 100'000; ++i) {
    ++buckets[below(draw(7, "spread", 3, i), buckets.size())];
    hits += chance(draw(7, "chance", 3, i), 20'000) ? 1 : 0;
  }
  for (const int count : buckets) {
    CHECK(count > 9'600);
    CHECK(count < 10'400);
  }
  CHECK(hits > 1'800);
  CHECK(hits < 2'200);
}

TEST_CASE("a chance of nothing never comes true, a whole one always does") {
  for (std::uint64_t i = 0; i < 1'000; ++i) {
    CHECK_FALSE(chance(draw(1, "c", 0, i), 0));
    CHECK(chance(draw(1, "c", 0, i), 1'000'000));
  }
}

TEST_CASE("a range includes both its ends") {
  std::set<Duration> seen;
  for (std::uint64_t i = 0; i < 200; ++i) {
    seen.insert(within(draw(1, "w", 0, i), {Duration{3}, Duration{5}}));
  }
  CHECK(seen == std::set{Duration{3}, Duration{4}, Duration{5}});
  CHECK(within(draw(1, "w", 0, 0), {7ms, 7ms}) == 7ms);
}

TEST_CASE("durations are rounded up to the quantum") {
  static_assert(quantised(0ns) == 0ns);
  CHECK(quantised(1ns) == 100us);
  CHECK(quantised(100us) == 100us);
  CHECK(quantised(100'001ns) == 200us);
}

}  // namespace
}  // namespace lockstep::tests
