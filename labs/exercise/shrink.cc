#include "labs/exercise/shrink.h"

#include <algorithm>

#include "chaos/smaller_run.h"

namespace lockstep::labs {
namespace {

constexpr std::uint64_t kPlanBudget = 200;
constexpr std::uint64_t kEventBudget = 3'000'000;

/// What was executed when it failed is more than any useful smaller run needs.
constexpr std::uint64_t kLongerAtMost = 2;

}  // namespace

std::optional<Smaller> smaller_failure(const Lab& lab, const LabTest& test, std::uint64_t seed,
                                       const Finding& finding, const Execution& execution) {
  if (!std::holds_alternative<Property>(test.body)) return std::nullopt;
  // A node that dies may have taken its time, which no count of events bounds.
  if (finding.verdict != Verdict::Wrong && finding.verdict != Verdict::Stuck) return std::nullopt;
  const chaos::RunSpec original = spec_of(lab, test, seed);
  Smaller smaller{
      original, finding, 0, original.plan.fault_size(), 0, original.workload.operations};
  std::uint64_t events = 0;
  const auto fails = [&](const chaos::RunSpec& attempt) {
    if (events > kEventBudget) return false;
    chaos::RunSpec bounded = attempt;
    bounded.events_max = std::min(attempt.events_max, kLongerAtMost * finding.events);
    const Finding found = run_spec(bounded, execution);
    events += found.events;
    if (!same_failure(found, finding)) return false;
    smaller.finding = found;
    smaller.spec = bounded;
    return true;
  };
  chaos::smallest_run(original, fails, kPlanBudget);
  smaller.faults = smaller.spec.plan.fault_size();
  smaller.operations = smaller.spec.workload.operations;
  if (smaller.finding.digest == finding.digest) return std::nullopt;
  return smaller;
}

}  // namespace lockstep::labs
