// The test program of a student's folder: built, and run with arguments.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "labs/cli/lab_command.h"

namespace lockstep::labs {

/// Opens the folder and builds its test program; complains about what is wrong.
std::optional<OpenLab> build_suite(const LabTarget& target);

/// Runs a program and waits until it ends. Gives its exit code; nothing if it cannot be run, which
/// is then said on standard error.
std::optional<int> run_program(const std::vector<std::string>& arguments);

/// Turns this process into a program, so that it has the terminal for itself. Comes back only if it
/// cannot be run, and says so.
int become_program(const std::vector<std::string>& arguments);

/// What to say where there is no test of this name.
std::string no_test(const Lab& lab, const std::string& name);

/// The test of this name; complains if there is none.
const LabTest* require_test(const Lab& lab, const std::string& name);

/// One run of one test, as the commands that show a run take it.
struct LabRun {
  LabTarget target;
  std::string test;
  std::uint64_t seed = 1;
  bool small = false;

  void add_to(CLI::App& command);
  /// What a user types for `verb`: "lockstep lab VERB raft A.first_leader DIR --seed 7".
  std::string command(const char* verb, const LabTest& of) const;
};

}  // namespace lockstep::labs
