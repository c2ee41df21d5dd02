// One call of a program under test: what it printed, how it ended, what it cost.
#pragma once

#include <chrono>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

namespace lockstep::mutants {

struct Ended {
  int code = 0;        ///< exit code; 128 + the signal if one ended it
  std::string output;  ///< standard output
  std::chrono::milliseconds cpu{};
};

/// Runs a program to its end; its standard error is discarded. Throws std::runtime_error if it
/// cannot be started.
Ended run_program(const std::string& program, const std::vector<std::string>& arguments);

/// A seed that was wrong or stuck.
struct Kill {
  std::uint64_t seed = 0;
  std::string judgement;
  std::string detector;
  std::string story;
  std::uint64_t event = 0;
};

/// What `lockstep run SYSTEM --seeds ... --json` said.
struct Seeds {
  std::uint64_t run = 0;
  std::vector<Kill> kills;
  std::uint64_t invalid = 0;
  std::uint64_t unknown = 0;
  std::optional<std::string> crash;  ///< a worker process died: what and at which seed
  std::chrono::milliseconds cpu{};
};

/// Runs many seeds in one worker process and reads the outcome. Throws std::runtime_error if the
/// program refuses its arguments or prints no JSON.
Seeds run_seeds(const std::string& program, const std::string& system,
                std::vector<std::string> arguments, bool stop_at_first);

}  // namespace lockstep::mutants
