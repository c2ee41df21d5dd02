// The lab sample: several nodes answer as if they were one, because one of them executes
// everything.
#pragma once

#include "labs/exercise/lab.h"

namespace lockstep::labs {

Lab sample_lab();

/// One function for each part: it adds the tests of the part.
void add_sample_network_tests(LabBuilder& lab);
void add_sample_crash_tests(LabBuilder& lab);

}  // namespace lockstep::labs
