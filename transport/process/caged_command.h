// One program that nobody trusts, run once in a cage: the compiler on a submission's files, say. It
// may start others; when this returns, none of them is left.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "transport/process/isolation.h"

namespace lockstep::transport {

struct CommandLimits {
  std::chrono::seconds cpu{60};             ///< of each process
  std::chrono::milliseconds wall{300'000};  ///< of all together
  std::uint64_t memory_bytes = 2ull << 30;  ///< address space of each process; 0 is no limit
  std::uint64_t file_bytes = 256u << 20;    ///< of each file
  std::uint64_t output_bytes = 1u << 20;    ///< on the standard outputs together
  std::uint32_t processes = 32;             ///< threads included
};

struct CagedCommand {
  std::vector<std::string> command;      ///< with the program's absolute path
  std::vector<std::string> environment;  ///< all of it, as NAME=value
  std::vector<std::string> readable;     ///< files and folders, to be executed as well
  std::string writable;  ///< where it begins: a folder, which becomes the cage's own
  CommandLimits limits;
  int required_level = 0;
  std::string cage_program = {};  ///< default_cage_program() if empty
};

struct CommandResult {
  enum class Limit : std::uint8_t { None, CpuTime, WallTime, FileSize, Output };

  int exit_code = 0;  ///< 128 and the signal's number if that ended it
  int signal = 0;     ///< 0 if it exited
  Limit limit = Limit::None;
  std::chrono::microseconds cpu{};
  std::uint64_t peak_kilobytes = 0;
  std::string output;  ///< untrusted bytes, cut off at the limit
  Isolation isolation;

  bool succeeded() const { return exit_code == 0 && limit == Limit::None; }
};

/// Such as "CPU time"; empty for none.
std::string_view name_of(CommandResult::Limit limit);

/// Runs the command, or says what is wrong with this machine. A process that wants more memory or
/// more processes than it may have is refused them, and fails as it sees fit.
std::variant<CommandResult, std::string> run_caged(const CagedCommand& command);

}  // namespace lockstep::transport
