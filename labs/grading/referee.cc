#include "labs/grading/referee.h"

#include <fmt/core.h>

#include <algorithm>
#include <memory>

#include "labs/exercise/page.h"
#include "labs/exercise/run_test.h"
#include "labs/exercise/steps.h"
#include "labs/grading/event_digests.h"
#include "labs/grading/seeds.h"
#include "statemachine/fold.h"
#include "transport/process/sandbox.h"

namespace lockstep::labs {

using transport::Sandbox;

namespace {

constexpr std::uint32_t kPerturbed = 0x5eed;

/// What one execution left behind.
struct Executed {
  Finding finding;
  EventDigests digests;
};

/// Two cages for one submission: the second makes everything different that must not matter.
class Cages {
 public:
  /// A problem of this machine, if there is one.
  std::optional<std::string> open(const std::string& module, int required_level) {
    for (auto* slot : {&first_, &second_}) {
      transport::SandboxOptions options;
      options.module = module;
      options.required_level = required_level;
      options.perturbation = slot == &second_ ? kPerturbed : 0;
      auto opened = Sandbox::open(options);
      if (auto* problem = std::get_if<std::string>(&opened)) return *problem;
      *slot = std::move(std::get<std::unique_ptr<Sandbox>>(opened));
    }
    return std::nullopt;
  }

  Sandbox& first() { return *first_; }
  Sandbox& second() { return *second_; }

 private:
  std::unique_ptr<Sandbox> first_;
  std::unique_ptr<Sandbox> second_;
};

class Referee {
 public:
  Referee(const Lab& lab, std::string module, const RefereeOptions& options)
      : lab_(lab), module_(std::move(module)), options_(options) {}

  /// Fills in the tests of a grade whose submission is built.
  void judge(Grade& grade) {
    char part = '\0';
    for (const auto* test : wanted()) {
      if (test->part != part && !open_cages(grade)) return;
      part = test->part;
      grade.tests.push_back(judge(*test));
      if (options_.progress) options_.progress(grade.tests.back());
    }
  }

 private:
  std::vector<const LabTest*> wanted() const {
    std::vector<const LabTest*> tests;
    const auto add = [&](const LabTest& test) {
      const auto& only = options_.only;
      if (only.empty() || std::find(only.begin(), only.end(), full_name(test)) != only.end()) {
        tests.push_back(&test);
      }
    };
    for (const auto& test : lab_.tests) add(test);
    for (const auto& test : options_.private_tests) add(test);
    return tests;
  }

  bool is_private(const LabTest& test) const { return lab_.find(full_name(test)) != &test; }

  /// A fresh pair for each part: what one part's runs did to a cage cannot reach the next.
  bool open_cages(Grade& grade) {
    cages_ = Cages();
    if (const auto problem = cages_.open(module_, options_.required_isolation)) {
      grade.problem = *problem;
      return false;
    }
    grade.isolation = cages_.first().isolation();
    return true;
  }

  TestGrade judge(const LabTest& test) {
    TestGrade graded;
    graded.name = full_name(test);
    graded.part = test.part;
    graded.points = test.points;
    graded.is_private = is_private(test);
    graded.is_optional = lab_.is_optional(test);
    statemachine::Fold digest;
    const std::uint32_t count = options_.seeds != 0 ? options_.seeds : test.seeds;
    for (const auto seed :
         grading_seeds(options_.key, lab_.name, lab_.version, graded.name, count)) {
      graded.finding = judge(test, seed, graded.events);
      ++graded.seeds;
      graded.digests.push_back(graded.finding.digest);
      statemachine::fold(digest, graded.finding.digest);
      if (graded.finding.verdict == Verdict::Pass) continue;
      graded.failing_seed = seed;
      if (!graded.is_private && options_.explains) graded.page = page(test, seed, graded.finding);
      break;
    }
    graded.digest = digest.digest();
    graded.earned = graded.finding.verdict == Verdict::Pass ? test.points : 0;
    return graded;
  }

  /// One seed, executed twice.
  Finding judge(const LabTest& test, std::uint64_t seed, std::uint64_t& events) {
    const Executed first = execute(cages_.first(), test, seed);
    events += first.finding.events;
    if (is_over(first.finding.verdict)) return first.finding;
    const Executed second = execute(cages_.second(), test, seed);
    events += second.finding.events;
    if (second.finding.verdict == Verdict::Infrastructure) return second.finding;
    const auto where = EventDigests::difference(first.digests, second.digests);
    if (!where && same_failure(first.finding, second.finding)) return first.finding;
    return parted(first.finding, second.finding, where);
  }

  /// Where a second execution would only cost time.
  static bool is_over(Verdict verdict) {
    return verdict == Verdict::Infrastructure || verdict == Verdict::Time ||
           verdict == Verdict::Memory || verdict == Verdict::Output;
  }

  static Finding parted(const Finding& first, const Finding& second,
                        const std::optional<std::string>& where) {
    Finding finding = first;
    finding.verdict = Verdict::Nondeterministic;
    finding.rule = "two executions of one seed";
    finding.promised = "the same events make the same node do the same, in every process";
    finding.happened = fmt::format(
        "the same seed was run twice and went two ways: first {}, then {}; they part at {}. A "
        "handler may depend on its events alone: not on addresses, the order of a hash table, "
        "uninitialised memory, static variables, clocks or random devices",
        name_of(first.verdict), name_of(second.verdict),
        where.value_or("the end, with the same events"));
    finding.expected.clear();
    finding.actual.clear();
    return finding;
  }

  Executed execute(Sandbox& sandbox, const LabTest& test, std::uint64_t seed) const {
    Executed executed;
    Execution execution;
    execution.host = sandbox.hosts();
    execution.folder = std::filesystem::path(module_).parent_path().parent_path();
    execution.attach = [&](transport::Cluster& cluster) { executed.digests.watch(cluster); };
    executed.finding = run_test(lab_, test, seed, execution);
    return executed;
  }

  std::string page(const LabTest& test, std::uint64_t seed, const Finding& finding) {
    PageContext context;
    context.seed = seed;
    context.command = options_.command;
    const bool can_be_told = finding.verdict == Verdict::Wrong || finding.verdict == Verdict::Stuck;
    if (can_be_told) {
      Execution execution;
      execution.host = cages_.first().hosts();
      context.explanation = explain(lab_, test, seed, finding, execution);
    }
    return failure_page(lab_, test, finding, context);
  }

  const Lab& lab_;
  std::string module_;
  const RefereeOptions& options_;
  Cages cages_;
};

}  // namespace

Grade grade(const Lab& lab, const Workspace& submission, const Toolchain& with,
            const RefereeOptions& options) {
  return labs::grade(lab, BuiltSubmission(lab, submission, with, options.required_isolation),
                     options);
}

Grade grade(const Lab& lab, const BuiltSubmission& built, const RefereeOptions& options) {
  Grade grade;
  grade.lab = lab.name;
  grade.version = lab.version;
  grade.key = key_name(options.key);
  grade.submission = built.digest();
  grade.problem = built.problem();
  grade.is_built = built.is_built();
  grade.build_output = built.output();
  if (!grade.problem.empty()) return grade;
  if (!grade.is_built) {
    for (const auto& test : lab.tests) {
      TestGrade rejected;
      rejected.name = full_name(test);
      rejected.part = test.part;
      rejected.points = test.points;
      rejected.is_optional = lab.is_optional(test);
      rejected.finding.verdict = Verdict::BuildRejected;
      grade.tests.push_back(std::move(rejected));
    }
    return grade;
  }
  Referee(lab, built.module(), options).judge(grade);
  return grade;
}

}  // namespace lockstep::labs
