// One run of one test, recorded to a file or under a debugger: what `lockstep lab replay` and
// `lockstep lab debug` ask the test program for.
#pragma once

#include <cstdint>
#include <string>

#include "labs/exercise/run_test.h"

namespace lockstep::labs {

struct OneRun {
  std::uint64_t seed = 1;
  /// The smaller run that the failure page tells of, if there is one, instead of the test's own.
  bool small = false;
  std::string trace;   ///< the file to record to; empty for none
  std::string replay;  ///< the command that repeats this, for the trace
  /// lockstep_debug_event() is called before the handlers of this event; 0 for never.
  std::uint64_t stop_at = 0;
};

/// What was found. Nothing if the trace cannot be written, which is then said on standard error.
std::optional<Finding> run_once(const Lab& lab, const LabTest& test, const OneRun& run,
                                const Execution& execution);

}  // namespace lockstep::labs

/// Does nothing: a debugger stops here, right before the handler of `event` at `node` runs.
extern "C" void lockstep_debug_event(std::uint64_t event, std::uint32_t node);
