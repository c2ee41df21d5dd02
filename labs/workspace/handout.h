// What students get: the framework, the labs' starters and public tests, and documents; no
// reference, no known bugs, no private tests.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "labs/workspace/workspace.h"

namespace lockstep::labs {

/// Writes a repository of its own for these labs to a new or empty folder. A file is in it because
/// a rule lets it in, never because no rule keeps it out.
std::optional<WorkspaceError> write_handout(const std::vector<std::string>& labs,
                                            const std::filesystem::path& out,
                                            const Toolchain& with);

}  // namespace lockstep::labs
