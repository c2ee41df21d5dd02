// `lockstep lab validate`: proves a lab, perhaps one from outside our tree, which is built first.
#include <fmt/core.h>
#include <unistd.h>

#include <filesystem>
#include <memory>

#include "labs/cli/lab_suite.h"
#include "labs/outside/lab_folder.h"
#include "labs/outside/lab_program.h"
#include "labs/outside/proof.h"
#include "transport/process/sandbox.h"

namespace lockstep::labs {

namespace fs = std::filesystem;

namespace {

constexpr int kUnproven = 1;
constexpr int kInfrastructure = 3;

struct ValidateCommand {
  std::string folder = ".";
  std::string solution;
  ProofOptions options;
  bool strict = false;
  bool json = false;
};

/// On a terminal one line that changes; in a pipe nothing.
void show_progress(const std::string& what) {
  if (isatty(STDERR_FILENO) != 0) fmt::print(stderr, "\r\033[Klockstep: {}", what);
}

int print(Proof proof, const ValidateCommand& command) {
  if (command.strict) {
    proof.problems.insert(proof.problems.end(), proof.warnings.begin(), proof.warnings.end());
    proof.warnings.clear();
  }
  fmt::print("{}", command.json ? to_json(proof) : to_text(proof));
  if (!proof.infrastructure.empty()) return kInfrastructure;
  return proof.is_proven() ? 0 : kUnproven;
}

/// Lets the program that has the lab do the rest.
int hand_over(const LabFolder& folder, const ValidateCommand& command) {
  show_progress("building the lab's tests");
  auto built = build_lab_program(folder, toolchain());
  show_progress("");
  if (const auto* none = std::get_if<NoProgram>(&built)) {
    return none->is_ours ? (refuse_lab(none->message), kInfrastructure) : refuse_lab(none->message);
  }
  std::vector<std::string> arguments{std::get<fs::path>(built).string(),
                                     "lab",
                                     "validate",
                                     folder.root.string(),
                                     "--solution",
                                     folder.solution.root.string(),
                                     "--keys",
                                     std::to_string(command.options.keys),
                                     "--require-isolation",
                                     std::to_string(command.options.required_isolation)};
  if (!command.options.only_bug.empty()) {
    arguments.insert(arguments.end(), {"--bug", command.options.only_bug});
  }
  if (command.strict) arguments.push_back("--strict");
  if (command.json) arguments.push_back("--json");
  return become_program(arguments);
}

int validate(const ValidateCommand& command) {
  auto opened = open_lab_folder(command.folder, command.solution);
  if (const auto* problem = std::get_if<std::string>(&opened)) return refuse_lab(*problem);
  const auto& folder = std::get<LabFolder>(opened);
  if (!is_in_tree(folder, toolchain().source)) return hand_over(folder, command);
  const Lab* lab = require_lab(folder.name);
  if (lab == nullptr) {
    return refuse_lab(fmt::format("{}: its lab is not called \"{}\"",
                                  (folder.root / "lab.cc").string(), folder.name));
  }
  ProofOptions options = command.options;
  options.progress = show_progress;
  transport::stay_on_one_core();
  Proof proof = prove(*lab, folder, toolchain(), options);
  show_progress("");
  return print(std::move(proof), command);
}

}  // namespace

void add_lab_validate(CLI::App& lab, Action& action) {
  auto command = std::make_shared<ValidateCommand>();
  auto* sub = lab.add_subcommand("validate", "Prove a lab: starter, solution, and known bugs");
  sub->add_option("folder", command->folder, "The lab's folder")->capture_default_str();
  sub->add_option("--keys", command->options.keys,
                  "The solution has to get full marks with so many keys")
      ->capture_default_str()
      ->check(CLI::Range(1, 100'000));
  sub->add_option("--solution", command->solution, "Where the solution is (default: solution/)");
  sub->add_option("--bug", command->options.only_bug, "Try this file of mutants/ alone");
  sub->add_flag("--strict", command->strict, "Warnings count: every test finds a bug, has a hint");
  sub->add_option("--require-isolation", command->options.required_isolation,
                  "Only in a cage of at least this level (docs/isolation.md)")
      ->check(CLI::Range(0, 3));
  sub->add_flag("--json", command->json, "Print JSON");
  sub->footer(
      "Builds the lab, and proves by the referee: the starter builds, earns nothing and fails "
      "first\n"
      "by a promise; the solution gets full marks; each bug in mutants/ loses points where it "
      "says.\n"
      "Exit codes: 0 proven; 1 something is not so; 2 usage, or the folder is no lab; 3 the "
      "machine\n"
      "failed.\n"
      "Examples:\n"
      "  lockstep lab validate ~/labs/two_phase\n"
      "  lockstep lab validate ~/labs/two_phase --keys 200 --strict");
  sub->callback([command, &action] { action = [command] { return validate(*command); }; });
}

}  // namespace lockstep::labs
