// The steps that led to a failure: the run once more, recorded, made smaller, and reduced to what
// matters.
#pragma once

#include <cstdint>
#include <string>

#include "labs/exercise/run_test.h"

namespace lockstep::labs {

/// What a failure page tells of the run; all texts are lines, each ended, and may be empty.
struct Explanation {
  /// Which run the steps are of, and what is known of running it again.
  std::string run;
  /// It is a smaller one than the test's own: `lockstep lab replay --small` shows it.
  bool is_smaller = false;
  std::uint64_t event = 0;  ///< at which that run failed; 0 at its end
  std::string steps;        ///< numbered
  std::string nodes;        ///< what each node is in the end, if that explains something
};

/// Runs the test again, in the same place, as often as it takes. Requires: the finding is what the
/// test came to with this seed, and no pass.
Explanation explain(const Lab& lab, const LabTest& test, std::uint64_t seed, const Finding& finding,
                    const Execution& execution);

}  // namespace lockstep::labs
