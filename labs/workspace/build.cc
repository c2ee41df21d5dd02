#include <fmt/core.h>

#include <fstream>
#include <sstream>

#include "labs/workspace/command.h"
#include "labs/workspace/workspace.h"

namespace lockstep::labs {

namespace fs = std::filesystem;

namespace {

std::string stem(const std::string& file) { return file.substr(0, file.rfind('.')); }

std::string generated(const std::string& proto, const char* suffix) {
  return "$generated/" + stem(proto) + suffix;
}

/// All headers that a message file becomes: what a source may include.
std::string message_headers(const Workspace& workspace) {
  std::string all;
  for (const auto& proto : workspace.messages) {
    all += " " + generated(proto, ".pb.h") + " " + generated(proto, ".messages.h");
  }
  return all;
}

std::string messages(const Workspace& workspace) {
  std::string text;
  for (const auto& proto : workspace.messages) {
    std::string outputs;
    for (const char* suffix : {".pb.h", ".pb.cc", ".messages.h", ".messages.cc", ".descriptors"}) {
      outputs += " " + generated(proto, suffix);
    }
    text += fmt::format("build{}: messages {} | $generator\n  stem = {}\n", outputs, proto,
                        stem(proto));
  }
  return text;
}

std::string text_of(const Workspace& workspace, const Toolchain& with) {
  std::string text = fmt::format("include {}\nbuilddir = .lockstep\n", with.rules.string());
  text += messages(workspace);
  std::string objects;
  for (const auto& source : workspace.sources) {
    const std::string object = fmt::format(".lockstep/{}.o", stem(source));
    text += fmt::format("build {}: compile {} ||{}\n", object, source, message_headers(workspace));
    objects += " " + object;
  }
  for (const auto& proto : workspace.messages) {
    for (const char* part : {".pb", ".messages"}) {
      const std::string object = fmt::format(".lockstep/{}{}.o", stem(proto), part);
      text += fmt::format("build {}: compile_generated {}\n", object,
                          generated(proto, (std::string(part) + ".cc").c_str()));
      objects += " " + object;
    }
  }
  text += fmt::format("build .lockstep/{}_node.so: link_module{} $node_main | node_libraries\n",
                      workspace.lab, objects);
  return text + fmt::format(
                    "build .lockstep/{}_test: link{} $suite_main | suite_libraries\n"
                    "  libraries = $suite_libraries\n",
                    workspace.lab, objects);
}

}  // namespace

std::string compiler_output(const std::string& output) {
  std::string kept;
  std::istringstream lines(output);
  for (std::string line; std::getline(lines, line);) {
    if (line.rfind("lockstep: [", 0) == 0 || line.rfind("ninja: build stopped", 0) == 0 ||
        line.rfind("ninja: Entering", 0) == 0 || line.rfind("ninja: no work", 0) == 0 ||
        line.rfind("FAILED: ", 0) == 0 || line.find(" -MF ") != std::string::npos) {
      continue;
    }
    kept += line + "\n";
  }
  return kept;
}

std::optional<WorkspaceError> write_build_file(const Workspace& workspace, const Toolchain& with) {
  std::error_code error;
  if (!fs::exists(with.rules, error)) {
    return WorkspaceError{
        fmt::format("{}: is missing; build it with `ninja lab_toolchain`", with.rules.string())};
  }
  fs::create_directories(workspace.output() / "generated", error);
  const fs::path file = workspace.output() / "build.ninja";
  const std::string text = text_of(workspace, with);
  std::ifstream present(file);
  if (present && std::string(std::istreambuf_iterator<char>(present), {}) == text) return {};
  if (std::ofstream(file) << text) return {};
  return WorkspaceError{fmt::format("{}: cannot be written", file.string())};
}

BuildResult build_suite_program(const Workspace& workspace, const Toolchain& with) {
  if (const auto error = write_build_file(workspace, with)) return {false, error->message};
  Command ninja{
      {"ninja", "-f", ".lockstep/build.ninja"}, workspace.root, {std::string(kBuildStatus)}};
  Command program = ninja;
  program.arguments.push_back(".lockstep/" + workspace.lab + "_test");
  const CommandOutcome built = run_command(program);
  ninja.arguments.insert(ninja.arguments.end(), {"-t", "compdb", "compile"});
  std::ofstream(workspace.root / "compile_commands.json") << run_command(ninja).output;
  return {built.code == 0, compiler_output(built.output)};
}

}  // namespace lockstep::labs
