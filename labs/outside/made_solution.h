// The solution of one of our labs where it is no folder: a script, tests/labs/LAB_submission, makes
// it of other things, such as our own Raft, and known bugs are patches on those.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace lockstep::labs {

/// The script of a lab; it need not be there.
std::filesystem::path solution_script(const std::filesystem::path& source, const std::string& lab);

/// Makes the solution in OUT/solution, and rewrites each patch in OUT/mutants to be one on that
/// solution. Gives the problem if one does not fit.
std::optional<std::string> make_solution(const std::filesystem::path& script,
                                         const std::filesystem::path& out);

}  // namespace lockstep::labs
