// What an editor needs to know of a student's folder: how to build and test it, and where the
// compiler's flags are.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "labs/workspace/workspace.h"

namespace lockstep::labs {

/// Writes .vscode/tasks.json and .clangd into a folder. The templates are in labs/workspace/editor,
/// and beside them is the program of the project's root that the tasks call.
std::optional<WorkspaceError> write_editor_files(const std::string& lab,
                                                 const std::filesystem::path& root,
                                                 const Toolchain& with);

}  // namespace lockstep::labs
