// Asks restarted shadows of nodes whether they still keep the promises that were just sent.
#pragma once

#include <cstdint>
#include <optional>

#include "chaos/monitor.h"
#include "transport/simulated/cluster.h"

namespace lockstep::chaos {

class RestartProbe final : public transport::Observer {
 public:
  /// Probes every `stride`-th promise of a run, beginning with one drawn from the seed. Requires:
  /// the cluster outlives the probe; stride >= 1.
  RestartProbe(const transport::Cluster& cluster, AnyPromises promises, std::uint64_t stride,
               std::uint64_t seed);

  void see(const transport::Witness& witness) override;

  const std::optional<transport::Violation>& violation() const { return violation_; }
  std::uint64_t promises() const { return seen_; }
  std::uint64_t probed() const { return probed_; }

 private:
  const transport::Cluster& cluster_;
  AnyPromises promises_;
  std::uint64_t stride_;
  std::uint64_t offset_;
  std::uint64_t seen_ = 0;
  std::uint64_t probed_ = 0;
  std::optional<transport::Violation> violation_;
};

}  // namespace lockstep::chaos
