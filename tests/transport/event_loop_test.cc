// The virtual-time event loop: order, ties, jobs, and no allocation per event.
#include "transport/simulated/event_loop.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <new>
#include <vector>

#include "transport/random.h"

namespace {
std::uint64_t allocations = 0;
}

// Counts what this whole program allocates.
void* operator new(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace lockstep::tests {
namespace {

using namespace std::chrono_literals;
using transport::below;
using transport::draw;
using transport::Event;
using transport::EventLoop;
using transport::Time;

/// Notes the keys of what fires, and may do more.
struct Notes : Event::Target {
  void fire(Event& event) override {
    keys.push_back(event.key);
    times.push_back(loop.now());
  }
  void at(transport::Duration when, std::uint64_t key) {
    Event event;
    event.target = this;
    event.key = key;
    loop.schedule(Time{when}, std::move(event));
  }
  EventLoop loop;
  std::vector<std::uint64_t> keys;
  std::vector<Time> times;
};

TEST_CASE("events fire by time, and at the same time in the order of scheduling") {
  Notes notes;
  notes.at(2ms, 1);
  notes.at(1ms, 2);
  notes.at(2ms, 3);
  notes.at(1ms, 4);
  notes.loop.run_until(Time{2ms});
  CHECK(notes.keys == std::vector<std::uint64_t>{2, 4, 1, 3});
  CHECK(notes.loop.fired() == 4);
}

TEST_CASE("run_until stops before later events and moves the time to its end") {
  Notes notes;
  notes.at(1ms, 1);
  notes.at(3ms, 2);
  notes.loop.run_until(Time{2ms});
  CHECK(notes.keys == std::vector<std::uint64_t>{1});
  CHECK(notes.loop.now() == Time{2ms});
  CHECK(notes.loop.pending() == 1);
  notes.loop.run_until(Time{3ms});
  CHECK(notes.keys.size() == 2);
}

TEST_CASE("the loop pops what a sorted list would, under random schedules and pops") {
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    Notes notes;
    // Within a quantum, within the next few, at multiples of it, and far beyond those with a queue.
    constexpr std::int64_t kScales[] = {1, 29'000, transport::kQuantum.count(), 3'200'000};
    const std::int64_t scale = kScales[seed % std::size(kScales)];
    std::vector<std::pair<std::int64_t, std::uint64_t>> model;  // (time, key), stable by insertion
    std::vector<std::uint64_t> expected;
    for (std::uint64_t step = 0; step < 300; ++step) {
      if (below(draw(seed, "kind", 0, step), 5) < 3) {
        const auto drawn = static_cast<std::int64_t>(below(draw(seed, "delay", 0, step), 20));
        const std::int64_t delay = drawn * scale;
        const std::int64_t at = notes.loop.now().time_since_epoch().count() + delay;
        notes.at(transport::Duration{at}, step);
        model.emplace_back(at, step);
      } else if (notes.loop.step()) {
        const auto first = std::min_element(
            model.begin(), model.end(),
            [](const auto& left, const auto& right) { return left.first < right.first; });
        expected.push_back(first->second);
        model.erase(first);
      }
    }
    CHECK(notes.loop.pending() == model.size());
    CHECK(notes.keys == expected);
    CHECK(std::is_sorted(notes.times.begin(), notes.times.end()));
  }
}

TEST_CASE("posted jobs run before the next event, in order, those that jobs post included") {
  Notes notes;
  notes.at(1ms, 10);
  notes.loop.post([&] {
    notes.keys.push_back(1);
    notes.loop.post([&] { notes.keys.push_back(3); });
  });
  notes.loop.post([&] { notes.keys.push_back(2); });
  CHECK(notes.loop.step());
  CHECK(notes.keys == std::vector<std::uint64_t>{1, 2, 3, 10});
  notes.loop.post([&] { notes.keys.push_back(4); });
  CHECK_FALSE(notes.loop.step());
  CHECK(notes.keys.back() == 4);
}

TEST_CASE("clear drops events and jobs unrun") {
  Notes notes;
  notes.at(1ms, 1);
  notes.loop.post([&] { notes.keys.push_back(2); });
  notes.loop.clear();
  CHECK_FALSE(notes.loop.step());
  CHECK(notes.keys.empty());
  notes.at(1ms, 3);
  CHECK(notes.loop.step());
  CHECK(notes.keys == std::vector<std::uint64_t>{3});
}

/// Schedules itself again, so that a constant number of events is in flight.
struct Flight : Event::Target {
  void fire(Event& event) override {
    ++ordinal;
    const auto delay = transport::within(draw(1, "flight", 0, ordinal), {0us, 5us});
    loop.schedule(loop.now() + delay, std::move(event));
  }
  EventLoop loop;
  std::uint64_t ordinal = 0;
};

TEST_CASE("nothing is allocated per event once the loop has grown to its working size") {
  Flight flight;
  for (int i = 0; i < 64; ++i) {
    Event event;
    event.target = &flight;
    flight.loop.schedule(Time{}, std::move(event));
  }
  for (int i = 0; i < 1000; ++i) flight.loop.step();
  const std::uint64_t before = allocations;
  for (int i = 0; i < 10'000; ++i) flight.loop.step();
  CHECK(allocations == before);
  CHECK(before > 0);
}

}  // namespace
}  // namespace lockstep::tests
