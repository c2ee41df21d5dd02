// The program that tests a student's nodes in one process: a lab's public tests as doctest cases,
// so that an IDE, gdb and doctest's own filters work, with a report in the words of the lab.
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>
#include <fmt/core.h>

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <filesystem>
#include <limits>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "labs/exercise/hints.h"
#include "labs/exercise/lab.h"
#include "labs/exercise/one_run.h"
#include "labs/exercise/page.h"
#include "labs/exercise/run_test.h"
#include "labs/exercise/steps.h"
#include "labs/node/lab_node.h"
#include "transport/check.h"
#include "transport/process/foreign.h"

namespace lockstep::labs {
namespace {

constexpr int kUsage = 2;

struct Settings {
  std::uint64_t first_seed = 1;
  std::uint64_t seeds = 0;  ///< 0: as many as each test says
  std::uint64_t pages = std::numeric_limits<std::uint64_t>::max();  ///< of tests that fail
  std::string hints_file;  ///< where is kept how many were asked for; empty if none is wanted now
  std::string command = "lockstep lab test";
  std::filesystem::path folder = ".";  ///< the student's
};

Settings& settings() {
  static Settings all;
  return all;
}

const Lab*& current_lab() {
  static const Lab* lab = nullptr;
  return lab;
}

struct Score {
  std::uint32_t earned = 0;
  std::uint32_t possible = 0;
};

struct Outcome {
  Score required;
  Score optional;
  std::uint32_t failed = 0;
  std::uint32_t required_failed = 0;
  std::uint64_t seed = 0;  ///< that runs
  std::string page;        ///< of the case that just ran; empty if it passed
};

Outcome& outcome() {
  static Outcome all;
  return all;
}

/// One more than last time if a hint was asked for, which is for the first test that fails.
std::size_t hints_for(const LabTest& test) {
  if (settings().hints_file.empty()) return 0;
  const std::string file = std::exchange(settings().hints_file, {});
  return ask_for_hint(file, full_name(test), test.hints.size());
}

/// A signal ends this whole program; what is known is where it was.
std::string crash_page(const std::string& signal) {
  const LabTest& test = *current_lab()->find(doctest::getContextOptions()->currentTest->m_name);
  const auto& here = transport::whereabouts();
  Finding finding;
  finding.verdict = Verdict::Crash;
  finding.rule = "the process of a node";
  finding.promised = "no handler ends the process that it runs in";
  finding.happened =
      fmt::format("{}, when {} handled event {}", signal, to_string(here.node), here.event);
  finding.event = here.event;
  finding.at = here.at;
  PageContext context{outcome().seed, settings().command, 0, {}};
  context.explanation.last_event = here.event;
  return failure_page(*current_lab(), test, finding, context) +
         "\nThe program ends here: the tests after this one did not run.\n";
}

std::string page_of(const LabTest& test, std::uint64_t seed, const Finding& finding,
                    const Execution& execution) {
  PageContext context{seed, settings().command, hints_for(test), {}};
  context.explanation = explain(*current_lab(), test, seed, finding, execution);
  return failure_page(*current_lab(), test, finding, context);
}

/// Where one page at a time is enough: what comes later often fails for the same reason.
std::string line_of(const LabTest& test, const Finding& finding) {
  return fmt::format("  {}: {}", name_of(finding.verdict), test.promise);
}

/// Runs the test that doctest is at, seed after seed, until one fails.
void run_current() {
  const Lab& lab = *current_lab();
  const LabTest& test = *lab.find(doctest::getContextOptions()->currentTest->m_name);
  const std::uint64_t seeds = settings().seeds != 0 ? settings().seeds : test.seeds;
  outcome().page.clear();
  Execution execution;
  execution.host = transport::foreign_in_process(make_node_of);
  execution.folder = settings().folder;
  for (std::uint64_t seed = settings().first_seed; seed < settings().first_seed + seeds; ++seed) {
    outcome().seed = seed;
    const Finding finding = run_test(lab, test, seed, execution);
    if (finding.verdict == Verdict::Pass) continue;
    outcome().page = outcome().failed < settings().pages ? page_of(test, seed, finding, execution)
                                                         : line_of(test, finding);
    FAIL_CHECK(outcome().page);
    return;
  }
}

/// "150 of 160 points, and 5 of 30 on top; ", as far as there are any.
std::string points_text() {
  const auto& [required, optional] = std::tie(outcome().required, outcome().optional);
  std::string text;
  if (required.possible > 0) {
    text = fmt::format("{} of {} points", required.earned, required.possible);
  }
  if (optional.possible > 0) {
    text += fmt::format("{}{} of {} on top", text.empty() ? "" : ", and ", optional.earned,
                        optional.possible);
  }
  return text.empty() ? text : text + "; ";
}

/// Tests of optional parts may fail, unless only they were asked for.
int exit_code() {
  const auto& all = outcome();
  const bool is_about_more = all.required.possible > 0;
  return (is_about_more ? all.required_failed : all.failed) == 0 ? 0 : 1;
}

/// Prints what a student wants to know, and nothing of doctest's own.
struct LabReporter : doctest::IReporter {
  explicit LabReporter(const doctest::ContextOptions&) {}
  const doctest::TestCaseData* current = nullptr;

