// The price of virtual time itself: events that do nothing, and coroutines that sleep.
#include <benchmark/benchmark.h>

#include "tests/bench/flight.h"
#include "transport/simulated/executor.h"

namespace lockstep::bench {
namespace {

using namespace std::chrono_literals;
using transport::EventLoop;
using transport::VirtualTime;

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
