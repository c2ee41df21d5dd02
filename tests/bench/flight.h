// Events that do nothing but schedule the next one: the price of virtual time itself.
#pragma once

#include <cstdint>
#include <utility>

#include "transport/random.h"
#include "transport/simulated/event_loop.h"

namespace lockstep::bench {

using namespace std::chrono_literals;

/// Every event schedules the next, at a delay as of a network.
struct Flight final : transport::Event::Target {
  explicit Flight(std::int64_t in_flight) {
    for (std::int64_t i = 0; i < in_flight; ++i) {
      transport::Event event;
      event.target = this;
      loop.schedule(loop.now() + delay(), std::move(event));
    }
  }
  transport::Duration delay() {
    return transport::quantised(
        transport::within(transport::draw(1, "flight", 0, ordinal++), {1ms, 5ms}));
  }
  void fire(transport::Event& event) override {
    loop.schedule(loop.now() + delay(), std::move(event));
  }
  transport::EventLoop loop;
  std::uint64_t ordinal = 0;
};

}  // namespace lockstep::bench
