#include "labs/outside/proof.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <memory>
#include <set>

#include "labs/grading/referee.h"
#include "labs/grading/submission.h"

namespace lockstep::labs {

namespace fs = std::filesystem;

namespace {

/// Bugs have to be found by whichever seeds; two draws of them say enough.
constexpr std::uint32_t kKeysForBugs = 1;

/// Any key will do, as long as it is the same next time. The first is that without a secret.
std::string key_number(std::uint32_t number) {
  return number == 0 ? "" : fmt::format("lockstep lab validate, key {}", number);
}

std::string seeds_of(std::uint32_t key) {
  return key == 0 ? "the seeds that everybody knows" : fmt::format("the seeds of key {}", key);
}

bool passed(const TestGrade& test) { return test.finding.verdict == Verdict::Pass; }

/// Such as "A.first_leader is stuck at seed 2: no leader was elected".
std::string story_of(const TestGrade& test) {
  return fmt::format("{} is {} at seed {}: {}", test.name, name_of(test.finding.verdict),
                     test.failing_seed, test.finding.happened);
}

class Prover {
 public:
  Prover(const Lab& lab, const LabFolder& folder, const Toolchain& with,
         const ProofOptions& options)
      : lab_(lab), folder_(folder), with_(with), options_(options) {
    proof_.lab = lab.name;
    proof_.version = lab.version;
    proof_.points = lab.points();
    for (const auto& test : lab.tests) proof_.tests.push_back(full_name(test));
  }

  Proof run() {
    check_lab();
    read_bugs();
    if (!proof_.problems.empty()) return std::move(proof_);
    try_starter();
    if (goes_on() && try_solution()) {
      for (auto& bug : proof_.bugs) {
        if (goes_on()) try_bug(bug);
      }
      if (goes_on() && options_.only_bug.empty()) look_for_tests_without_bug();
    }
    return std::move(proof_);
  }

 private:
  bool goes_on() const { return proof_.infrastructure.empty(); }
  void complain(std::string problem) {
    while (problem.ends_with('\n')) problem.pop_back();
    proof_.problems.push_back(std::move(problem));
  }
  std::string named(const fs::path& file) const { return (folder_.root / file).string(); }
  void tell(const std::string& what) const {
    if (options_.progress) options_.progress(what);
  }

  void check_lab() {
    if (lab_.name != folder_.name) {
      complain(fmt::format("{}: the lab calls itself \"{}\"", named("lab.cc"), lab_.name));
    }
    if (lab_.version.empty()) complain(named("lab.cc") + ": the lab has no version");
    if (lab_.tests.empty()) complain(named("lab.cc") + ": the lab has no tests");
    std::set<std::string> names;
    for (const auto& test : lab_.tests) {
      const std::string name = full_name(test);
      if (!names.insert(test.name).second) complain(name + ": there are two tests of this name");
      if (test.promise.empty()) complain(name + ": has no promise");
      if (test.seeds == 0) complain(name + ": has no seeds, and so always passes");
      if (test.hints.empty()) proof_.warnings.push_back(name + ": has no hint");
      if (test.source.empty()) {
        proof_.warnings.push_back(name + ": has no source, where students could read on");
      }
    }
    for (const auto* submission : {&folder_.starter, &folder_.solution}) {
      if (submission->version == lab_.version) continue;
      complain(fmt::format("{}: is for version \"{}\", and the lab has \"{}\"",
                           (submission->root / "lab.json").string(), submission->version,
                           lab_.version));
    }
    if (const auto wrong = own_numbers_problem(lab_)) {
      complain(fmt::format("{}: {}", folder_.root.string(), *wrong));
    }
  }

  void read_bugs() {
    for (const auto& file : folder_.bugs) {
      if (!options_.only_bug.empty() && file.stem() != options_.only_bug) continue;
      auto read = read_known_bug(lab_, file);
      if (auto* problem = std::get_if<std::string>(&read)) {
        complain(std::move(*problem));
      } else {
        proof_.bugs.push_back({std::move(std::get<KnownBug>(read)), {}, 0, false});
      }
    }
    if (!options_.only_bug.empty() && proof_.bugs.empty() && proof_.problems.empty()) {
      complain(fmt::format("{}: is missing", named("mutants/" + options_.only_bug + ".patch")));
    }
  }

  /// Valid until the next is built, which takes over what is the same in it.
  const BuiltSubmission& build(const Workspace& submission) {
    built_ = std::make_unique<BuiltSubmission>(lab_, submission, with_, options_.required_isolation,
                                               built_.get());
    return *built_;
  }

