// The flags that say what to run; `run` and `replay` share them.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "chaos/run_description.h"

namespace lockstep::labs {

/// Why a command line cannot be carried out. Its message names the flag or file, and what was
/// expected.
struct UsageError {
  std::string message;
};

struct RunOptions {
  std::string system;
  std::uint32_t nodes = 5;
  std::uint32_t clients = 4;
  std::uint64_t operations = 2000;
  std::string workload;
  std::uint32_t keys = 8;
  std::uint32_t reads = 50;
  std::uint32_t value_bytes = 12;
  std::string think;
  bool skewed = false;
  bool open_loop = false;
  std::string faults = "swarm";
  bool beyond_promise = false;
  std::string promise = "own";
  std::vector<std::string> options;
  bool default_options = false;
  bool wire = false;
  bool check = false;
  bool child_processes = false;
  std::string node_command;  ///< of nodes in any language; empty if they are the system's own

  /// Adds all flags but the system and the seed to a command.
  void add_to(CLI::App& command);

  /// The run with this seed, checked in every part.
  std::variant<chaos::RunSpec, UsageError> resolve(std::uint64_t seed) const;
};

/// The contents of a file, or an error that names it.
std::variant<std::string, UsageError> read_file(const std::string& path);

}  // namespace lockstep::labs
