// `lockstep lab`: exercises for students, from the first file to the score.
#include "labs/cli/lab_command.h"

#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>

#include "chaos/run_description.h"

namespace lockstep::labs {

namespace fs = std::filesystem;

namespace {

constexpr int kUsage = 2;
constexpr int kInfrastructure = 3;

/// The folder that was named, the one that we stand in, or the one beside us with the lab's name.
fs::path folder_of(const LabTarget& target) {
  if (!target.folder.empty()) return target.folder;
  return fs::exists("lab.json") ? fs::path(".") : fs::path(target.lab);
}

struct LabCommand {
  LabTarget target;
};

/// "160", or "160+30" if some of them come on top.
std::string points_of(const Lab& lab) {
  const auto optional = lab.optional_points();
  return fmt::format("{}{}", lab.points(), optional == 0 ? "" : fmt::format("+{}", optional));
}

int list() {
  fmt::print("{:<14} {:>6}  {}\n", "lab", "points", "what it is about");
  for (const auto& lab : all_labs()) {
    fmt::print("{:<14} {:>6}  {}\n", lab.name, points_of(lab), lab.title);
  }
  fmt::print("\n`lockstep lab show LAB` says more, `lockstep lab start LAB` begins one.\n");
  return 0;
}

int show(const LabCommand& command) {
  const Lab* lab = require_lab(command.target.lab);
  if (lab == nullptr) return kUsage;
  fmt::print("{}: {}\n\n", lab->name, lab->title);
  for (const auto& part : lab->parts) {
    fmt::print("{}  {} ({} points{}, {} hours)\n", part.id, part.title, lab->points(part.id),
               part.is_optional ? " on top: optional" : "", part.hours);
    for (const auto& test : lab->tests) {
      if (test.part != part.id) continue;
      fmt::print("   {:<34} {:>3}  {}\n", full_name(test), test.points, test.promise);
    }
  }
  const auto optional = lab->optional_points();
  fmt::print("\n{} points in all{}. Begin with: lockstep lab start {}\n", lab->points(),
             optional == 0 ? "" : fmt::format(", and {} on top", optional), lab->name);
  return 0;
}

int start(const LabCommand& command) {
  const Lab* lab = require_lab(command.target.lab);
  if (lab == nullptr) return kUsage;
  const fs::path folder =
      command.target.folder.empty() ? fs::path(lab->name) : fs::path(command.target.folder);
  if (const auto error = start_workspace(lab->name, folder, toolchain())) {
    return refuse_lab(error->message);
  }
  fmt::print("{} is yours now. Read {}, then:\n  lockstep lab test {} {}\n", folder.string(),
             (folder / "README.md").string(), lab->name, folder.string());
  return 0;
}

}  // namespace

void LabTarget::add_to(CLI::App& command, bool with_folder) {
  command.add_option("lab", lab, "See `lockstep lab list`")->required();
  if (with_folder) command.add_option("folder", folder, "Your folder (default: this one, or LAB)");
}

std::string LabTarget::command(const char* verb) const {
  return fmt::format("lockstep lab {} {}{}{}", verb, lab, folder.empty() ? "" : " ", folder);
}

int refuse_lab(const std::string& message) {
  fmt::print(stderr, "lockstep lab: {}\n", message);
  return kUsage;
}

const Lab* require_lab(const std::string& name) {
  const Lab* lab = find_lab(name);
  if (lab != nullptr) return lab;
  std::vector<std::string> known;
  for (const auto& each : all_labs()) known.push_back(each.name);
  refuse_lab(fmt::format("there is no lab \"{}\"{}", name, chaos::did_you_mean(name, known)));
  return nullptr;
}

std::optional<OpenLab> open_lab(const LabTarget& target) {
  OpenLab open;
  open.lab = require_lab(target.lab);
  if (open.lab == nullptr) return std::nullopt;
  auto opened = open_workspace(folder_of(target));
  if (const auto* error = std::get_if<WorkspaceError>(&opened)) {
    refuse_lab(error->message);
    return std::nullopt;
  }
  open.workspace = std::move(std::get<Workspace>(opened));
  if (open.workspace.lab == target.lab) return open;
  refuse_lab(fmt::format("{} holds the lab {}, not {}", open.workspace.root.string(),
                         open.workspace.lab, target.lab));
  return std::nullopt;
}

void add_lab(CLI::App& app, Action& action) {
  auto* lab = app.add_subcommand("lab", "Graded exercises: start, test and grade them");
  lab->require_subcommand(1);
  auto command = std::make_shared<LabCommand>();
  const auto add = [&](const char* name, const char* help, int (*run)(const LabCommand&),
                       bool with_folder) {
    auto* sub = lab->add_subcommand(name, help);
    command->target.add_to(*sub, with_folder);
    sub->callback([command, run, &action] { action = [command, run] { return run(*command); }; });
    return sub;
  };
  lab->add_subcommand("list", "All labs, with their points")->callback([&action] {
    action = list;
  });
  add("show", "The parts and tests of a lab", show, false);
  add("start", "Make a folder of your own to work in", start, true);
  add_lab_test(*lab, action);
  add_lab_replay(*lab, action);
  add_lab_debug(*lab, action);
  add_lab_submit(*lab, action);
  add_lab_grade(*lab, action);
  add_lab_handout(*lab, action);
  add_lab_new(*lab, action);
  add_lab_validate(*lab, action);
  lab->footer(
      "Examples:\n"
      "  lockstep lab start raft\n"
      "  lockstep lab test raft\n"
      "  lockstep lab test raft --test A.first_leader --seed 7\n"
      "  lockstep lab test raft --test A.first_leader --hint\n"
      "  lockstep lab grade raft");
}

}  // namespace lockstep::labs
