// A node's clocks against true time: a monotonic one that drifts, and a calendar that may be wrong.
#pragma once

#include <cstdint>

#include "transport/time.h"

namespace lockstep::transport {

class NodeClock {
 public:
  /// The node's monotonic clock.
  Time local(Time now) const { return local_base_ + local_span(now - true_base_); }

  /// The node's calendar.
  WallTime wall(Time now) const {
    return {local(now).time_since_epoch() + calendar_offset_, error_bound_};
  }

  /// The true duration in which the monotonic clock advances by `local`, rounded up: a timer that
  /// fired a nanosecond early would find its deadline not reached.
  Duration true_span(Duration local) const {
    if (drift_ == 0) return local;
    const std::int64_t rate = kMillion + drift_;
    return Duration{static_cast<Duration::rep>(
        (static_cast<Wide>(local.count()) * kMillion + rate - 1) / rate)};
  }

  /// From now on the clock gains `parts_per_million` (loses, if negative).
  /// Requires: -500'000 <= parts_per_million <= 1'000'000.
  void drift(Time now, std::int64_t parts_per_million) {
    local_base_ = local(now);
    true_base_ = now;
    drift_ = parts_per_million;
  }

  /// Moves the calendar, not the monotonic clock.
  void step(Duration amount) { calendar_offset_ += amount; }

 private:
  __extension__ using Wide = __int128;
  static constexpr std::int64_t kMillion = 1'000'000;

  Duration local_span(Duration span) const {
    if (drift_ == 0) return span;
    return Duration{static_cast<Duration::rep>(static_cast<Wide>(span.count()) *
                                               (kMillion + drift_) / kMillion)};
  }

  Time true_base_{};
  Time local_base_{};
  std::int64_t drift_ = 0;
  Duration calendar_offset_{};
  Duration error_bound_{};
};

}  // namespace lockstep::transport
