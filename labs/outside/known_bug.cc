#include "labs/outside/known_bug.h"

#include <fmt/core.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "labs/workspace/command.h"

namespace lockstep::labs {

namespace fs = std::filesystem;

namespace {

std::string trimmed(const std::string& text) {
  const auto first = text.find_first_not_of(" \t\r");
  if (first == std::string::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

void read_list(const std::string& text, std::vector<std::string>& names) {
  std::istringstream in(text);
  for (std::string name; std::getline(in, name, ',');) names.push_back(trimmed(name));
}

bool is_part(const Lab& lab, const std::string& name) {
  return std::any_of(lab.parts.begin(), lab.parts.end(),
                     [&](const Part& part) { return std::string(1, part.id) == name; });
}

}  // namespace

std::variant<KnownBug, std::string> read_known_bug(const Lab& lab, const fs::path& file) {
  KnownBug bug{file, file.stem().string(), {}, {}};
  std::ifstream in(file);
  for (std::string line; std::getline(in, line) && !line.starts_with("--- ");) {
    if (line.starts_with("Broken:")) bug.broken = trimmed(line.substr(7));
    if (line.starts_with("Loses:")) read_list(line.substr(6), bug.loses);
  }
  if (!in) return fmt::format("{}: expected a patch, with \"--- a/FILE\" in it", file.string());
  if (bug.broken.empty()) {
    return fmt::format("{}: expected a line \"Broken: ..\" before the patch", file.string());
  }
  if (bug.loses.empty()) {
    return fmt::format("{}: expected a line \"Loses: ..\" with parts or tests before the patch",
                       file.string());
  }
  for (auto& name : bug.loses) {
    if (is_part(lab, name)) continue;
    const LabTest* test = lab.find(name);
    if (test == nullptr) {
      return fmt::format("{}: Loses: there is no part or test \"{}\"", file.string(), name);
    }
    name = full_name(*test);
  }
  return bug;
}

bool loses(const std::string& part_or_test, const std::vector<std::string>& failing) {
  return std::any_of(failing.begin(), failing.end(), [&](const std::string& test) {
    return test == part_or_test || (part_or_test.size() == 1 && test.starts_with(part_or_test));
  });
}

std::variant<Workspace, std::string> plant(const KnownBug& bug, const Workspace& solution,
                                           const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  auto names = solution.submitted();
  names.push_back("lab.json");
  for (const auto& name : names) {
    if (!error) fs::copy_file(solution.root / name, folder / name, error);
  }
  if (error) return fmt::format("{}: {}", folder.string(), error.message());
  const auto patched = run_command({{"patch", "-p1", "-s", "-F0", "-f", "--no-backup-if-mismatch",
                                     "-r", "-", "-i", bug.file.string()},
                                    folder,
                                    {}});
  if (patched.code != 0) {
    return fmt::format("{}: does not apply to the solution:\n{}", bug.file.string(),
                       patched.output);
  }
  auto opened = open_workspace(folder);
  if (const auto* problem = std::get_if<WorkspaceError>(&opened)) {
    return fmt::format("{}: {}", bug.file.string(), problem->message);
  }
  return std::move(std::get<Workspace>(opened));
}

}  // namespace lockstep::labs
