#include "labs/cli/lab_suite.h"

#include <fmt/core.h>

#include "labs/workspace/command.h"

namespace lockstep::labs {

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
  const auto outcome = run_command_here({arguments, {}, {}});
  if (!outcome.code) fmt::print(stderr, "lockstep lab: {}", outcome.output);
  return outcome.code;
}

int become_program(const std::vector<std::string>& arguments) {
  constexpr int kInfrastructure = 3;
  become_command({arguments, {}, {}});
  fmt::print(stderr, "lockstep lab: {} cannot be run\n", arguments.front());
  return kInfrastructure;
}

std::string no_test(const Lab& lab, const std::string& name) {
  return fmt::format("there is no test {}; `lockstep lab show {}` lists them", name, lab.name);
}

const LabTest* require_test(const Lab& lab, const std::string& name) {
  const LabTest* test = lab.find(name);
  if (test == nullptr) refuse_lab(no_test(lab, name));
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
