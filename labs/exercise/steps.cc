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
  return fmt::format(
      "a smaller run that fails in the same way: {} of {} faults, {} of {} operations\n",
      smaller.faults, smaller.faults_before, smaller.operations, smaller.operations_before);
}

Explanation told(const RecordedTest& recorded) {
  Explanation explanation;
  const Finding& finding = recorded.finding;
  explanation.event = finding.event;
  auto parsed = chaos::Trace::parse(recorded.trace, "the trace of this run");
  auto* trace = std::get_if<chaos::Trace>(&parsed);
  if (trace == nullptr || trace->size() == 0) return explanation;
  const Story story = read_story(*trace, finding.event);
  explanation.steps = steps_text(story, choose_steps(story, finding, kSteps), *trace);
  if (finding.verdict == Verdict::Stuck) explanation.nodes = nodes_text(story);
  return explanation;
}

}  // namespace

Explanation explain(const Lab& lab, const LabTest& test, std::uint64_t seed, const Finding& finding,
                    const Execution& execution) {
  const auto smaller = smaller_failure(lab, test, seed, finding, execution);
  const RecordedTest recorded = smaller ? record_spec(smaller->spec, execution, "", kLimits)
                                        : record_test(lab, test, seed, execution, "", kLimits);
  const Finding& expected = smaller ? smaller->finding : finding;
  if (recorded.finding.digest != expected.digest) {
    Explanation explanation;
    explanation.run =
        "the same run once more came out differently: your nodes do not do the same when they\n"
        "are told the same. Look for addresses, clocks, random numbers, static variables and\n"
        "members that are never set.\n";
    return explanation;
  }
  Explanation explanation = told(recorded);
  explanation.is_smaller = smaller.has_value();
  if (smaller) explanation.run = about(*smaller);
  return explanation;
}

}  // namespace lockstep::labs
