// A known bug of a lab: a patch on its solution, which says in its header what is broken and which
// points that must cost. A lab's tests are proved with bugs, as programs are with tests.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "labs/exercise/lab.h"
#include "labs/workspace/workspace.h"

namespace lockstep::labs {

struct KnownBug {
  std::filesystem::path file;
  std::string name;                ///< the file's, without .patch
  std::string broken;              ///< one sentence
  std::vector<std::string> loses;  ///< parts ("A") or tests ("A.first_leader"), at least one
};

/// Reads "Broken: .." and the lines "Loses: A, B.test" before the patch, or says what is wrong with
/// them.
std::variant<KnownBug, std::string> read_known_bug(const Lab& lab,
                                                   const std::filesystem::path& file);

/// True if a bug whose tests of these full names fail loses what it must lose there.
bool loses(const std::string& part_or_test, const std::vector<std::string>& failing);

/// The solution with the bug in it, in a new or empty folder, or why the patch does not fit.
std::variant<Workspace, std::string> plant(const KnownBug& bug, const Workspace& solution,
                                           const std::filesystem::path& folder);

}  // namespace lockstep::labs
