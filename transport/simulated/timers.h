// The armed timers of one node. Setting a timer to a later moment leaves the event that waits for
// the earlier one in place, which then moves itself: an election timer that every heartbeat re-arms
// costs no event per heartbeat.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "transport/time.h"

namespace lockstep::transport {

class Timers {
 public:
  /// An event to schedule, carrying its generation.
  struct Wakeup {
    Time at;
    std::uint64_t generation;
  };

  /// How often this timer was set before, over all keys: the ordinal of its next draw.
  std::uint64_t settings(std::uint32_t timer) const;

  /// Arms a timer; gives the event to schedule, if one is needed.
  std::optional<Wakeup> set(std::uint32_t timer, std::uint64_t key, Time deadline);

  void cancel(std::uint32_t timer, std::uint64_t key);

  struct Outcome {
    bool fires = false;
    std::optional<Wakeup> again;  ///< the event to schedule instead
  };
  /// Says what an event that came due means.
  Outcome due(std::uint32_t timer, std::uint64_t key, std::uint64_t generation, Time now);

  /// Disarms all; the counts of settings stay.
  void clear() { armed_.clear(); }

 private:
  struct Armed {
    std::uint32_t timer;
    std::uint64_t key;
    bool active;
    Time deadline;
    Time event_at;
    std::uint64_t generation;
  };
  struct Count {
    std::uint32_t timer;
    std::uint64_t settings;
  };
  std::vector<Armed>::iterator find(std::uint32_t timer, std::uint64_t key);
  void count(std::uint32_t timer);

  std::vector<Armed> armed_;
  std::vector<Count> counts_;
  std::uint64_t next_generation_ = 1;
};

}  // namespace lockstep::transport
