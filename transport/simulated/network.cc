#include "transport/simulated/network.h"

#include <algorithm>

namespace lockstep::transport {

Fate Link::next(std::uint64_t seed, std::uint64_t entity, const NetworkConditions& conditions) {
  const std::uint64_t ordinal = sent_++;
  Fate fate;
  fate.delay = quantised(within(draw(seed, "link delay", entity, ordinal), conditions.delay));
  if (conditions.loss_ppm > 0) {
    fate.lost = chance(draw(seed, "link loss", entity, ordinal), conditions.loss_ppm);
  }
  if (conditions.duplicate_ppm > 0) {
    fate.duplicated =
        chance(draw(seed, "link duplicate", entity, ordinal), conditions.duplicate_ppm);
    const Between late{conditions.delay.low, conditions.delay.high * 8};
    fate.duplicate_delay =
        fate.delay + quantised(within(draw(seed, "link duplicate delay", entity, ordinal), late));
  }
  if (conditions.reorder_ppm > 0) {
    fate.overtakes = chance(draw(seed, "link reorder", entity, ordinal), conditions.reorder_ppm);
  }
  return fate;
}

Time Link::arrival(Time now, const Fate& fate) {
  const Time at = now + fate.delay;
  if (fate.overtakes) return at;
  last_arrival_ = std::max(last_arrival_, at);
  return last_arrival_;
}

}  // namespace lockstep::transport
