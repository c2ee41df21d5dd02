// One test, one seed, one execution: from a lab's test and a place for nodes to a finding.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>

#include "labs/exercise/lab.h"

namespace lockstep::labs {

/// Where and how a test is executed; never changes what it finds.
struct Execution {
  transport::HostFactory host;
  chaos::Attach attach;  ///< for recorders and digests; may be empty
  bool keeps_log = false;
  /// Hear what the run of a property came to, and what a script does to the network.
  std::function<void(const chaos::RunResult&)> on_result;
  std::function<void(const std::string&)> on_deed;
  /// The student's, for answers that are files in it.
  std::filesystem::path folder = ".";
};

/// Runs a test to its finding. What a node's process did wrong becomes a finding too; only what is
/// our own failure is thrown.
Finding run_test(const Lab& lab, const LabTest& test, std::uint64_t seed,
                 const Execution& execution);

/// The run that a property makes of a seed, complete. Requires: the test's body is a Property.
chaos::RunSpec spec_of(const Lab& lab, const LabTest& test, std::uint64_t seed);

/// The same judgement for any run, such as a smaller one.
Finding run_spec(const chaos::RunSpec& spec, const Execution& execution);

}  // namespace lockstep::labs
