// The lab in which nothing is built: a finished program with one bug, to be found with the tools
// that all later labs need.
#pragma once

#include "labs/exercise/lab.h"

namespace lockstep::labs {

Lab ping_lab();

/// All its tests.
void add_ping_tests(LabBuilder& lab);

}  // namespace lockstep::labs
