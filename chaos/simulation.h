// One run: a system under a workload and a fault plan, from a seed to a verdict.
//
// simulate() is a function (system, workload, fault plan, seed) -> (history, statistics, verdict,
// digest): call it twice and everything is the same twice. First comes the storm, in which faults
// happen and only safety is asked for; then all is healed and the clients must get on.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "chaos/check/linearizability.h"
#include "chaos/clients.h"
#include "chaos/coverage.h"
#include "chaos/fault_plans.h"
#include "chaos/injector.h"
#include "chaos/statistics.h"
#include "chaos/system.h"

namespace lockstep::chaos {

struct RunSpec {
  const System* system = nullptr;
  OptionValues options;
  std::uint32_t nodes = 5;
  WorkloadOptions workload;
  Patience patience;
  FaultPlan plan;
  std::uint64_t seed = 1;
  /// Clients must hear something, and every replica must have caught up, within this virtual time
  /// once everything is healed.
  transport::Duration recovery = std::chrono::seconds(10);
  /// A run that needs more events than this has no verdict.
  std::uint64_t events_max = 50'000'000;
  /// Every how many promises the restart probe asks; 0 for never.
  std::uint64_t probe_stride = 16;
  CheckOptions check;
  /// Reads of all levels have to be linearizable, also of those that promise less.
  bool all_linearizable = false;
  transport::HostFactory host = transport::in_process();
  /// Nodes' log lines are formatted, for those who attach; the digest stays the same.
  bool keeps_log = false;
  /// The command that repeats this run, for messages.
  std::string replay;
};

enum class Judgement : std::uint8_t {
  Holds,
  Wrong,    ///< a promise was broken
  Stuck,    ///< clients wait in vain although nothing is broken any more
  Invalid,  ///< the run reached too little to prove anything
  Unknown,  ///< a budget was used up first
};

/// Such as "holds" or "wrong".
std::string_view name_of(Judgement judgement);

struct RunResult {
  Judgement judgement = Judgement::Holds;
  /// Who found it: the rule of a monitor, "linearizability", "promise survives a restart",
  /// "recovery", "catching up", "coverage floor" or a budget. Empty if the promise holds.
  std::string detector;
  std::string story;        ///< why, in a paragraph or a few lines
  std::string source;       ///< where the paper states the rule, if a rule was broken
  std::uint64_t event = 0;  ///< the event at which it was noticed; 0 at the end of the run
  transport::Time at{};

  History history;
  std::optional<Verdict> linearizability;  ///< missing if a monitor stopped the run
  Statistics statistics;
  ReachCounts reached{};
  OwnCounts own;  ///< of the system's own kinds, by kind
  FaultCounts bites{};
  std::vector<InjectedFault> injected;
  std::vector<Coverage::Reign> reigns;
  std::uint64_t digest = 0;
  std::uint64_t events = 0;
  std::uint64_t promises = 0;
  std::uint64_t probed = 0;
};

/// A chance for others to watch and to steer before the run starts; the cluster is complete then.
using Attach = std::function<void(transport::Cluster&)>;

/// Runs to the verdict. Requires: the system makes nodes from these options and machine, the plan
/// has no problem, and the machine has a workload.
RunResult simulate(const RunSpec& spec, const Attach& attach = {});

/// The same judgement by the same detector: what shrinking has to keep.
bool same_failure(const RunResult& left, const RunResult& right);

}  // namespace lockstep::chaos
