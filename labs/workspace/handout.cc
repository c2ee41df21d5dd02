#include "labs/workspace/handout.h"

#include <fmt/core.h>

#include <algorithm>
#include <fstream>
#include <set>

namespace lockstep::labs {

namespace fs = std::filesystem;

namespace {

/// Folders whose sources are handed out as they are.
const std::vector<std::string> kFolders{
    "statemachine", "transport", "chaos",        "consensus/abd",  "labs/cli",    "labs/exercise",
    "labs/grading", "labs/node", "labs/outside", "labs/workspace", "labs/systems"};

/// Those that hold a solution.
const std::set<std::string> kKeptBack{"statemachine/sessions.cc", "statemachine/sessions.h"};

/// A system needs its protocol, which is a solution too; ABD is the example.
bool is_kept_back(const std::string& file) {
  return kKeptBack.contains(file) ||
         (file.starts_with("labs/systems/") && file.ends_with("_system.cc") &&
          !file.ends_with("/abd_system.cc"));
}

const std::vector<std::string> kFiles{"CMakeLists.txt",
                                      "CMakePresets.json",
                                      "LICENSE",
                                      "lockstep",
                                      "docs/packages.txt",
                                      "docs/faults.md",
                                      "docs/histories.md",
                                      "docs/traces.md",
                                      "docs/write-a-protocol.md",
                                      "docs/node-protocol.md",
                                      "docs/isolation.md",
                                      "docs/labs.md",
                                      "docs/grading.md",
                                      "docs/write-a-lab.md",
                                      "consensus/CMakeLists.txt",
                                      "consensus/asker.h",
                                      "consensus/failure_detector.h",
                                      "consensus/quorum.cc",
                                      "consensus/quorum.h",
                                      "consensus/replicated_log_monitor.cc",
                                      "consensus/replicated_log_monitor.h",
                                      "consensus/rounds.h",
                                      "consensus/single_writer_monitor.cc",
                                      "consensus/single_writer_monitor.h",
                                      "consensus/vocabulary.h",
                                      "labs/CMakeLists.txt",
                                      "labs/LockstepLab.cmake"};

/// What may lie in a source folder.
bool is_source(const fs::path& file) {
  static const std::set<std::string> kSuffixes{".h",   ".cc", ".proto", ".in",    ".cmake",
                                               ".txt", ".md", ".json",  ".jsonl", ".yaml"};
  return kSuffixes.contains(file.extension().string());
}

class Handout {
 public:
  Handout(fs::path source, fs::path out) : source_(std::move(source)), out_(std::move(out)) {}

  void copy(const std::string& file) {
    if (failure_ || is_kept_back(file)) return;
    std::error_code error;
    fs::create_directories((out_ / file).parent_path(), error);
    if (!error) fs::copy_file(source_ / file, out_ / file, error);
    if (error) failure_ = fmt::format("{}: cannot be handed out: {}", file, error.message());
  }

  void copy_sources(const std::string& folder) {
    std::vector<std::string> files;
    std::error_code error;
    for (const auto& entry : fs::recursive_directory_iterator(source_ / folder, error)) {
      if (entry.is_regular_file() && is_source(entry.path())) {
        files.push_back(entry.path().lexically_relative(source_).string());
      }
    }
    if (error) failure_ = fmt::format("{}: {}", folder, error.message());
    std::sort(files.begin(), files.end());
    for (const auto& file : files) copy(file);
  }

  /// A lab: what lies in its folder, its starter and its data, and what its handout.list names
  /// elsewhere in the tree. Mutants and private tests lie in folders of their own.
  void copy_lab(const std::string& lab) {
    const std::string folder = "labs/" + lab;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(source_ / folder, error)) {
      const std::string name = entry.path().filename().string();
      if (entry.is_regular_file() && is_source(entry.path())) copy(folder + "/" + name);
    }
    if (error) failure_ = fmt::format("{}: {}", folder, error.message());
    copy_folder(folder + "/starter");
    std::ifstream list(source_ / folder / "handout.list");
    for (std::string file; std::getline(list, file);) {
      if (!file.empty()) copy(file);
    }
  }

  void write_readme(const std::vector<std::string>& labs) {
    std::ifstream in(source_ / "labs/workspace/HANDOUT.md");
    std::string text(std::istreambuf_iterator<char>(in), {});
    std::string list;
    for (const auto& lab : labs) list += fmt::format("- [{0}](labs/{0}/README.md)\n", lab);
    const std::string mark = "LABS\n";
    if (const auto at = text.find(mark); at != std::string::npos)
      text.replace(at, mark.size(), list);
    if (!(std::ofstream(out_ / "README.md") << text)) failure_ = "README.md: cannot be written";
  }

  void write_list(const std::vector<std::string>& labs) {
    std::ofstream list(out_ / "labs/labs.list");
    for (const auto& lab : labs) list << lab << "\n";
    if (!list.flush()) failure_ = "labs/labs.list: cannot be written";
  }

  const std::optional<std::string>& failure() const { return failure_; }

 private:
  void copy_folder(const std::string& folder) {
    std::error_code error;
    for (const auto& entry : fs::recursive_directory_iterator(source_ / folder, error)) {
      if (entry.is_regular_file()) copy(entry.path().lexically_relative(source_).string());
    }
  }

  fs::path source_;
  fs::path out_;
  std::optional<std::string> failure_;
};

}  // namespace

std::optional<WorkspaceError> write_handout(const std::vector<std::string>& labs,
                                            const fs::path& out, const Toolchain& with) {
  if (auto problem = make_empty(out)) return problem;
  Handout handout(with.source, out);
  for (const auto& file : kFiles) handout.copy(file);
  for (const auto& folder : kFolders) handout.copy_sources(folder);
  for (const auto& lab : labs) handout.copy_lab(lab);
  handout.write_list(labs);
  handout.write_readme(labs);
  if (handout.failure()) return WorkspaceError{*handout.failure()};
  return std::nullopt;
}

}  // namespace lockstep::labs
