// `lockstep lab grade` and `lockstep lab report`: the referee, and what it said.
#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>

#include "labs/cli/lab_suite.h"
#include "labs/grading/private_tests.h"
#include "labs/grading/referee.h"
#include "transport/process/sandbox.h"

namespace lockstep::labs {

namespace {

constexpr int kUsage = 2;
constexpr int kInfrastructure = 3;

struct GradeCommand {
  LabTarget target;
  std::string key_file;
  std::string private_folder;
  std::vector<std::string> tests;
  int isolation = 0;
  std::uint32_t seeds = 0;
  std::string out;
  bool json = false;
};

int exit_code(const Grade& grade) {
  if (grade.is_infrastructure()) return kInfrastructure;
  // Tests of optional parts may fail, unless only they were asked for.
  const bool is_about_more = grade.points() > 0;
  const auto is_fine = [&](const TestGrade& test) {
    return test.finding.verdict == Verdict::Pass || (test.is_optional && is_about_more);
  };
  return std::all_of(grade.tests.begin(), grade.tests.end(), is_fine) ? 0 : 1;
}

/// The whole file without a line end at its end, or an error that names it.
std::optional<std::string> read_key(const std::string& file, std::string& key) {
  if (file.empty()) return std::nullopt;
  std::ifstream in(file, std::ios::binary);
  key.assign(std::istreambuf_iterator<char>(in), {});
  while (!key.empty() && (key.back() == '\n' || key.back() == '\r')) key.pop_back();
  if (!in) return fmt::format("--key {}: cannot be read", file);
  if (key.size() >= 16) return std::nullopt;
  return fmt::format("--key {}: has {} bytes; expected at least 16 random ones", file, key.size());
}

bool write(const std::filesystem::path& file, const std::string& text) {
  return static_cast<bool>(std::ofstream(file) << text);
}

std::optional<std::string> options_of(const GradeCommand& command, const Lab& lab,
                                      RefereeOptions& options) {
  if (auto problem = read_key(command.key_file, options.key)) return problem;
  options.required_isolation = command.isolation;
  options.seeds = command.seeds;
  options.command = command.target.command("test");
  if (!command.private_folder.empty()) {
    auto read = read_private_tests(lab, command.private_folder);
    if (auto* problem = std::get_if<std::string>(&read)) return *problem;
    options.private_tests = std::move(std::get<std::vector<LabTest>>(read));
  }
  for (const auto& name : command.tests) {
    const LabTest* test = lab.find(name);
    if (test == nullptr) return "--test: " + no_test(lab, name);
    options.only.push_back(full_name(*test));
  }
  return std::nullopt;
}

int grade_lab(const GradeCommand& command) {
  const auto open = open_lab(command.target);
  if (!open) return kUsage;
  RefereeOptions options;
  if (const auto problem = options_of(command, *open->lab, options)) return refuse_lab(*problem);
  const bool shows_progress = isatty(STDERR_FILENO) != 0;
  if (shows_progress) {
    options.progress = [](const TestGrade& test) {
      fmt::print(stderr, "{:<44} {}\n", test.name, name_of(test.finding.verdict));
    };
  }
  transport::stay_on_one_core();
  const Grade result = grade(*open->lab, open->workspace, toolchain(), options);
  const std::string json = to_json(result);
  fmt::print("{}", command.json ? json : to_text(result));
  std::error_code ignored;
  std::filesystem::create_directories(open->workspace.output(), ignored);
  const std::filesystem::path file = command.out.empty() ? open->workspace.output() / "grade.json"
                                                         : std::filesystem::path(command.out);
  if (!write(file, json)) {
    fmt::print(stderr, "lockstep lab: {}: cannot be written\n", file.string());
    return kInfrastructure;
  }
  return exit_code(result);
}

int report_lab(const GradeCommand& command) {
  const auto open = open_lab(command.target);
  if (!open) return kUsage;
  const auto file = open->workspace.output() / "grade.json";
  std::ifstream in(file);
  if (!in) {
    return refuse_lab(fmt::format("{}: cannot be read; it is what `{}` writes", file.string(),
                                  command.target.command("grade")));
  }
  const auto read = read_grade(std::string(std::istreambuf_iterator<char>(in), {}));
  if (const auto* problem = std::get_if<std::string>(&read)) {
    return refuse_lab(fmt::format("{} {}", file.string(), *problem));
  }
  const auto& result = std::get<Grade>(read);
  fmt::print("{}", command.json ? to_json(result) : to_text(result));
  return exit_code(result);
}

}  // namespace

void add_lab_grade(CLI::App& lab, Action& action) {
  auto command = std::make_shared<GradeCommand>();
  auto* grading = lab.add_subcommand("grade", "Let the referee grade a folder, as a grader will");
  command->target.add_to(*grading);
  grading->add_option("-t,--test", command->tests, "Only this test, such as A.first_leader")
      ->allow_extra_args(false);
  grading->add_option("--key", command->key_file,
                      "A file with the secret that seeds are drawn from (default: seeds 1, 2 ...)");
  grading->add_option("--private", command->private_folder,
                      "A folder with more tests (*.test), which students do not have");
  grading
      ->add_option("--require-isolation", command->isolation,
                   "Grade only in a cage of at least this level (docs/isolation.md)")
      ->check(CLI::Range(0, 3));
  grading->add_option("--seeds", command->seeds, "So many seeds of each test")
      ->check(CLI::PositiveNumber);
  grading->add_option("--out", command->out,
                      "Write the grade as JSON here (default: the folder's)");
  grading->add_flag("--json", command->json, "Print JSON");
  grading->footer(
      "Every seed is run twice, in two different processes; points are earned by a test if all "
      "its\n"
      "seeds pass. Those of optional parts come on top. Exit codes: 0 full marks; 1 points were\n"
      "lost; 2 usage or input error; 3 the machine failed, grade again.\n"
      "Example:\n  lockstep lab grade raft --key term.key --require-isolation 2");
  grading->callback([command, &action] { action = [command] { return grade_lab(*command); }; });
  auto* report = lab.add_subcommand("report", "Show the last grade of a folder again");
  command->target.add_to(*report);
  report->add_flag("--json", command->json, "Print JSON");
  report->callback([command, &action] { action = [command] { return report_lab(*command); }; });
}

}  // namespace lockstep::labs
