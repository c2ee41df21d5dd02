#include "labs/outside/lab_program.h"

#include <fmt/core.h>

#include <fstream>
#include <iterator>
#include <optional>
#include <set>

#include "labs/workspace/command.h"
#include "labs/workspace/replace_all.h"

namespace lockstep::labs {

namespace fs = std::filesystem;

namespace {

/// Our source tree once more, as links, with the lab in it: so its headers are found where those of
/// our labs are, and all commands find what they need of it.
class Tree {
 public:
  Tree(const LabFolder& folder, fs::path source)
      : folder_(folder), source_(std::move(source)), root_(folder.output() / "tree") {}

  std::optional<std::string> make() {
    std::error_code error;
    fs::create_directories(root_ / "labs", error);
    link_all(source_, root_, {"labs", "build"});
    link_all(source_ / "labs", root_ / "labs", {"labs.list", folder_.name});
    link(folder_.root, root_ / "labs" / folder_.name);
    write_list();
    return problem_;
  }

  const fs::path& root() const { return root_; }

 private:
  void link_all(const fs::path& from, const fs::path& to, const std::set<std::string>& but) {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(from, error)) {
      const std::string name = entry.path().filename().string();
      if (name.front() != '.' && !but.contains(name)) link(entry.path(), to / name);
    }
    if (error) problem_ = fmt::format("{}: {}", from.string(), error.message());
  }

  void link(const fs::path& target, const fs::path& name) {
    std::error_code error;
    if (fs::is_symlink(name, error) && fs::read_symlink(name, error) == target) return;
    fs::remove(name, error);
    fs::create_symlink(target, name, error);
    if (error) problem_ = fmt::format("{}: {}", name.string(), error.message());
  }

  /// Ours but for the one whose place it takes, and then this one; written only if it changes.
  void write_list() {
    std::string text;
    bool is_listed = false;
    std::ifstream ours(source_ / "labs" / "labs.list");
    for (std::string lab; std::getline(ours, lab);) {
      const bool is_this = lab == folder_.name || lab == folder_.replaces;
      if (is_this && is_listed) continue;
      text += (is_this ? folder_.name : lab) + "\n";
      is_listed = is_listed || is_this;
    }
    if (!is_listed) text += folder_.name + "\n";
    const fs::path file = root_ / "labs" / "labs.list";
    std::ifstream present(file);
    if (std::string(std::istreambuf_iterator<char>(present), {}) == text) return;
    if (!(std::ofstream(file) << text)) {
      problem_ = fmt::format("{}: cannot be written", file.string());
    }
  }

  const LabFolder& folder_;
  fs::path source_;
  fs::path root_;
  std::optional<std::string> problem_;
};

/// What a build printed, with the author's own names for the author's files.
std::string in_words_of(const LabFolder& folder, const Tree& tree, std::string output) {
  output = compiler_output(output);
  replace_all(output, (tree.root() / "labs" / folder.name).string(), folder.root.string());
  return output;
}

std::optional<std::string> write_script(const LabFolder& folder) {
  const fs::path file = folder.root / "lockstep";
  std::ofstream out(file);
  out << "#!/bin/sh\n"
         "# Written by `lockstep lab validate`: builds what changed of this lab, and runs the\n"
         "# program that has it.\n"
         "build=$(cd \"$(dirname \"$0\")\" && pwd)/.lockstep/build\n"
         "ninja -C \"$build\" >\"$build/build.log\" 2>&1 || { cat \"$build/build.log\" >&2; exit "
         "3; }\n"
         "exec \"$build/lockstep\" \"$@\"\n";
  out.close();
  std::error_code error;
  fs::permissions(file, fs::perms::owner_exec | fs::perms::group_exec | fs::perms::others_exec,
                  fs::perm_options::add, error);
  if (out && !error) return std::nullopt;
  return fmt::format("{}: cannot be written", file.string());
}

}  // namespace

std::variant<fs::path, NoProgram> build_lab_program(const LabFolder& folder,
                                                    const Toolchain& with) {
  const fs::path outside = with.rules.parent_path() / "outside.cmake";
  std::error_code error;
  if (!fs::exists(outside, error)) {
    return NoProgram{true, fmt::format("{}: is missing; call the lockstep of a build tree of the "
                                       "framework",
                                       outside.string())};
  }
  if (!folder.replaces.empty() && !fs::exists(with.source / "labs" / folder.replaces, error)) {
    return NoProgram{false,
                     fmt::format("{}: there is no lab {} to replace",
                                 (folder.root / "CMakeLists.txt").string(), folder.replaces)};
  }
  Tree tree(folder, with.source);
  if (const auto problem = tree.make()) return NoProgram{true, *problem};
  const fs::path build = folder.output() / "build";
  const Command configure{
      {"cmake", "-S", (with.source / "labs/outside/project").string(), "-B", build.string(), "-G",
       "Ninja", "-DLOCKSTEP_OUTSIDE=" + outside.string(), "-DLOCKSTEP_TREE=" + tree.root().string(),
       "-DLOCKSTEP_LAB=" + folder.name},
      {},
      {}};
  const auto failed = [&](const char* what, const CommandOutcome& outcome) {
    return NoProgram{!outcome.code, fmt::format("{}: {}\n{}", folder.root.string(), what,
                                                in_words_of(folder, tree, outcome.output))};
  };
  const CommandOutcome configured = run_command(configure);
  if (configured.code != 0) return failed("its CMakeLists.txt is refused", configured);
  const Command compile{{"ninja", "-C", build.string()}, {}, {std::string(kBuildStatus)}};
  const CommandOutcome built = run_command(compile);
  if (built.code != 0) return failed("the lab's tests do not build", built);
  if (const auto problem = write_script(folder)) return NoProgram{true, *problem};
  return build / "lockstep";
}

}  // namespace lockstep::labs
