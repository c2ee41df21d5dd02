// The folder of a lab outside our tree, as its author keeps it: the lab's tests beside each other,
// what students begin with, a solution, and known bugs to be planted in that.
#pragma once

#include <filesystem>
#include <string>
#include <variant>
#include <vector>

#include "labs/workspace/workspace.h"

namespace lockstep::labs {

struct LabFolder {
  std::filesystem::path root;
  std::string name;
  std::string replaces;  ///< one of our labs, or empty
  Workspace starter;
  Workspace solution;
  std::vector<std::filesystem::path> bugs;  ///< mutants/*.patch, sorted

  /// Ours, and may be deleted at any time.
  std::filesystem::path output() const { return root / ".lockstep"; }
};

/// Reads and checks a folder, or names the file with which something is wrong. The solution is in
/// `solution`, or in the folder's own solution/ if that is empty.
std::variant<LabFolder, std::string> open_lab_folder(const std::filesystem::path& root,
                                                     const std::filesystem::path& solution);

/// True if this source tree has this very folder among its labs.
bool is_in_tree(const LabFolder& folder, const std::filesystem::path& source);

}  // namespace lockstep::labs
