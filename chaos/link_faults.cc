#include "chaos/link_faults.h"

namespace lockstep::chaos {

using transport::chance;
using transport::Duration;
using transport::Fate;
using transport::quantised;

void LinkFaults::end(std::size_t fault) {
  std::erase_if(active_, [&](const Active& active) { return active.fault == fault; });
}

void LinkFaults::apply(const transport::Transmission& transmission, Duration slowest, Fate& fate,
                       std::vector<std::size_t>& bit) const {
  for (const auto& active : active_) {
    if (!active.links.has(transmission.from, transmission.to)) continue;
    if (change(active, transmission, slowest, fate)) bit.push_back(active.fault);
  }
}

bool LinkFaults::change(const Active& active, const transport::Transmission& transmission,
                        Duration slowest, Fate& fate) const {
  const std::uint64_t link =
      (static_cast<std::uint64_t>(number(transmission.from)) << 32) | number(transmission.to);
  const auto drawn = [&](transport::Purpose purpose) {
    return transport::draw(seed_, purpose, link, transmission.ordinal);
  };
  const auto late = [&](transport::Purpose purpose) {
    return quantised(transport::within(drawn(purpose), {slowest, slowest * 4}));
  };
  switch (active.effect) {
    case Effect::Cut: {
      const bool arrived = !fate.lost || fate.duplicated;
      fate.duplicated = false;
      fate.lost = true;
      return arrived;
    }
    case Effect::Delay:
      fate.delay += active.extra;
      fate.duplicate_delay += active.extra;
      return true;
    case Effect::Lose:
      if (fate.lost || !chance(drawn("fault loss"), active.ppm)) return false;
      fate.lost = true;
      return true;
    case Effect::Duplicate:
      if (fate.lost || fate.duplicated || !chance(drawn("fault duplicate"), active.ppm)) {
        return false;
      }
      fate.duplicated = true;
      fate.duplicate_delay = fate.delay + late("fault duplicate delay");
      return true;
    case Effect::Reorder:
      if (fate.lost || fate.overtakes || !chance(drawn("fault reorder"), active.ppm)) return false;
      // Late, and later messages of the link do not wait for it.
      fate.overtakes = true;
      fate.delay += late("fault reorder delay");
      return true;
  }
  return false;
}

}  // namespace lockstep::chaos