  /// Nothing if it does not build, which is then said of `file`.
  std::optional<Grade> graded(const BuiltSubmission& built, const std::string& file,
                              std::uint32_t key) {
    if (!built.problem().empty()) {
      proof_.infrastructure = built.problem();
    } else if (!built.is_built()) {
      complain(fmt::format("{}: is rejected: {}", file, built.output()));
    }
    if (!built.problem().empty() || !built.is_built()) return std::nullopt;
    RefereeOptions referee;
    referee.key = key_number(key);
    referee.required_isolation = options_.required_isolation;
    referee.explains = false;
    Grade grade = labs::grade(lab_, built, referee);
    if (grade.is_infrastructure()) {
      proof_.infrastructure = reason_of(grade);
      return std::nullopt;
    }
    proof_.isolation = grade.isolation.account();
    return grade;
  }

  static std::string reason_of(const Grade& grade) {
    if (!grade.problem.empty()) return grade.problem;
    for (const auto& test : grade.tests) {
      if (test.finding.verdict == Verdict::Infrastructure) return story_of(test);
    }
    return {};
  }

  void try_starter() {
    tell("the starter");
    const std::string where = named("starter");
    const auto grade = graded(build(folder_.starter), where, 0);
    if (!grade) return;
    const TestGrade* first = nullptr;
    for (const auto& test : grade->tests) {
      if (test.earned > 0) {
        complain(fmt::format("{}: earns {} points by {}; a starter earns none", where, test.earned,
                             test.name));
      }
      if (first == nullptr && !passed(test)) first = &test;
    }
    if (first == nullptr) return complain(where + ": no test fails");
    proof_.starter_says = fmt::format("{}, {}: {}", first->name, name_of(first->finding.verdict),
                                      lab_.find(first->name)->promise);
    const auto verdict = first->finding.verdict;
    if (verdict == Verdict::Wrong || verdict == Verdict::Stuck) return;
    complain(fmt::format("{}: a starter fails by a promise that it does not keep, but {}", where,
                         story_of(*first)));
  }

  bool try_solution() {
    const std::string where = folder_.solution.root.string();
    tell("the solution: building");
    const BuiltSubmission& built = build(folder_.solution);
    const std::size_t before = proof_.problems.size();
    for (std::uint32_t key = 0; key <= options_.keys; ++key) {
      tell(fmt::format("the solution: key {} of {}", key, options_.keys));
      const auto grade = graded(built, where, key);
      if (!grade) return false;
      for (const auto& test : grade->tests) {
        if (passed(test)) continue;
        complain(fmt::format("{}: with {}, {}", where, seeds_of(key), story_of(test)));
      }
      if (proof_.problems.size() != before) return false;
      proof_.keys = key;
    }
    return true;
  }

  void try_bug(BugProof& tried) {
    const auto& bug = tried.bug;
    tell(fmt::format("bug {}", bug.name));
    const fs::path folder = folder_.output() / "bug";
    std::error_code error;
    fs::remove_all(folder, error);
    auto planted = plant(bug, folder_.solution, folder);
    if (auto* problem = std::get_if<std::string>(&planted)) return complain(std::move(*problem));
    const BuiltSubmission& built = build(std::get<Workspace>(planted));
    fs::remove_all(folder, error);
    for (std::uint32_t key = 0; key <= std::min(kKeysForBugs, options_.keys); ++key) {
      const auto grade = graded(built, bug.file.string(), key);
      if (!grade) return;
      take(tried, *grade, key);
    }
    tried.is_tried = true;
    if (tried.failing.empty()) {
      return complain(bug.file.string() + ": no test finds it with whichever seeds");
    }
    for (const auto& expected : bug.loses) {
      if (loses(expected, tried.failing)) continue;
      complain(fmt::format("{}: loses nothing in {}, but in {}", bug.file.string(), expected,
                           fmt::join(tried.failing, ", ")));
    }
  }

  /// Only what fails with every key counts.
  static void take(BugProof& tried, const Grade& grade, std::uint32_t key) {
    std::vector<std::string> failing;
    std::uint32_t lost = 0;
    for (const auto& test : grade.tests) {
      const auto& before = tried.failing;
      const bool failed_before =
          key == 0 || std::find(before.begin(), before.end(), test.name) != before.end();
      if (passed(test) || !failed_before) continue;
      failing.push_back(test.name);
      lost += test.points;
    }
    tried.failing = std::move(failing);
    tried.lost = lost;
  }

  void look_for_tests_without_bug() {
    for (const auto& test : proof_.tests) {
      const bool is_caught =
          std::any_of(proof_.bugs.begin(), proof_.bugs.end(),
                      [&](const BugProof& bug) { return loses(test, bug.failing); });
      if (!is_caught) {
        proof_.warnings.push_back(test + ": no bug in mutants/ is found by this test");
      }
    }
  }

  const Lab& lab_;
  const LabFolder& folder_;
  const Toolchain& with_;
  const ProofOptions& options_;
  std::unique_ptr<BuiltSubmission> built_;
  Proof proof_;
};

}  // namespace

Proof prove(const Lab& lab, const LabFolder& folder, const Toolchain& with,
            const ProofOptions& options) {
  return Prover(lab, folder, with, options).run();
}

}  // namespace lockstep::labs
