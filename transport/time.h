// Time on a virtual clock. No clock here can be read from the machine: a world hands out the time.
#pragma once

#include <chrono>
#include <cstdint>

namespace lockstep::transport {

using namespace std::chrono_literals;

using Duration = std::chrono::nanoseconds;

/// The clock that a world drives. It has no now(): only a world knows the time.
struct VirtualClock {
  using duration = Duration;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<VirtualClock, duration>;
  static constexpr bool is_steady = true;
};

/// Monotonic time since the run (or, on a node, its machine) began.
using Time = VirtualClock::time_point;

/// A closed range of durations from which a world draws. Requires: 0 <= low <= high.
struct Between {
  Duration low{};
  Duration high{};
  friend bool operator==(const Between&, const Between&) = default;
};

/// What a node's calendar clock says. It may be skewed and may step; true time lies within
/// `error_bound` of `reading` unless the fault injector breaks the clock.
struct WallTime {
  Duration reading{};
  Duration error_bound{};
};

/// Network delays, disk delays and timers are multiples of this. It is realistic, and it lets
/// everything that is due for one node at one instant be handed over together.
inline constexpr Duration kQuantum = 100us;

/// `duration` rounded up to a multiple of the quantum.
constexpr Duration quantised(Duration duration) {
  const auto count = (duration.count() + kQuantum.count() - 1) / kQuantum.count();
  return Duration{count * kQuantum.count()};
}

}  // namespace lockstep::transport