  void report_query(const doctest::QueryData& query) override {
    for (unsigned at = 0; at < query.num_data; ++at) fmt::print("{}\n", query.data[at]->m_name);
  }
  void test_run_start() override {}
  void test_run_end(const doctest::TestRunStats&) override {
    const auto& all = outcome();
    const std::string failed = all.failed == 0   ? "all tests pass"
                               : all.failed == 1 ? "1 test fails"
                                                 : fmt::format("{} tests fail", all.failed);
    fmt::print("\n{}{}\n", points_text(), failed);
  }
  void test_case_start(const doctest::TestCaseData& data) override { current = &data; }
  void test_case_reenter(const doctest::TestCaseData&) override {}
  void test_case_end(const doctest::CurrentTestCaseStats&) override {
    const LabTest& test = *current_lab()->find(current->m_name);
    const bool passed = outcome().page.empty();
    const bool is_optional = current_lab()->is_optional(test);
    Score& score = is_optional ? outcome().optional : outcome().required;
    score.possible += test.points;
    score.earned += passed ? test.points : 0;
    outcome().failed += passed ? 0 : 1;
    outcome().required_failed += passed || is_optional ? 0 : 1;
    const std::string earned =
        test.points == 0 ? (passed ? "passes" : "fails")
                         : fmt::format("{:>3} of {:>2}", passed ? test.points : 0, test.points);
    fmt::print("{:<44} {:>9}\n", full_name(test), earned);
    if (!passed) fmt::print("{}\n", outcome().page);
    std::fflush(stdout);
  }
  void test_case_exception(const doctest::TestCaseException& error) override {
    if (error.is_crash) {
      outcome().page = crash_page(error.error_string.c_str());
      return;
    }
    outcome().page = fmt::format("\nthe test itself failed: {}\n", error.error_string.c_str());
  }
  void subcase_start(const doctest::SubcaseSignature&) override {}
  void subcase_end() override {}
  void log_assert(const doctest::AssertData&) override {}
  void log_message(const doctest::MessageData&) override {}
  void test_case_skipped(const doctest::TestCaseData&) override {}
};
REGISTER_REPORTER("lab", 1, LabReporter);

/// One case per test; doctest keeps the pointers.
void register_tests(const Lab& lab) {
  static std::deque<std::string> names;
  int line = 0;
  for (const auto& test : lab.tests) {
    names.push_back(full_name(test));
    using doctest::detail::TestCase;
    doctest::detail::regTest(TestCase(run_current, __FILE__, static_cast<unsigned>(++line),
                                      doctest::detail::TestSuite()) *
                             names.back().c_str());
  }
}

/// The value of "--name=value" or "--name value", taken out of the arguments.
std::optional<std::string> take(std::vector<std::string>& arguments, const std::string& name) {
  for (auto at = arguments.begin(); at != arguments.end(); ++at) {
    if (at->rfind(name + "=", 0) == 0) {
      std::string value = at->substr(name.size() + 1);
      arguments.erase(at);
      return value;
    }
    if (*at == name && at + 1 != arguments.end()) {
      std::string value = *(at + 1);
      arguments.erase(at, at + 2);
      return value;
    }
  }
  return std::nullopt;
}

bool read(std::vector<std::string>& arguments, const std::string& name, std::uint64_t& number) {
  const auto text = take(arguments, name);
  if (!text) return true;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
  if (error == std::errc{} && end == text->data() + text->size() && number > 0) return true;
  fmt::print(stderr, "{} {}: expected a number from 1\n", name, *text);
  return false;
}

/// "--one TEST": a single run, for a trace or a debugger, instead of the suite.
int run_one(const Lab& lab, const std::string& name, std::vector<std::string> arguments) {
  const LabTest* test = lab.find(name);
  OneRun one;
  one.trace = take(arguments, "--record").value_or("");
  one.replay = take(arguments, "--replay").value_or("");
  one.small = std::erase(arguments, "--small") > 0;
  if (test == nullptr || !read(arguments, "--seed", one.seed) ||
      !read(arguments, "--stop-at", one.stop_at)) {
    fmt::print(stderr, "--one {}: expected a test of this lab, a seed and an event\n", name);
    return kUsage;
  }
  Execution execution;
  execution.host = transport::foreign_in_process(make_node_of);
  const auto finding = run_once(lab, *test, one, execution);
  if (!finding) return kUsage;
  if (one.trace.empty()) fmt::print("{}: {}\n", full_name(*test), name_of(finding->verdict));
  return 0;
}

int run(int argc, char** argv) {
  std::vector<std::string> arguments(argv + 1, argv + argc);
  std::string name = std::filesystem::path(argv[0]).filename();
  name = take(arguments, "--lab").value_or(name.substr(0, name.rfind("_test")));
  current_lab() = find_lab(name);
  if (current_lab() == nullptr) {
    fmt::print(stderr, "there is no lab {}\n", name);
    return kUsage;
  }
  const auto output = std::filesystem::path(argv[0]).parent_path();
  if (output.filename() == ".lockstep") settings().folder = output.parent_path();
  settings().command = take(arguments, "--command").value_or("lockstep lab test " + name);
  if (const auto one = take(arguments, "--one")) return run_one(*current_lab(), *one, arguments);
  std::uint64_t seed = 0;
  if (!read(arguments, "--seed", seed) || !read(arguments, "--seeds", settings().seeds) ||
      !read(arguments, "--pages", settings().pages)) {
    return kUsage;
  }
  settings().hints_file = take(arguments, "--hints-file").value_or("");
  if (seed != 0) {
    settings().first_seed = seed;
    if (settings().seeds == 0) settings().seeds = 1;
  }
  register_tests(*current_lab());
  std::vector<const char*> rest{argv[0]};
  for (const auto& argument : arguments) rest.push_back(argument.c_str());
  doctest::Context context;
  context.setOption("reporters", "lab");
  context.setOption("order-by", "file");
  context.applyCommandLine(static_cast<int>(rest.size()), rest.data());
  const bool succeeded = context.run() == 0;
  return succeeded ? 0 : exit_code();
}

}  // namespace
}  // namespace lockstep::labs

int main(int argc, char** argv) { return lockstep::labs::run(argc, argv); }
