#include "chaos/simulation.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <set>

#include "chaos/catch_up.h"
#include "chaos/check/explain.h"
#include "chaos/group_catch_up.h"
#include "chaos/local_reads.h"
#include "chaos/restart_probe.h"
#include "chaos/stale_reads.h"
#include "transport/check.h"

namespace lockstep::chaos {

using transport::Cluster;
using transport::ClusterOptions;
using transport::Duration;
using transport::EventLoop;
using transport::NodeId;
using transport::Time;

namespace {

/// Feeds the monitors and remembers the first violation.
class Watch final : public transport::Observer {
 public:
  explicit Watch(std::vector<AnyMonitor> monitors) : monitors_(std::move(monitors)) {}

  void see(const transport::Witness& witness) override {
    for (auto& monitor : monitors_) {
      monitor.see(witness);
      if (violation_ == nullptr && monitor.violation()) violation_ = &*monitor.violation();
    }
  }

  const transport::Violation* violation() const { return violation_; }

 private:
  std::vector<AnyMonitor> monitors_;
  const transport::Violation* violation_ = nullptr;
};

/// A cluster that is complete: whoever is built on it finds all its nodes.
struct Founded {
  Founded(EventLoop& loop, const RunSpec& spec) : cluster(loop, cluster_options(spec)) {
    const auto& machine = *statemachine::find_machine(spec.workload.machine);
    const auto node = [&](NodeId id) {
      return make_node_of(*spec.system, spec.options, machine, id);
    };
    const std::uint32_t nodes = all_nodes(*spec.system, spec.options, spec.nodes);
    for (std::uint32_t id = 1; id <= nodes; ++id) cluster.add(NodeId{id}, node(NodeId{id}));
    for (const auto id : spares_of(spec.plan)) cluster.add_spare(NodeId{id}, node(NodeId{id}));
  }

  static ClusterOptions cluster_options(const RunSpec& spec) {
    ClusterOptions options;
    options.seed = spec.seed;
    options.host = spec.host;
    options.keeps_log = spec.keeps_log;
    return options;
  }

  Cluster cluster;
};

std::vector<ReadLevel> levels_of(const RunSpec& spec) {
  std::vector<ReadLevel> levels;
  if (spec.system->read_levels) levels = spec.system->read_levels(spec.options);
  if (spec.all_linearizable) {
    for (auto& level : levels) level.promise = ReadLevel::Promise::Linearizable;
  }
  return levels;
}

class Simulation {
 public:
  Simulation(const RunSpec& spec, const Attach& attach)
      : spec_(spec),
        founded_(loop_, spec),
        cluster_(founded_.cluster),
        injector_(cluster_, spec.plan, spec.seed,
                  spec.system->survives(spec.options).max_failed(spec.nodes)),
        coverage_(spec.system->group),
        watch_(monitors_of(*spec.system, spec.nodes, spec.options)),
        levels_(levels_of(spec)),
        clients_(cluster_, *spec.system, spec.options, levels_, spec.workload, spec.patience,
                 spec.seed) {
    transport::whereabouts() = {spec.replay, 0, {}, {}};
    cluster_.add_observer(&coverage_);
    cluster_.add_observer(&catch_up_);
    cluster_.add_observer(&group_catch_up_);
    cluster_.add_observer(&injector_);
    cluster_.add_observer(&watch_);
    cluster_.set_interceptor(&injector_);
    // Who need not survive a crash may forget its promises.
    const bool outlives = spec.system->survives(spec.options).survives(FaultKind::Crash);
    auto promises = spec.system->promises();
    if (promises && outlives && spec.probe_stride > 0) {
      probe_.emplace(cluster_, std::move(*promises), spec.probe_stride, spec.seed);
      cluster_.add_observer(&*probe_);
    }
    watch_local_reads();
    if (attach) attach(cluster_);
  }

