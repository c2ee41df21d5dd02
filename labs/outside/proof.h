// Whether a lab does what a lab must: what students begin with earns nothing and is told why, the
// solution gets full marks whatever the key, each known bug loses points where it should, and each
// test has a bug that it catches. All judged by the referee, since that is what counts.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "labs/exercise/lab.h"
#include "labs/outside/known_bug.h"
#include "labs/outside/lab_folder.h"

namespace lockstep::labs {

struct ProofOptions {
  std::uint32_t keys = 3;  ///< beside the seeds that everybody knows
  int required_isolation = 0;
  std::string only_bug;  ///< try this one alone; empty for all
  /// Told in a few words what is done next.
  std::function<void(const std::string&)> progress;
};

struct BugProof {
  KnownBug bug;
  std::vector<std::string> failing;  ///< full names of the tests that catch it, with every key
  std::uint32_t lost = 0;            ///< points
  bool is_tried = false;
};

struct Proof {
  std::string lab;
  std::string version;
  std::vector<std::string> tests;  ///< full names
  std::string isolation;           ///< of the gradings
  std::uint32_t points = 0;
  std::string starter_says;  ///< the starter's first failure, in a line
  std::uint32_t keys = 0;    ///< with which the solution got full marks
  std::vector<BugProof> bugs;
  std::vector<std::string> problems;  ///< what is not so; each names the file or test
  std::vector<std::string> warnings;
  std::string infrastructure;  ///< why there is no answer

  bool is_proven() const { return problems.empty() && infrastructure.empty(); }
};

/// Proves a lab of this program. Requires: it is the folder's lab.
Proof prove(const Lab& lab, const LabFolder& folder, const Toolchain& with,
            const ProofOptions& options);

/// For people: what was proven, and the table of bugs and tests. Ends in a line end.
std::string to_text(const Proof& proof);

/// The same for programs.
std::string to_json(const Proof& proof);

}  // namespace lockstep::labs
