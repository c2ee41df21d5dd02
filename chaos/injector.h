// Carries out a fault plan on a cluster.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "chaos/fault_model.h"
#include "transport/simulated/cluster.h"

namespace lockstep::chaos {

class FaultPlan;

/// How often each kind of fault really changed something: a partition counts the messages that it
/// cut off, a crash counts nodes that went down.
using FaultCounts = std::array<std::uint64_t, kFaultKinds>;

/// One fault that began, for the account of a run.
struct InjectedFault {
  transport::Time at{};
  FaultKind kind{};
  std::string story;          ///< such as "n3 crashes after its next send, back after 120 ms"
  std::uint64_t effects = 0;  ///< what it changed; 0 means that it did not bite
};

/// Requires: cluster and plan outlive the injector, which is the cluster's only interceptor and
/// must also be added to it as an observer (that is how it knows who leads). The nodes that the
/// plan adds, see spares_of(), are spares of the cluster. A crash does nothing while `max_failed`
/// other nodes have failed, unless the plan insists; see FaultModel::limit_failed_to_minority().
class Injector final : public transport::Interceptor, public transport::Observer {
 public:
  Injector(transport::Cluster& cluster, const FaultPlan& plan, std::uint64_t seed,
           std::uint32_t max_failed = std::numeric_limits<std::uint32_t>::max());
  ~Injector() override;

  /// Schedules all faults of the plan. Call it at time 0, before the first node starts.
  void begin();

  /// Called when a spare is started because the operator adds it.
  void set_on_join(std::function<void(transport::NodeId)> on_join);

  /// Ends the storm: operators give up, links are whole and calm, nodes are up and running, clocks
  /// keep time, held messages arrive, triggers are void.
  void heal();

  const FaultCounts& counts() const;
  const std::vector<InjectedFault>& injected() const;

  /// The faults that have not begun, in words: after the storm, those whose trigger never matched.
  std::vector<std::string> waiting() const;

  void on_transmission(const transport::Transmission& transmission, transport::Fate& fate) override;
  transport::CrashPoint on_effects(transport::NodeId node,
                                   const transport::Effects& effects) override;
  void see(const transport::Witness& witness) override;

 private:
  class Engine;
  std::unique_ptr<Engine> engine_;
};

}  // namespace lockstep::chaos
