// The steps that led to a failure: the run once more, recorded, made smaller, and reduced to what
// matters.
#pragma once

#include <cstdint>
#include <string>

#include "labs/exercise/run_test.h"

namespace lockstep::labs {

/// What a failure page tells of the run; all texts are lines, each ended, and may be empty.
struct Explanation {
  /// The failure that the steps lead to: the test's own, or that of a smaller run.
  Finding finding;
  /// How much smaller that run is; empty if it is the test's own.
  std::string smaller;
  /// Why there are no steps.
  std::string problem;
  std::string steps;  ///< numbered
  std::string nodes;  ///< what each node is in the end, if that explains something
  /// The last handler that matters: where to look with a debugger. 0 if there is none.
  std::uint64_t last_event = 0;
};

/// Runs the test again, in the same place, as often as it takes. Requires: the finding is what the
/// test came to with this seed, and no pass.
Explanation explain(const Lab& lab, const LabTest& test, std::uint64_t seed, const Finding& finding,
                    const Execution& execution);

}  // namespace lockstep::labs
