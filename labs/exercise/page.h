// The page that a student reads when a test fails: what was promised, what happened, which rule
// says so, and how to see it again.
#pragma once

#include <cstdint>
#include <string>

#include "labs/exercise/lab.h"
#include "labs/exercise/steps.h"

namespace lockstep::labs {

/// Where the reader stands.
struct PageContext {
  std::uint64_t seed = 1;
  /// What the reader types before the name of the test, such as "./lockstep lab test raft DIR".
  std::string command;
  /// How many hints to show; they are counted from the gentlest.
  std::size_t hints = 0;
  /// What led there; may be empty.
  Explanation explanation;
};

/// Ends in a line end. Requires: the finding is no pass.
std::string failure_page(const Lab& lab, const LabTest& test, const Finding& finding,
                         const PageContext& context);

}  // namespace lockstep::labs
