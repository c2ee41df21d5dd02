// What the commands of `lockstep lab` share: which lab, which folder, and how to complain.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>

#include "labs/cli/commands.h"
#include "labs/exercise/lab.h"
#include "labs/workspace/workspace.h"

namespace lockstep::labs {

/// What a command is about, as the user named it.
struct LabTarget {
  std::string lab;
  std::string folder;

  void add_to(CLI::App& command, bool with_folder = true);
  /// What a user types for another command about the same: "lockstep lab VERB raft DIR".
  std::string command(const char* verb) const;
};

/// A lab and a student's folder for it.
struct OpenLab {
  const Lab* lab = nullptr;
  Workspace workspace;
};

/// Says what is wrong on standard error; gives the exit code for it.
int refuse_lab(const std::string& message);

/// The lab of this name; complains if there is none.
const Lab* require_lab(const std::string& name);

/// The lab and the folder that was named, or the one that we stand in, or the one beside us with
/// the lab's name; complains if it is not one of that lab.
std::optional<OpenLab> open_lab(const LabTarget& target);

/// Each in a file of its own.
void add_lab_test(CLI::App& lab, Action& action);
void add_lab_replay(CLI::App& lab, Action& action);
void add_lab_debug(CLI::App& lab, Action& action);
void add_lab_submit(CLI::App& lab, Action& action);
void add_lab_grade(CLI::App& lab, Action& action);
void add_lab_handout(CLI::App& lab, Action& action);
void add_lab_new(CLI::App& lab, Action& action);
void add_lab_validate(CLI::App& lab, Action& action);

}  // namespace lockstep::labs
