// The compiler on files that nobody trusts: it reads what a build needs and the submission, and
// nothing else; it writes to the submission's copy; it has limits.
#pragma once

#include <string>
#include <variant>

#include "labs/workspace/workspace.h"

namespace lockstep::labs {

/// Builds the library of nodes in a cage. The error is a problem of this machine.
/// Requires: `copy` holds nothing but the submission; its folder becomes the cage's own.
std::variant<BuildResult, std::string> build_caged(const Workspace& copy, const Toolchain& with,
                                                   int required_isolation);

}  // namespace lockstep::labs
