// `lockstep lab`: exercises for students, from the first file to the score.
#include <fmt/core.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>

#include "chaos/run_description.h"
#include "labs/cli/commands.h"
#include "labs/exercise/lab.h"
#include "labs/workspace/workspace.h"

namespace lockstep::labs {

namespace fs = std::filesystem;

namespace {

constexpr int kUsage = 2;
constexpr int kInfrastructure = 3;

struct LabCommand {
  std::string lab;
  std::string folder;
  std::vector<std::string> tests;
  std::uint64_t seed = 0;
  std::uint64_t seeds = 0;
  bool hint = false;
  std::vector<std::string> rest;
};

int refuse(const std::string& message) {
  fmt::print(stderr, "lockstep lab: {}\n", message);
  return kUsage;
}

const Lab* find_or_complain(const std::string& name) {
  const Lab* lab = find_lab(name);
  if (lab != nullptr) return lab;
  std::vector<std::string> known;
  for (const auto& each : all_labs()) known.push_back(each.name);
  refuse(fmt::format("there is no lab \"{}\"{}", name, chaos::did_you_mean(name, known)));
  return nullptr;
}

/// The folder that was named, the one that we stand in, or the one beside us with the lab's name.
fs::path folder_of(const LabCommand& command) {
  if (!command.folder.empty()) return command.folder;
  const bool stands_inside = fs::exists("lab.json");
  return stands_inside ? fs::path(".") : fs::path(command.lab);
}

int list() {
  fmt::print("{:<14} {:>6}  {}\n", "lab", "points", "what it is about");
  for (const auto& lab : all_labs()) {
    fmt::print("{:<14} {:>6}  {}\n", lab.name, lab.points(), lab.title);
  }
  fmt::print("\n`lockstep lab show LAB` says more, `lockstep lab start LAB` begins one.\n");
  return 0;
}

int show(const LabCommand& command) {
  const Lab* lab = find_or_complain(command.lab);
  if (lab == nullptr) return kUsage;
  fmt::print("{}: {}\n\n", lab->name, lab->title);
  for (const auto& part : lab->parts) {
    fmt::print("{}  {} ({} points, {} hours)\n", part.id, part.title, lab->points(part.id),
               part.hours);
    for (const auto& test : lab->tests) {
      if (test.part != part.id) continue;
      fmt::print("   {:<34} {:>3}  {}\n", full_name(test), test.points, test.promise);
    }
  }
  fmt::print("\n{} points in all. Begin with: lockstep lab start {}\n", lab->points(), lab->name);
  return 0;
}

int start(const LabCommand& command) {
  const Lab* lab = find_or_complain(command.lab);
  if (lab == nullptr) return kUsage;
  const fs::path folder = command.folder.empty() ? fs::path(lab->name) : fs::path(command.folder);
  if (const auto error = start_workspace(lab->name, folder, toolchain())) {
    return refuse(error->message);
  }
  fmt::print("{} is yours now. Read {}, then:\n  lockstep lab test {} {}\n", folder.string(),
             (folder / "README.md").string(), lab->name, folder.string());
  return 0;
}

/// The folder of a lab, with everything checked.
std::variant<Workspace, WorkspaceError> workspace_of(const LabCommand& command) {
  auto opened = open_workspace(folder_of(command));
  if (const auto* workspace = std::get_if<Workspace>(&opened)) {
    if (workspace->lab != command.lab) {
      return WorkspaceError{fmt::format("{} holds the lab {}, not {}",
                                        workspace->root.string(), workspace->lab, command.lab)};
    }
  }
  return opened;
}

int test(const LabCommand& command) {
  const Lab* lab = find_or_complain(command.lab);
  if (lab == nullptr) return kUsage;
  for (const auto& name : command.tests) {
    if (lab->find(name) != nullptr || name.find('*') != std::string::npos) continue;
    return refuse(fmt::format("--test {}: no such test; `lockstep lab show {}` lists them", name,
                              lab->name));
  }
  const auto opened = workspace_of(command);
  if (const auto* error = std::get_if<WorkspaceError>(&opened)) return refuse(error->message);
  const auto& workspace = std::get<Workspace>(opened);
  const auto built = build(workspace, toolchain(), Product::Suite);
  fmt::print(stderr, "{}", built.output);
  if (!built.succeeded) return refuse("your files do not build, see above");
  const std::string program = workspace.suite_program();
  const std::string where = command.folder.empty() ? "" : " " + command.folder;
  std::vector<std::string> arguments{
      program, "--command", fmt::format("lockstep lab test {}{}", lab->name, where)};
  const auto add = [&](const char* name, std::uint64_t value) {
    if (value == 0) return;
    arguments.push_back(fmt::format("{}={}", name, value));
  };
  add("--seed", command.seed);
  add("--seeds", command.seeds);
  add("--hints", command.hint ? 1 : 0);
  std::string filter;
  for (const auto& name : command.tests) {
    const LabTest* found = lab->find(name);
    filter += (filter.empty() ? "" : ",") + (found != nullptr ? full_name(*found) : name);
  }
  if (!filter.empty()) arguments.push_back("--test-case=" + filter);
  arguments.insert(arguments.end(), command.rest.begin(), command.rest.end());
  std::vector<char*> argv;
  for (auto& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  std::fflush(stdout);
  execv(program.c_str(), argv.data());
  fmt::print(stderr, "lockstep lab: {} cannot be run\n", program);
  return kInfrastructure;
}

void name_lab(CLI::App& app, LabCommand& command, bool with_folder) {
  app.add_option("lab", command.lab, "See `lockstep lab list`")->required();
  if (with_folder) app.add_option("folder", command.folder, "Your folder (default: LAB, or here)");
}

}  // namespace

void add_lab(CLI::App& app, Action& action) {
  auto* lab = app.add_subcommand("lab", "Graded exercises: start, test and grade them");
  lab->require_subcommand(1);
  auto command = std::make_shared<LabCommand>();
  const auto add = [&](const char* name, const char* help, int (*run)(const LabCommand&),
                       bool with_folder) {
    auto* sub = lab->add_subcommand(name, help);
    name_lab(*sub, *command, with_folder);
    sub->callback([command, run, &action] { action = [command, run] { return run(*command); }; });
    return sub;
  };
  lab->add_subcommand("list", "All labs, with their points")->callback([&action] {
    action = list;
  });
  add("show", "The parts and tests of a lab", show, false);
  add("start", "Make a folder of your own to work in", start, true);
  auto* tests = add("test", "Build what changed and run the lab's tests", test, true);
  tests->add_option("-t,--test", command->tests, "Only this test, such as A.first_leader")
      ->allow_extra_args(false);
  tests->add_option("--seed", command->seed, "Only this seed")->check(CLI::PositiveNumber);
  tests->add_option("--seeds", command->seeds, "So many seeds of each test")
      ->check(CLI::PositiveNumber);
  tests->add_flag("--hint", command->hint, "Show the next hint for what fails");
  tests->add_option("arguments", command->rest, "After --: for the test program (doctest)");
  lab->footer(
      "Examples:\n"
      "  lockstep lab start raft\n"
      "  lockstep lab test raft\n"
      "  lockstep lab test raft --test A.first_leader --seed 7\n"
      "  lockstep lab test raft --test A.first_leader --hint");
}

}  // namespace lockstep::labs
