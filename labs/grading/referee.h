// Grades a submission: builds it from its listed files alone, runs every test in a sandbox, twice
// under different circumstances, and gives points for what the referee saw itself.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "labs/exercise/lab.h"
#include "labs/grading/grade.h"
#include "labs/grading/submission.h"
#include "labs/workspace/workspace.h"

namespace lockstep::labs {

struct RefereeOptions {
  std::string key;  ///< of the instructor; empty for the seeds that everybody knows
  int required_isolation = 0;
  std::uint32_t seeds = 0;  ///< of each test; 0: as many as it says
  std::vector<LabTest> private_tests;
  /// Only tests of these full names, if there are any.
  std::vector<std::string> only;
  /// Told after each test.
  std::function<void(const TestGrade&)> progress;
  /// What a student types to see a failure again.
  std::string command;
  /// Failures get a page, which takes more runs.
  bool explains = true;
};

/// Grades what lab.json in `submission` lists; nothing else of that folder is looked at, and
/// nothing in it is changed. Never throws for what a submission does.
Grade grade(const Lab& lab, const Workspace& submission, const Toolchain& with,
            const RefereeOptions& options);

/// The same for one that is built already, perhaps for several keys.
Grade grade(const Lab& lab, const BuiltSubmission& built, const RefereeOptions& options);

}  // namespace lockstep::labs
