#include "labs/cli/lab_suite.h"

#include <fmt/core.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace lockstep::labs {
namespace {

constexpr int kInfrastructure = 3;
constexpr int kNotRun = 127;

/// Comes back only if it fails.
void execute(std::vector<std::string> arguments) {
  std::vector<char*> argv;
  for (auto& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  execvp(argv[0], argv.data());
}

void complain_not_run(const std::string& program) {
  fmt::print(stderr, "lockstep lab: {} cannot be run\n", program);
}

}  // namespace

std::optional<OpenLab> build_suite(const LabTarget& target) {
  auto open = open_lab(target);
  if (!open) return std::nullopt;
  const auto built = build_suite_program(open->workspace, toolchain());
  fmt::print(stderr, "{}", built.output);
  if (built.succeeded) return open;
  refuse_lab("your files do not build, see above");
  return std::nullopt;
}

std::optional<int> run_program(const std::vector<std::string>& arguments) {
  std::fflush(nullptr);
  const pid_t child = fork();
  if (child == 0) {
    execute(arguments);
    _exit(kNotRun);
  }
  int status = 0;
  while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (child > 0 && WIFSIGNALED(status)) {
    fmt::print(stderr, "lockstep lab: {} was ended by a signal: {}\n", arguments.front(),
               strsignal(WTERMSIG(status)));
    return std::nullopt;
  }
  if (child > 0 && WIFEXITED(status) && WEXITSTATUS(status) != kNotRun) return WEXITSTATUS(status);
  complain_not_run(arguments.front());
  return std::nullopt;
}

int become_program(const std::vector<std::string>& arguments) {
  std::fflush(nullptr);
  execute(arguments);
  complain_not_run(arguments.front());
  return kInfrastructure;
}

const LabTest* require_test(const Lab& lab, const std::string& name) {
  const LabTest* test = lab.find(name);
  if (test == nullptr) {
    refuse_lab(
        fmt::format("there is no test {}; `lockstep lab show {}` lists them", name, lab.name));
  }
  return test;
}

void LabRun::add_to(CLI::App& command) {
  command.add_option("lab", target.lab, "See `lockstep lab list`")->required();
  command.add_option("test", test, "Which test, such as A.first_leader")->required();
  command.add_option("folder", target.folder, "Your folder (default: this one, or LAB)");
  command.add_option("--seed", seed, "The seed of the run")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  command.add_flag("--small", small, "The smaller run that the failure page tells of");
}

std::string LabRun::command(const char* verb, const LabTest& of) const {
  return fmt::format("lockstep lab {} {} {}{}{} --seed {}{}", verb, target.lab, full_name(of),
                     target.folder.empty() ? "" : " ", target.folder, seed,
                     small ? " --small" : "");
}

}  // namespace lockstep::labs
