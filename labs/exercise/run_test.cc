#include "labs/exercise/run_test.h"

#include <fmt/core.h>

#include <stdexcept>

#include "chaos/check/explain.h"
#include "chaos/check/linearizability.h"
#include "labs/exercise/node_end.h"
#include "labs/exercise/stage.h"
#include "transport/check.h"

namespace lockstep::labs {

using chaos::Judgement;
using chaos::Reach;

namespace {

/// A run that proves too little is our failure, unless it is because the nodes do nothing.
Verdict verdict_of(const chaos::RunSpec& spec, const chaos::RunResult& result) {
  switch (result.judgement) {
    case Judgement::Holds:
      return Verdict::Pass;
    case Judgement::Wrong:
      return Verdict::Wrong;
    case Judgement::Stuck:
      return Verdict::Stuck;
    case Judgement::Invalid:
      for (const auto& goal : spec.system->floor) {
        const bool is_the_nodes_part = goal.reach != Reach::Bites && goal.reach != Reach::Crashes;
        if (is_the_nodes_part && at(result.reached, goal.reach) < goal.minimum) {
          return Verdict::Stuck;
        }
      }
      return Verdict::Infrastructure;
    case Judgement::Unknown:
      return result.detector == "event budget" ? Verdict::Stuck : Verdict::Infrastructure;
  }
  return Verdict::Infrastructure;
}

/// Fills in what every execution can tell about itself.
void account_for(const transport::Cluster& cluster, Finding& finding) {
  finding.digest = cluster.digest();
  finding.events = cluster.event();
}

Finding violated(const transport::Violation& violation) {
  Finding finding;
  finding.verdict = Verdict::Wrong;
  finding.rule = violation.rule;
  finding.happened = violation.story;
  finding.source = violation.source;
  finding.event = violation.event;
  finding.at = violation.at;
  return finding;
}

/// What the clients of a script saw has to be linearizable.
Finding check_history(const chaos::History& history) {
  Finding finding;
  const auto verdict = chaos::check_linearizability(history);
  if (const auto* violation = verdict.violation()) {
    finding.verdict = Verdict::Wrong;
    finding.rule = "linearizability";
    finding.happened = chaos::describe(*violation, history);
  } else if (verdict.is_unknown()) {
    finding.verdict = Verdict::Infrastructure;
    finding.rule = "checker budget";
    finding.happened = std::get<chaos::Unknown>(verdict.answer).reason;
  }
  return finding;
}

/// Plays the script; gives the first thing that went wrong, in the order of causes: a broken rule
/// explains an unmet expectation, not the other way round.
Finding play(const Script& script, Stage& stage) {
  Finding finding;
  try {
    stage.world().play([&] { return script.play(stage); });
  } catch (const Unmet& unmet) {
    finding = unmet.finding();
  } catch (const chaos::ScenarioOver& over) {
    finding.verdict = Verdict::Stuck;
    finding.rule = over.budget();
    finding.happened = over.what();
  } catch (const transport::NodeProcessError& error) {
    finding = finding_of(error);
  }
  if (finding.verdict == Verdict::Pass || finding.verdict == Verdict::Wrong ||
      finding.verdict == Verdict::Stuck) {
    if (stage.world().violation()) return violated(*stage.world().violation());
  }
  return finding.verdict == Verdict::Pass ? check_history(stage.recorder().history()) : finding;
}

Finding run_script(const Lab& lab, const Script& script, std::uint64_t seed,
                   const Execution& execution) {
  chaos::ScenarioOptions options = script.options;
  options.seed = seed;
  options.host = execution.host;
  options.keeps_log = execution.keeps_log;
  options.on_deed = execution.on_deed;
  if (execution.attach) options.before_start = execution.attach;
  Finding finding;
  try {
    Stage stage(lab.system, options);
    finding = play(script, stage);
    if (finding.event == 0 && finding.verdict != Verdict::Pass) {
      finding.event = stage.cluster().event();
      finding.at = stage.cluster().now();
    }
    account_for(stage.cluster(), finding);
  } catch (const transport::NodeProcessError& error) {
    finding = finding_of(error);  // It did not even start.
  }
  return finding;
}

}  // namespace

chaos::RunSpec spec_of(const Lab& lab, const LabTest& test, std::uint64_t seed) {
  chaos::RunSpec spec = std::get<Property>(test.body)(lab.system, seed);
  spec.system = &lab.system;
  spec.seed = seed;
  return spec;
}

Finding run_spec(const chaos::RunSpec& given, const Execution& execution) {
  chaos::RunSpec spec = given;
  spec.host = execution.host;
  spec.keeps_log = execution.keeps_log;
  Finding finding;
  try {
    const auto result = chaos::simulate(spec, execution.attach);
    if (execution.on_result) execution.on_result(result);
    finding.verdict = verdict_of(spec, result);
    finding.rule = result.detector;
    finding.happened = result.story;
    finding.source = result.source;
    finding.event = result.event;
    finding.at = result.at;
    finding.digest = result.digest;
    finding.events = result.events;
  } catch (const transport::NodeProcessError& error) {
    finding = finding_of(error);
    finding.event = transport::whereabouts().event;
    finding.at = transport::whereabouts().at;
  }
  return finding;
}

Finding run_test(const Lab& lab, const LabTest& test, std::uint64_t seed,
                 const Execution& execution) {
  if (const auto* judge = std::get_if<Answers>(&test.body)) return (*judge)(execution.folder);
  if (const auto* script = std::get_if<Script>(&test.body)) {
    return run_script(lab, *script, seed, execution);
  }
  return run_spec(spec_of(lab, test, seed), execution);
}

}  // namespace lockstep::labs
