#include "labs/exercise/recorded_test.h"

#include <functional>
#include <utility>
#include <vector>

#include "chaos/run_description.h"

namespace lockstep::labs {
namespace {

chaos::Judgement judgement_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::Pass:
      return chaos::Judgement::Holds;
    case Verdict::Stuck:
      return chaos::Judgement::Stuck;
    case Verdict::Infrastructure:
      return chaos::Judgement::Unknown;
    default:
      return chaos::Judgement::Wrong;
  }
}

chaos::RunResult result_of(const Finding& finding, std::vector<chaos::InjectedFault> faults) {
  chaos::RunResult result;
  result.judgement = judgement_of(finding.verdict);
  result.detector = finding.rule;
  result.story = finding.happened;
  result.source = finding.source;
  result.event = finding.event;
  result.at = finding.at;
  result.digest = finding.digest;
  result.events = finding.events;
  result.injected = std::move(faults);
  return result;
}

chaos::RunDescription description_of(const Lab& lab, const Script& script, std::uint64_t seed) {
  chaos::RunDescription run;
  run.set_system(lab.system.name);
  run.set_nodes(script.options.nodes);
  run.set_seed(seed);
  const auto& machine = script.options.machine;
  run.mutable_workload()->set_machine(machine.empty() ? lab.system.machines.front() : machine);
  return run;
}

RecordedTest record(const Execution& given, chaos::TraceLimits limits,
                    const chaos::RunDescription& run, const std::string& replay,
                    const std::function<Finding(const Execution&)>& execute) {
  chaos::TraceRecorder recorder(limits);
  const transport::Cluster* cluster = nullptr;
  std::vector<chaos::InjectedFault> faults;
  Execution execution = given;
  execution.keeps_log = true;
  execution.attach = [&](transport::Cluster& complete) {
    cluster = &complete;
    recorder.watch(complete);
    if (given.attach) given.attach(complete);
  };
  execution.on_result = [&](const chaos::RunResult& result) { faults = result.injected; };
  execution.on_deed = [&](const std::string& deed) {
    faults.push_back({cluster->now(), chaos::FaultKind::Partition, deed, 1});
  };
  RecordedTest recorded;
  recorded.finding = execute(execution);
  recorded.trace = recorder.seal(run, replay, result_of(recorded.finding, std::move(faults)));
  return recorded;
}

}  // namespace

RecordedTest record_test(const Lab& lab, const LabTest& test, std::uint64_t seed,
                         const Execution& execution, const std::string& replay,
                         chaos::TraceLimits limits) {
  if (std::holds_alternative<Property>(test.body)) {
    return record_spec(spec_of(lab, test, seed), execution, replay, limits);
  }
  const auto* script = std::get_if<Script>(&test.body);
  const auto run = script == nullptr ? chaos::RunDescription() : description_of(lab, *script, seed);
  return record(execution, limits, run, replay,
                [&](const Execution& watched) { return run_test(lab, test, seed, watched); });
}

RecordedTest record_spec(const chaos::RunSpec& spec, const Execution& execution,
                         const std::string& replay, chaos::TraceLimits limits) {
  return record(execution, limits, describe(spec), replay,
                [&](const Execution& watched) { return run_spec(spec, watched); });
}

}  // namespace lockstep::labs
