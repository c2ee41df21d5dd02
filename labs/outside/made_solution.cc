#include "labs/outside/made_solution.h"

#include <fmt/core.h>

#include <fstream>
#include <sstream>

#include "labs/workspace/command.h"

namespace lockstep::labs {

namespace fs = std::filesystem;

namespace {

std::optional<std::string> run_script(const fs::path& script, const fs::path& out,
                                      const fs::path& patch) {
  Command command{{script.string(), out.string()}, {}, {}};
  if (!patch.empty()) command.arguments.push_back(patch.string());
  const CommandOutcome made = run_command(command);
  if (made.code == 0) return std::nullopt;
  return fmt::format("{} {}: {}", script.string(), patch.string(), made.output);
}

/// What stands before the patch itself.
std::string header_of(const fs::path& patch) {
  std::ifstream in(patch);
  std::string header;
  for (std::string line; std::getline(in, line) && !line.starts_with("--- ");) {
    header += line + "\n";
  }
  return header;
}

/// The difference of two folders as a patch, without the times at which files were made.
std::string patch_between(const fs::path& work) {
  std::istringstream lines(run_command({{"diff", "-ruN", "a", "b"}, work, {}}).output);
  std::string patch;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("diff ")) continue;
    if (line.starts_with("--- ") || line.starts_with("+++ "))
      line = line.substr(0, line.find('\t'));
    patch += line + "\n";
  }
  return patch;
}

}  // namespace

fs::path solution_script(const fs::path& source, const std::string& lab) {
  return source / "tests/labs" / (lab + "_submission");
}

std::optional<std::string> make_solution(const fs::path& script, const fs::path& out) {
  if (auto problem = run_script(script, out / "solution", {})) return problem;
  const fs::path work = out / ".lockstep" / "patches";
  std::error_code error;
  fs::create_directories(work, error);
  if (auto problem = run_script(script, work / "a", {})) return problem;
  for (const auto& entry : fs::directory_iterator(out / "mutants", error)) {
    fs::remove_all(work / "b", error);
    if (auto problem = run_script(script, work / "b", entry.path())) return problem;
    const std::string patch = header_of(entry.path()) + patch_between(work);
    if (!(std::ofstream(entry.path()) << patch << std::flush)) {
      return fmt::format("{}: cannot be written", entry.path().string());
    }
  }
  fs::remove_all(out / ".lockstep", error);
  return std::nullopt;
}

}  // namespace lockstep::labs
