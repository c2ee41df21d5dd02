#include "labs/grading/caged_build.h"

#include <fmt/core.h>

#include <filesystem>
#include <fstream>

#include "transport/process/caged_command.h"

namespace lockstep::labs {

namespace fs = std::filesystem;
using transport::CommandResult;

namespace {

/// What a compiler needs of any system.
const std::vector<std::string> kSystem{
    "/usr", "/bin", "/lib", "/lib64", "/etc/ld.so.cache", "/etc/alternatives"};

/// What it needs of ours, a path per line; CMake writes it beside the rules.
std::vector<std::string> readable_paths(const Toolchain& with) {
  std::vector<std::string> paths;
  for (const auto& path : kSystem) {
    if (fs::exists(path)) paths.push_back(path);
  }
  fs::path list = with.rules;
  std::ifstream in(list.replace_extension(".readable"));
  for (std::string path; std::getline(in, path);) {
    if (!path.empty()) paths.push_back(path);
  }
  return paths;
}

std::string limit_story(const CommandResult& result) {
  if (result.limit == CommandResult::Limit::None) return {};
  return fmt::format("the build was ended: it reached its limit of {}\n", name_of(result.limit));
}

}  // namespace

std::variant<BuildResult, std::string> build_caged(const Workspace& copy, const Toolchain& with,
                                                   int required_isolation) {
  if (const auto error = write_build_file(copy, with)) return error->message;
  std::error_code error;
  const fs::path scratch = copy.output() / "scratch";
  fs::create_directories(scratch, error);
  // The cage has a user of its own, and only the root of the copy becomes that user's.
  for (const auto& folder : {copy.output(), copy.output() / "generated", scratch}) {
    fs::permissions(folder, fs::perms::all, error);
  }
  transport::CagedCommand command;
  command.command = {"/usr/bin/ninja", "-f", ".lockstep/build.ninja",
                     fmt::format(".lockstep/{}_node.so", copy.lab)};
  command.environment = {"PATH=/usr/bin:/bin", "TMPDIR=" + scratch.string(), "LC_ALL=C.UTF-8",
                         std::string(kBuildStatus)};
  command.readable = readable_paths(with);
  command.writable = copy.root.string();
  command.required_level = required_isolation;
  auto ran = transport::run_caged(command);
  if (auto* problem = std::get_if<std::string>(&ran)) return *problem;
  const auto& result = std::get<CommandResult>(ran);
  return BuildResult{result.succeeded(), limit_story(result) + compiler_output(result.output)};
}

}  // namespace lockstep::labs