  RunResult run() {
    injector_.begin();
    injector_.set_on_join([this](NodeId node) { clients_.add_node(node); });
    for (const NodeId node : cluster_.founders()) cluster_.start(node);
    clients_.begin();
    const Time storm_end{std::chrono::milliseconds(spec_.plan.storm_ms())};
    if (advance(storm_end)) {
      injector_.heal();
      clients_.calm();
      catch_up_.set_goals();
      calm_since_ = loop_.now();
      if (advance(Time::max())) await_laggards();
    }
    clients_.rethrow();
    conclude();
    return std::move(result_);
  }

 private:
  /// Runs until the clients are done or `end`; false if the run is over, for better or worse.
  bool advance(Time end) {
    const bool is_calm = end == Time::max();
    while (!clients_.are_done()) {
      if (loop_.now() >= end || !loop_.step()) break;
      if (is_decided()) return false;
      if (is_calm && is_time_to_look() && clients_.longest_wait() > spec_.recovery) return stuck();
    }
    return true;
  }

  std::optional<std::string> laggard() const {
    auto laggard = catch_up_.laggard();
    return laggard ? laggard : group_catch_up_.laggard();
  }

  /// Clients are content with a majority; all replicas must catch up.
  void await_laggards() {
    const Time rest_since = loop_.now();
    while (const auto laggard = this->laggard()) {
      // A group comes to rest when nobody asks for anything more.
      const Time since = catch_up_.laggard() ? calm_since_ : rest_since;
      if (loop_.now() - since > spec_.recovery) return hangs_back(*laggard);
      do {
        if (!loop_.step() || is_decided()) return;
      } while (!is_time_to_look());
    }
  }

  /// What takes long to ask is asked now and then.
  bool is_time_to_look() {
    constexpr Duration kBetweenLooks = std::chrono::milliseconds(5);
    if (loop_.now() < next_look_) return false;
    next_look_ = loop_.now() + kBetweenLooks;
    return true;
  }

  void hangs_back(const std::string& laggard) {
    judge(Judgement::Stuck, "catching up",
          fmt::format("{}, {} ms of virtual time after every node was up and every link whole",
                      laggard, in_ms(loop_.now() - calm_since_)));
    result_.event = loop_.fired();
    result_.at = loop_.now();
  }

  static std::int64_t in_ms(Duration duration) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
  }

  /// True if a promise was broken, or the budget is used up.
  bool is_decided() {
    if (found_violation()) return true;
    if (loop_.fired() <= spec_.events_max) return false;
    judge(Judgement::Unknown, "event budget",
          fmt::format("the run did not end within {} events", spec_.events_max));
    return true;
  }

  bool found_violation() {
    if (const auto* broken = watch_.violation()) return judge(*broken);
    if (probe_ && probe_->violation()) return judge(*probe_->violation());
    return false;
  }

  bool judge(const transport::Violation& violation) {
    judge(Judgement::Wrong, violation.rule, violation.story);
    result_.source = violation.source;
    result_.event = violation.event;
    result_.at = violation.at;
    return true;
  }

  void judge(Judgement judgement, std::string detector, std::string story) {
    result_.judgement = judgement;
    result_.detector = std::move(detector);
    result_.story = std::move(story);
  }

  bool stuck() {
    judge(Judgement::Stuck, "recovery",
          fmt::format("client {} has waited {} ms of virtual time although every node is up, every "
                      "link is whole and nothing was injected any more",
                      clients_.who_waits(), in_ms(clients_.longest_wait())));
    result_.event = loop_.fired();
    result_.at = loop_.now();
    return false;
  }

  void conclude() {
    result_.history = clients_.recorder().history();
    result_.statistics = statistics_of(result_.history, cluster_.counts(), loop_.now());
    result_.reached = coverage_.counts();
    result_.own = coverage_.own();
    result_.own.resize(spec_.system->reach_names.size());
    result_.bites = injector_.counts();
    result_.injected = injector_.injected();
    result_.reigns = coverage_.reigns();
    at(result_.reached, Reach::Operations) = result_.statistics.completed;
    for (const auto bites : result_.bites) at(result_.reached, Reach::Bites) += bites;
    result_.digest = cluster_.digest();
    result_.events = loop_.fired();
    if (probe_) {
      result_.promises = probe_->promises();
      result_.probed = probe_->probed();
    }
    if (result_.judgement == Judgement::Holds) check_history();
    if (result_.judgement == Judgement::Holds) check_coverage();
  }

