#include "labs/exercise/steps.h"

#include <fmt/core.h>

#include "labs/exercise/recorded_test.h"
#include "labs/exercise/shrink.h"
#include "labs/exercise/story_choice.h"
#include "labs/exercise/story_text.h"

namespace lockstep::labs {
namespace {

constexpr std::size_t kSteps = 16;
/// More says nothing more: what matters is near the end, or happens again and again.
constexpr chaos::TraceLimits kLimits{400'000, 256ull << 20};

std::string about(const Smaller& smaller) {
  return fmt::format("{} of {} faults and {} of {} operations", smaller.faults,
                     smaller.faults_before, smaller.operations, smaller.operations_before);
}

void tell(const RecordedTest& recorded, Explanation& explanation) {
  const Finding& finding = recorded.finding;
  auto parsed = chaos::Trace::parse(recorded.trace, "the trace of this run");
  auto* trace = std::get_if<chaos::Trace>(&parsed);
  if (trace == nullptr || trace->size() == 0) return;
  const Story story = read_story(*trace, finding.event);
  const auto chosen = choose_steps(story, finding, kSteps);
  if (chosen.empty()) return;
  explanation.steps = steps_text(story, chosen, *trace);
  explanation.last_event = story.steps[chosen.back()].event;
  if (explanation.last_event == 0) explanation.last_event = story.steps.back().event;
  if (finding.verdict == Verdict::Stuck) explanation.nodes = nodes_text(story);
}

}  // namespace

Explanation explain(const Lab& lab, const LabTest& test, std::uint64_t seed, const Finding& finding,
                    const Execution& execution) {
  Explanation explanation;
  explanation.finding = finding;
  const auto smaller = smaller_failure(lab, test, seed, finding, execution);
  if (smaller) {
    explanation.finding = smaller->finding;
    explanation.smaller = about(*smaller);
  }
  const RecordedTest recorded = smaller ? record_spec(smaller->spec, execution, "", kLimits)
                                        : record_test(lab, test, seed, execution, "", kLimits);
  if (recorded.finding.digest == explanation.finding.digest) {
    tell(recorded, explanation);
  } else {
    explanation.problem =
        "the same run once more came out differently: your nodes do not do the same when they are "
        "told the same. Look for addresses, clocks, random numbers, static variables and members "
        "that are never set.";
  }
  return explanation;
}

}  // namespace lockstep::labs
