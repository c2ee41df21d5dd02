// An exercise: what it promises to its students, and the tests that hold them to it.
//
// A test never names the student's class. It runs a system whose nodes are made somewhere else, in
// this process or in a cage, by a HostFactory that it is given; so the same test serves an IDE,
// gdb, and the referee.
#pragma once

#include <asio/awaitable.hpp>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "chaos/scenario.h"
#include "chaos/simulation.h"
#include "labs/exercise/verdict.h"

namespace lockstep::labs {

class Stage;

/// A run under faults with a workload, judged as `lockstep run` judges. The system and the seed are
/// filled in by whoever runs the test; everything else may depend on the seed.
using Property = std::function<chaos::RunSpec(const chaos::System& system, std::uint64_t seed)>;

/// A directed scenario, step by step, with expectations.
struct Script {
  chaos::ScenarioOptions options;
  std::function<asio::awaitable<void>(Stage&)> play;
};

/// Answers to questions about what the lab gives to read: judges those that are in the student's
/// folder. Nothing runs, whatever the seed is.
using Answers = std::function<Finding(const std::filesystem::path& folder)>;

struct LabTest {
  char part = 'A';
  std::string name;  ///< unique in the lab, in words of the file system: "first_leader"
  std::uint32_t points = 0;
  std::string promise;  ///< what a correct solution does, as one sentence
  std::string source;   ///< where the paper says so
  /// From a nudge to nearly the answer; shown one at a time, on request.
  std::vector<std::string> hints;
  std::uint32_t seeds = 3;  ///< of one run of the public suite
  std::variant<Property, Script, Answers> body;

  /// False if there are no nodes in it, and so no run to tell of.
  bool runs() const { return !std::holds_alternative<Answers>(body); }
};

struct Part {
  char id = 'A';
  std::string title;
  std::string hours;  ///< that it takes, such as "3-5"
  /// Its points come on top: full marks can be had without them.
  bool is_optional = false;
};

struct Lab {
  std::string name;     ///< as commands and folders spell it
  std::string title;    ///< one line
  std::string version;  ///< part of what the seeds of a grading are drawn from
  std::vector<Part> parts;
  std::vector<LabTest> tests;  ///< in the order of their parts
  chaos::System system;        ///< its nodes are remote: transport/process/remote.h

  std::uint32_t points() const;           ///< of the parts that are not optional
  std::uint32_t optional_points() const;  ///< of those that are
  std::uint32_t points(char part) const;
  bool is_optional(const LabTest& test) const;
  /// "A.first_leader" or "first_leader"; null if there is none.
  const LabTest* find(std::string_view test) const;
};

/// "A.first_leader".
std::string full_name(const LabTest& test);

/// Adds tests one after the other: `of(part)` and then `test(...)` for each.
class LabBuilder {
 public:
  explicit LabBuilder(Lab& lab) : lab_(lab) {}
  void part(char id, std::string title, std::string hours) {
    lab_.parts.push_back({id, std::move(title), std::move(hours)});
  }
  void optional_part(char id, std::string title, std::string hours) {
    part(id, std::move(title), std::move(hours));
    lab_.parts.back().is_optional = true;
  }
  /// The part is the one that was added last.
  void test(LabTest test) {
    test.part = lab_.parts.back().id;
    lab_.tests.push_back(std::move(test));
  }

 private:
  Lab& lab_;
};

/// All labs of this program, in the order in which they are taken.
const std::vector<Lab>& all_labs();

/// The lab of this name; null if there is none.
const Lab* find_lab(std::string_view name);

}  // namespace lockstep::labs
