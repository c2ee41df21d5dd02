// Verdicts in words, for the terminal and for reports.
#pragma once

#include <string>

#include "chaos/check/linearizability.h"

namespace lockstep::chaos {

/// The witness as a few lines of text: its operations with their clients and the order of their
/// events, the longest attempt, and why it got stuck. Long values are shortened in the middle. Ends
/// with a line break.
std::string describe(const Violation& violation, const History& history);

/// One operation, as in `client 3  put k3 "v17" -> ok`; an unknown result is `?`.
std::string describe(const Operation& operation, const History& history);

}  // namespace lockstep::chaos
