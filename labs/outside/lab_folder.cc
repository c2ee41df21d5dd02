#include "labs/outside/lab_folder.h"

#include <fmt/core.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <optional>
#include <regex>

#include "labs/outside/renaming.h"

namespace lockstep::labs {

namespace fs = std::filesystem;

namespace {

using Problem = std::optional<std::string>;

/// What the call of lockstep_lab says: the name, and perhaps whose place it takes.
Problem read_names(LabFolder& folder) {
  const fs::path file = folder.root / "CMakeLists.txt";
  std::ifstream in(file);
  const std::string text(std::istreambuf_iterator<char>(in), {});
  if (!in) {
    return fmt::format("{}: cannot be read; `lockstep lab new NAME` makes a folder for a lab",
                       file.string());
  }
  static const std::regex kCall(
      "(^|\n)[ \t]*lockstep_lab\\(\\s*([^\\s()]+)(\\s+REPLACES\\s+([^\\s()]+))?");
  std::smatch call;
  if (!std::regex_search(text, call, kCall)) {
    return fmt::format("{}: expected lockstep_lab(NAME SOURCES ..)", file.string());
  }
  folder.name = call[2];
  folder.replaces = call[4];
  const std::string problem = lab_name_problem(folder.name);
  if (!problem.empty()) return fmt::format("{}: {}", file.string(), problem);
  return std::nullopt;
}

Problem open_submission(const LabFolder& folder, const fs::path& root, Workspace& workspace) {
  std::error_code error;
  if (!fs::is_directory(root, error)) {
    return fmt::format("{}: is missing; it is a folder like a student's", root.string());
  }
  auto opened = open_workspace(root);
  if (const auto* problem = std::get_if<WorkspaceError>(&opened)) return problem->message;
  workspace = std::move(std::get<Workspace>(opened));
  if (workspace.lab == folder.name) return std::nullopt;
  return fmt::format("{}: holds the lab {}, not {}", (root / "lab.json").string(), workspace.lab,
                     folder.name);
}

std::vector<fs::path> patches_in(const fs::path& mutants) {
  std::vector<fs::path> patches;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(mutants, error)) {
    if (entry.path().extension() == ".patch") patches.push_back(entry.path());
  }
  std::sort(patches.begin(), patches.end());
  return patches;
}

}  // namespace

std::variant<LabFolder, std::string> open_lab_folder(const fs::path& root,
                                                     const fs::path& solution) {
  LabFolder folder;
  std::error_code error;
  folder.root = fs::canonical(root, error);
  if (error || !fs::is_directory(folder.root, error)) {
    return fmt::format("{}: is no folder", root.string());
  }
  if (auto problem = read_names(folder)) return *problem;
  for (const char* file : {"lab.h", "README.md"}) {
    if (!fs::is_regular_file(folder.root / file, error)) {
      return fmt::format("{}: is missing", (folder.root / file).string());
    }
  }
  if (auto problem = open_submission(folder, folder.root / "starter", folder.starter)) {
    return *problem;
  }
  const fs::path solved = solution.empty() ? folder.root / "solution" : solution;
  if (auto problem = open_submission(folder, solved, folder.solution)) return *problem;
  folder.bugs = patches_in(folder.root / "mutants");
  return folder;
}

bool is_in_tree(const LabFolder& folder, const fs::path& source) {
  std::error_code error;
  return fs::equivalent(source / "labs" / folder.name, folder.root, error);
}

}  // namespace lockstep::labs
