// The steps that led to a failure: the run once more, recorded, and reduced to what matters.
#pragma once

#include <cstdint>
#include <string>

#include "labs/exercise/run_test.h"

namespace lockstep::labs {

/// Numbered lines, each ended; empty if there is nothing to tell. Runs the test again, in the same
/// place. Requires: the finding is no pass.
std::string steps_to(const Lab& lab, const LabTest& test, std::uint64_t seed,
                     const Finding& finding, const Execution& execution);

}  // namespace lockstep::labs
