// A folder for a lab of an instructor's own: small and complete, or one of ours to be changed.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "labs/workspace/workspace.h"

namespace lockstep::labs {

/// The lab that new ones are copied from, if no other is named.
inline constexpr const char* kSampleLab = "sample";

/// Writes the lab `from` once more, under another name, to a new or empty folder: tests, starter,
/// solution and known bugs. Says what is wrong if there is no such lab, or none with a solution.
std::optional<std::string> write_new_lab(const std::string& name, const std::string& from,
                                         const std::filesystem::path& out, const Toolchain& with);

}  // namespace lockstep::labs
