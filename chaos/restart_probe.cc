#include "chaos/restart_probe.h"

#include "transport/random.h"

namespace lockstep::chaos {

RestartProbe::RestartProbe(const transport::Cluster& cluster, AnyPromises promises,
                           std::uint64_t stride, std::uint64_t seed)
    : cluster_(cluster),
      promises_(std::move(promises)),
      stride_(stride),
      offset_(transport::below(transport::draw(seed, "restart probe", 0, 0), stride)) {}

void RestartProbe::see(const transport::Witness& witness) {
  if (violation_) return;
  const auto probe = promises_.see(witness);
  if (!probe || seen_++ % stride_ != offset_) return;
  ++probed_;
  const auto effects = cluster_.ask_shadow(witness.node, probe->from, probe->question);
  if (auto story = probe->contradiction(effects)) {
    violation_ = {"promise survives a restart", "",
                  probe->promise + "; restarted with what was durable at that moment, " + *story,
                  witness.event, witness.at};
  }
}

}  // namespace lockstep::chaos
