// Other programs, such as ninja and patch: run without a shell, so that no name of a file is ever
// read as anything else.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace lockstep::labs {

struct Command {
  std::vector<std::string> arguments;    ///< the program first, found as a shell finds it
  std::filesystem::path folder;          ///< to run it in; empty for the one that we stand in
  std::vector<std::string> environment;  ///< NAME=value, added to ours
};

struct CommandOutcome {
  /// Nothing if it could not be run, or if a signal ended it.
  std::optional<int> code;
  std::string output;  ///< of both streams, or why it did not run; empty if it was not captured
};

/// Runs it to its end and keeps what it prints.
CommandOutcome run_command(const Command& command);

/// The same with our own streams: it prints where we print.
CommandOutcome run_command_here(const Command& command);

/// Turns this process into that program, so that it has the terminal for itself. Comes back only if
/// it cannot be run.
void become_command(const Command& command);

}  // namespace lockstep::labs
