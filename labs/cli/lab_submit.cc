// `lockstep lab submit`: packs the files of a lab, after it has proved that they build from nothing
// else, and shows what the grader will see.
#include <fmt/core.h>

#include <algorithm>
#include <filesystem>
#include <memory>

#include "labs/cli/lab_suite.h"
#include "labs/grading/submission.h"

namespace lockstep::labs {

namespace fs = std::filesystem;

namespace {

constexpr int kUsage = 2;
constexpr int kInfrastructure = 3;

struct SubmitCommand {
  LabTarget target;
  std::string out;
};

std::vector<std::string> names_of(const Workspace& workspace) {
  auto names = workspace.submitted();
  names.insert(std::upper_bound(names.begin(), names.end(), "lab.json"), "lab.json");
  return names;
}

/// Prints what there is; gives the bytes.
std::uintmax_t show_files(const Workspace& workspace, const std::vector<std::string>& names) {
  std::uintmax_t all = 0;
  for (const auto& name : names) {
    std::error_code error;
    const auto bytes = fs::file_size(workspace.root / name, error);
    fmt::print("  {:<32} {:>9} bytes\n", name, error ? 0 : bytes);
    all += error ? 0 : bytes;
  }
  fmt::print("  {:<32} {:>9} bytes\n", fmt::format("{} files", names.size()), all);
  return all;
}

/// Files that stand there and stay at home: a source that somebody forgot to list.
void show_left_behind(const Workspace& workspace, const std::vector<std::string>& names) {
  std::vector<std::string> left;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(workspace.root, error)) {
    const std::string name = entry.path().filename().string();
    const bool is_code = name.ends_with(".cc") || name.ends_with(".proto") ||
                         name.ends_with(".cpp") || name.ends_with(".hpp");
    if (is_code && std::find(names.begin(), names.end(), name) == names.end()) left.push_back(name);
  }
  std::sort(left.begin(), left.end());
  for (const auto& name : left) {
    fmt::print("  {:<32} is not listed in lab.json, and stays behind\n", name);
  }
}

/// Equal files make an equal archive, whenever and by whomever it is packed.
bool pack(const Workspace& workspace, const std::vector<std::string>& names,
          const std::string& out) {
  std::vector<std::string> arguments{
      "tar",       "--create",  "--gzip",          "--mtime=@0",
      "--owner=0", "--group=0", "--numeric-owner", "--mode=0644",
      "--file",    out,         "--directory",     workspace.root.string(),
      "--"};
  arguments.insert(arguments.end(), names.begin(), names.end());
  return run_program(arguments) == 0;
}

int submit(const SubmitCommand& command) {
  const auto open = open_lab(command.target);
  if (!open) return kUsage;
  const auto& [lab, workspace] = *open;
  const auto names = names_of(workspace);
  const std::string out = command.out.empty() ? lab->name + ".tar.gz" : command.out;
  fmt::print("{}, version {}, from {}:\n", lab->name, workspace.version, workspace.root.string());
  const auto bytes = show_files(workspace, names);
  show_left_behind(workspace, names);
  if (bytes > kSubmissionBytesMax) {
    return refuse_lab(
        fmt::format("these are {} bytes; a submission has at most {}", bytes, kSubmissionBytesMax));
  }
  std::fflush(stdout);
  const BuiltSubmission built(*lab, workspace, toolchain(), 0);
  if (!built.problem().empty()) {
    fmt::print(stderr, "lockstep lab: {}\n", built.problem());
    return kInfrastructure;
  }
  fmt::print(stderr, "{}", built.output());
  if (!built.is_built()) {
    return refuse_lab("these files alone do not build, see above; nothing was packed");
  }
  if (!pack(workspace, names, out)) {
    fmt::print(stderr, "lockstep lab: {} cannot be packed\n", out);
    return kInfrastructure;
  }
  fmt::print("They build from an empty folder.\nSHA-256 of names and contents: {}\nPacked: {}\n",
             built.digest(), out);
  return 0;
}

}  // namespace

void add_lab_submit(CLI::App& lab, Action& action) {
  auto* sub = lab.add_subcommand("submit", "Pack your files, and see what the grader will see");
  auto command = std::make_shared<SubmitCommand>();
  command->target.add_to(*sub);
  sub->add_option("--out", command->out, "The archive to write (default: LAB.tar.gz)");
  sub->footer(
      "Example:\n"
      "  lockstep lab submit raft --out raft.tar.gz");
  sub->callback([command, &action] { action = [command] { return submit(*command); }; });
}

}  // namespace lockstep::labs
