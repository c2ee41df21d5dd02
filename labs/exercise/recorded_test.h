// A test's run as a trace: what a failure page is made from, and what `lockstep lab replay` shows.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "chaos/trace.h"
#include "labs/exercise/run_test.h"

namespace lockstep::labs {

struct RecordedTest {
  Finding finding;
  std::string trace;  ///< the bytes of a trace file
};

/// Runs a test again, recorded, with nodes' log lines; `replay` is the command that repeats it. A
/// trace that reaches `limits` ends there. The digest is that of the run without a recorder.
RecordedTest record_test(const Lab& lab, const LabTest& test, std::uint64_t seed,
                         const Execution& execution, const std::string& replay,
                         chaos::TraceLimits limits = {});

/// The same for any run of a property, such as a smaller one.
RecordedTest record_spec(const chaos::RunSpec& spec, const Execution& execution,
                         const std::string& replay, chaos::TraceLimits limits = {});

}  // namespace lockstep::labs
