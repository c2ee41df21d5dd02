// The smallest run that still fails in the same way: what is worth telling, instead of thousands of
// operations under a dozen faults.
#pragma once

#include <cstdint>
#include <optional>

#include "labs/exercise/run_test.h"

namespace lockstep::labs {

struct Smaller {
  chaos::RunSpec spec;
  Finding finding;
  int faults = 0;  ///< of the smaller run, and of the one that it was made from
  int faults_before = 0;
  std::uint64_t operations = 0;
  std::uint64_t operations_before = 0;
};

/// Nothing if the test is no property, or if no smaller run was found. The budget is a number of
/// runs and of events, so the answer is the same on every machine. Requires: the finding is what
/// the test came to with this seed, and no pass.
std::optional<Smaller> smaller_failure(const Lab& lab, const LabTest& test, std::uint64_t seed,
                                       const Finding& finding, const Execution& execution);

}  // namespace lockstep::labs
