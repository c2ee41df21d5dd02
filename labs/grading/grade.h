// The record of one grading, from which every output is written.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "labs/exercise/verdict.h"
#include "transport/process/isolation.h"

namespace lockstep::labs {

struct TestGrade {
  std::string name;  ///< "A.first_leader"
  char part = 'A';
  std::uint32_t points = 0;
  std::uint32_t earned = 0;
  bool is_private = false;
  bool is_optional = false;  ///< its points come on top
  std::uint32_t seeds = 0;   ///< that were run, each twice
  std::uint64_t failing_seed = 0;
  Finding finding;                     ///< of the failing seed; a pass if there is none
  std::uint64_t events = 0;            ///< of all executions
  std::uint64_t digest = 0;            ///< of all digests of first executions, in order
  std::vector<std::uint64_t> digests;  ///< these, one for each seed
  std::string page;                    ///< what a student may read about a failure
};

struct Grade {
  std::string lab;
  std::string version;
  std::string key;         ///< name of the key that the seeds come from
  std::string submission;  ///< SHA-256 of the listed files
  transport::Isolation isolation;
  bool is_built = false;
  std::string build_output;
  std::string problem;  ///< infrastructure: why there is no grade
  std::vector<TestGrade> tests;

  /// Of the tests that are not optional; and of those that are.
  std::uint32_t earned() const;
  std::uint32_t points() const;
  std::uint32_t optional_earned() const;
  std::uint32_t optional_points() const;
  /// True if something of ours failed: the grade does not count, and is to be repeated.
  bool is_infrastructure() const;
};

/// As JSON, complete and valid whatever a submission printed.
std::string to_json(const Grade& grade);

/// Reads to_json's text back; the error says what is wrong with it.
std::variant<Grade, std::string> read_grade(const std::string& json);

/// A table for people, with the pages of what failed. Ends in a line end.
std::string to_text(const Grade& grade);

}  // namespace lockstep::labs
