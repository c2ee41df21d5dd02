// The price of virtual time itself: events that do nothing, and coroutines that sleep.
#include <benchmark/benchmark.h>

#include "transport/random.h"
#include "transport/simulated/executor.h"

namespace lockstep::bench {
namespace {

using namespace std::chrono_literals;
using transport::Event;
using transport::EventLoop;
using transport::VirtualTime;

/// Every event schedules the next, at a delay as of a network.
struct Flight final : Event::Target {
  explicit Flight(std::int64_t in_flight) {
    for (std::int64_t i = 0; i < in_flight; ++i) {
      Event event;
      event.target = this;
      loop.schedule(loop.now() + delay(), std::move(event));
    }
  }
  transport::Duration delay() {
    return transport::within(transport::draw(1, "flight", 0, ordinal++), {1ms, 5ms});
  }
  void fire(Event& event) override { loop.schedule(loop.now() + delay(), std::move(event)); }
  EventLoop loop;
  std::uint64_t ordinal = 0;
};

void bare_loop(benchmark::State& state) {
  Flight flight(state.range(0));
  for (auto _ : state) flight.loop.step();
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(bare_loop)->Arg(16)->Arg(64)->Arg(1024);

asio::awaitable<void> sleeper(VirtualTime& time, std::uint64_t entity) {
  for (std::uint64_t ordinal = 0;; ++ordinal) {
    co_await time.sleep(
        transport::within(transport::draw(1, "sleep", entity, ordinal), {1ms, 5ms}));
  }
}

void coroutine_sleep(benchmark::State& state) {
  EventLoop loop;
  VirtualTime time(loop);
  for (std::int64_t i = 0; i < state.range(0); ++i) {
    time.spawn(sleeper(time, static_cast<std::uint64_t>(i)));
  }
  for (auto _ : state) loop.step();
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(coroutine_sleep)->Arg(16)->Arg(64)->Arg(1024);

}  // namespace
}  // namespace lockstep::bench
