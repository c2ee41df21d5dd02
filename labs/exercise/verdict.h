// What can be said of a submission under one test, in words that are never mixed up: wrong is not
// stuck, and what went wrong on our side costs nobody points.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "transport/time.h"

namespace lockstep::labs {

enum class Verdict : std::uint8_t {
  Pass,
  Wrong,             ///< a promise was broken
  Stuck,             ///< nothing is broken any more, and yet nothing happens
  Crash,             ///< a node's process ended by itself
  Time,              ///< a node used up its CPU time
  Memory,            ///< a node used up its memory
  Output,            ///< the nodes printed too much
  Processes,         ///< a node tried to make processes or threads beyond its limit
  Nondeterministic,  ///< the same seed gave two different runs
  Protocol,          ///< what a node sent is no answer, or no message of the protocol
  BuildRejected,     ///< the submission does not compile, or not within its limits
  Infrastructure,    ///< our failure: costs no points, is graded again
};

/// Such as "wrong".
std::string_view name_of(Verdict verdict);

/// True if it is the submission's failure.
bool costs_points(Verdict verdict);

/// What one execution of one test said.
struct Finding {
  Verdict verdict = Verdict::Pass;
  std::string rule;      ///< who found it: a monitor's rule, "linearizability", "expectation" ...
  std::string promised;  ///< what the rule says; empty where the test's own promise says it all
  std::string happened;  ///< in one paragraph or a few lines
  std::string expected;  ///< with `actual`, where two values can be put side by side
  std::string actual;
  std::string source;       ///< of the rule: paper and section
  std::uint64_t event = 0;  ///< at which it was noticed; 0 at the end
  transport::Time at{};
  std::uint64_t digest = 0;  ///< of the whole run
  std::uint64_t events = 0;
};

/// The same verdict by the same rule: what a smaller run has to keep.
bool same_failure(const Finding& left, const Finding& right);

}  // namespace lockstep::labs
