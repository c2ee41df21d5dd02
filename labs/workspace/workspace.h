// A student's folder: what it says of itself in lab.json, and how it is built.
//
// The folder is the student's own; ours is only .lockstep/ in it, which may be deleted at any time.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace lockstep::labs {

struct WorkspaceError {
  std::string message;  ///< names the file and what was expected
};

struct Workspace {
  std::filesystem::path root;
  std::string lab;
  std::string version;
  std::vector<std::string> sources;   ///< .cc files that are compiled, relative to the root
  std::vector<std::string> messages;  ///< .proto files
  std::vector<std::string> headers;   ///< all plain .h files beside them; nobody lists those
  std::vector<std::string> files;     ///< others that belong to it, such as answers

  /// All files that make a submission but for lab.json itself, sorted.
  std::vector<std::string> submitted() const;
  /// Where build results are.
  std::filesystem::path output() const { return root / ".lockstep"; }
  std::filesystem::path node_module() const { return output() / (lab + "_node.so"); }
  std::filesystem::path suite_program() const { return output() / (lab + "_test"); }
};

/// Reads and checks DIR/lab.json: plain names of existing files inside the folder. "files" may be
/// missing.
std::variant<Workspace, WorkspaceError> open_workspace(const std::filesystem::path& root);

/// Where what students' folders are built with was built itself.
struct Toolchain {
  std::filesystem::path rules;   ///< toolchain.ninja
  std::filesystem::path source;  ///< the project's own root, with labs/
};

/// That of this program; the environment's LOCKSTEP_TOOLCHAIN and LOCKSTEP_ROOT stand above it.
Toolchain toolchain();

/// Writes the build file. Its text depends on the folder's lab.json alone.
std::optional<WorkspaceError> write_build_file(const Workspace& workspace, const Toolchain& with);

struct BuildResult {
  bool succeeded = false;
  std::string output;  ///< of the compiler, if it failed or warned
};

/// Builds what changed of the program that runs the tests, here and uncaged: for a student's own
/// machine.
BuildResult build_suite_program(const Workspace& workspace, const Toolchain& with);

/// What ninja has to be told, as NAME=value, for compiler_output() to know its lines.
inline constexpr std::string_view kBuildStatus = "NINJA_STATUS=lockstep: [%f/%t] ";

/// What a build printed, without the lines in which ninja says what it does.
std::string compiler_output(const std::string& output);

/// True if there is a file that is no link to something else, which somebody may have left there.
bool is_plain_file(const std::filesystem::path& file);

/// A folder to write to: makes it, or makes sure that it is empty.
std::optional<WorkspaceError> make_empty(const std::filesystem::path& folder);

/// Copies the lab's starter to an empty or new folder.
std::optional<WorkspaceError> start_workspace(const std::string& lab,
                                              const std::filesystem::path& root,
                                              const Toolchain& with);

}  // namespace lockstep::labs
