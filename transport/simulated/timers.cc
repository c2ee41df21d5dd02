#include "transport/simulated/timers.h"

#include <algorithm>

namespace lockstep::transport {

std::uint64_t Timers::settings(std::uint32_t timer) const {
  for (const auto& count : counts_) {
    if (count.timer == timer) return count.settings;
  }
  return 0;
}

void Timers::count(std::uint32_t timer) {
  for (auto& count : counts_) {
    if (count.timer == timer) {
      ++count.settings;
      return;
    }
  }
  counts_.push_back({timer, 1});
}

std::vector<Timers::Armed>::iterator Timers::find(std::uint32_t timer, std::uint64_t key) {
  return std::find_if(armed_.begin(), armed_.end(),
                      [&](const Armed& armed) { return armed.timer == timer && armed.key == key; });
}

std::optional<Timers::Wakeup> Timers::set(std::uint32_t timer, std::uint64_t key, Time deadline) {
  count(timer);
  auto armed = find(timer, key);
  if (armed == armed_.end()) {
    armed_.push_back({timer, key, true, deadline, deadline, next_generation_});
    return Wakeup{deadline, next_generation_++};
  }
  armed->active = true;
  armed->deadline = deadline;
  if (armed->event_at <= deadline) return std::nullopt;
  armed->event_at = deadline;
  armed->generation = next_generation_;
  return Wakeup{deadline, next_generation_++};
}

void Timers::cancel(std::uint32_t timer, std::uint64_t key) {
  const auto armed = find(timer, key);
  if (armed != armed_.end()) armed->active = false;
}

Timers::Outcome Timers::due(std::uint32_t timer, std::uint64_t key, std::uint64_t generation,
                            Time now) {
  const auto armed = find(timer, key);
  if (armed == armed_.end() || armed->generation != generation) return {};
  if (armed->active && armed->deadline > now) {
    armed->event_at = armed->deadline;
    armed->generation = next_generation_;
    return {false, Wakeup{armed->deadline, next_generation_++}};
  }
  const bool fires = armed->active;
  *armed = armed_.back();
  armed_.pop_back();
  return {fires, std::nullopt};
}

}  // namespace lockstep::transport