  void watch_local_reads() {
    std::vector<std::string> options;
    for (const auto& level : levels_) {
      if (level.promise != ReadLevel::Promise::SequentialPerReplica) continue;
      options.push_back(level.options);
      weak_levels_.insert(level.name);
    }
    if (options.empty()) return;
    std::optional<statemachine::MachineFactory> sessions;
    if (spec_.system->with_sessions) {
      const auto& machine = *statemachine::find_machine(spec_.workload.machine);
      sessions = spec_.system->with_sessions(machine.make);
    }
    local_reads_.emplace(*statemachine::find_machine(spec_.workload.machine), std::move(options),
                         sessions, spec_.system->group);
    cluster_.add_observer(&*local_reads_);
  }

  /// Reads that promise less have a check of their own.
  History linearizable_part() const {
    History part{result_.history.machine, {}};
    for (const auto& operation : result_.history.operations) {
      if (weak_levels_.count(operation.level) == 0) part.operations.push_back(operation);
    }
    std::map<std::string, Duration> staleness;
    for (const auto& level : levels_) {
      if (may_be_stale(level)) staleness[level.name] = level.staleness;
    }
    return staleness.empty() ? part : asked_earlier(std::move(part), staleness);
  }

  bool may_be_stale(const ReadLevel& level) const {
    return level.staleness != Duration::zero() && !spec_.all_linearizable;
  }

  void check_history() {
    const auto& promised = spec_.system->is_linearizable;
    if (promised && !promised(spec_.options) && !spec_.all_linearizable) return;
    const bool has_others = !weak_levels_.empty() || std::any_of(levels_.begin(), levels_.end(),
                                                                 [this](const ReadLevel& level) {
                                                                   return may_be_stale(level);
                                                                 });
    const History part = has_others ? linearizable_part() : History();
    const History& checked = has_others ? part : result_.history;
    result_.linearizability = check_linearizability(checked, spec_.check);
    const Verdict& verdict = *result_.linearizability;
    if (const auto* violation = verdict.violation()) {
      judge(Judgement::Wrong, "linearizability", describe(*violation, checked));
    } else if (const auto disorder = local_reads_ ? local_reads_->check() : std::nullopt) {
      judge(Judgement::Wrong, "reads of one replica",
            describe(*disorder, *result_.history.machine));
    } else if (verdict.is_unknown()) {
      judge(Judgement::Unknown, "checker budget", std::get<Unknown>(verdict.answer).reason);
    }
  }

  void check_coverage() {
    const auto reasons = missed(spec_.system->floor, result_.reached);
    if (reasons.empty()) return;
    std::string story = "the run reached too little to prove anything";
    for (const auto& reason : reasons) story += "; " + reason;
    judge(Judgement::Invalid, "coverage floor", std::move(story));
  }

  const RunSpec& spec_;
  EventLoop loop_;
  Founded founded_;
  Cluster& cluster_;
  Injector injector_;
  Coverage coverage_;
  CatchUp catch_up_;
  GroupCatchUp group_catch_up_;
  Time calm_since_{};
  Time next_look_{};
  Watch watch_;
  std::optional<RestartProbe> probe_;
  std::vector<ReadLevel> levels_;
  std::set<std::string> weak_levels_;  ///< whose reads are not linearizable
  std::optional<LocalReads> local_reads_;
  Clients clients_;
  RunResult result_;
};

}  // namespace

std::string_view name_of(Judgement judgement) {
  switch (judgement) {
    case Judgement::Holds:
      return "holds";
    case Judgement::Wrong:
      return "wrong";
    case Judgement::Stuck:
      return "stuck";
    case Judgement::Invalid:
      return "invalid";
    case Judgement::Unknown:
      return "unknown";
  }
  return "?";
}

RunResult simulate(const RunSpec& spec, const Attach& attach) {
  return Simulation(spec, attach).run();
}

bool same_failure(const RunResult& left, const RunResult& right) {
  return left.judgement == right.judgement && left.detector == right.detector;
}

}  // namespace lockstep::chaos
