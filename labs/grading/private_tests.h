// Tests from an instructor's folder. They are data, so that they are the same whoever compiled the
// grader, and nothing of them need ever be near a student.
#pragma once

#include <filesystem>
#include <string>
#include <variant>
#include <vector>

#include "labs/exercise/lab.h"

namespace lockstep::labs {

/// Reads all *.test of a folder, by name. The error names file, line and what was expected.
std::variant<std::vector<LabTest>, std::string> read_private_tests(
    const Lab& lab, const std::filesystem::path& folder);

}  // namespace lockstep::labs
