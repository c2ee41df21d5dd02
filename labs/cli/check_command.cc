#include <fmt/core.h>

#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "chaos/check/causal.h"
#include "chaos/check/explain.h"
#include "chaos/check/formats.h"
#include "chaos/check/linearizability.h"
#include "labs/cli/commands.h"

namespace lockstep::labs {

using chaos::History;

namespace {

constexpr int kViolated = 1;
constexpr int kBadInput = 2;
constexpr int kNoVerdict = 3;

constexpr const char* kLinearizable = "linearizable";
constexpr const char* kCausal = "causal";
constexpr const char* kCausallyConvergent = "causally-convergent";

struct CheckCommand {
  std::vector<std::string> files;
  std::string consistency = kLinearizable;
  chaos::CheckOptions options;
  bool quiet = false;
  bool json = false;
};

/// What became of one file.
struct Outcome {
  std::string file;
  std::string verdict;
  std::string evidence;
  std::size_t operations = 0;
  std::int64_t microseconds = 0;  ///< of the machine, for people; it decides nothing
  int exit_code = 0;
};

void judge_linearizable(Outcome& outcome, const History& history,
                        const chaos::CheckOptions& options) {
  const auto verdict = check_linearizability(history, options);
  if (const auto* violation = verdict.violation()) {
    outcome.evidence = describe(*violation, history);
    outcome.exit_code = kViolated;
  } else if (verdict.is_unknown()) {
    outcome.evidence = std::get<chaos::Unknown>(verdict.answer).reason;
    outcome.exit_code = kNoVerdict;
  }
}

void judge_causal(Outcome& outcome, const History& history, bool convergent) {
  const auto verdict = check_causal(history, convergent);
  if (const auto* violation = std::get_if<chaos::CausalViolation>(&verdict)) {
    outcome.evidence = describe(*violation, history);
    outcome.exit_code = kViolated;
  } else if (const auto* unknown = std::get_if<chaos::Unknown>(&verdict)) {
    outcome.evidence = unknown->reason;
    outcome.exit_code = kNoVerdict;
  }
}

Outcome check(const std::string& file, const CheckCommand& command) {
  Outcome outcome;
  outcome.file = file;
  const auto read = chaos::read_history(file);
  if (const auto* error = std::get_if<chaos::FormatError>(&read)) {
    outcome.verdict = "malformed";
    outcome.evidence = error->text();
    outcome.exit_code = kBadInput;
    return outcome;
  }
  const auto& history = std::get<History>(read);
  outcome.operations = history.operations.size();
  const auto begin = std::chrono::steady_clock::now();
  if (command.consistency == kLinearizable) {
    judge_linearizable(outcome, history, command.options);
  } else {
    judge_causal(outcome, history, command.consistency == kCausallyConvergent);
  }
  outcome.microseconds = std::chrono::duration_cast<std::chrono::microseconds>(
                             std::chrono::steady_clock::now() - begin)
                             .count();
  outcome.verdict = outcome.exit_code == kNoVerdict  ? "unknown"
                    : outcome.exit_code == kViolated ? "not " + command.consistency
                                                     : command.consistency;
  return outcome;
}

void print(const Outcome& outcome, bool quiet) {
  if (outcome.exit_code == kBadInput) {
    fmt::print(stderr, "lockstep check: {}\n", outcome.evidence);
    return;
  }
  fmt::print("{}: {} ({} operations, {}.{} ms)\n", outcome.file, outcome.verdict,
             outcome.operations, outcome.microseconds / 1000, outcome.microseconds % 1000 / 100);
  if (!quiet && !outcome.evidence.empty()) {
    fmt::print("{}{}", outcome.evidence, outcome.evidence.back() == '\n' ? "" : "\n");
  }
}

/// Bad input outranks a violation, which outranks an open question: a script must not take a file
/// that could not be read for one that was checked.
int worse(int left, int right) {
  constexpr int kRank[] = {0, 2, 3, 1};
  return kRank[left] >= kRank[right] ? left : right;
}

int execute(const CheckCommand& command) {
  int code = 0;
  auto json = nlohmann::json::array();
  for (const auto& file : command.files) {
    const Outcome outcome = check(file, command);
    code = worse(code, outcome.exit_code);
    if (command.json) {
      json.push_back({{"file", outcome.file},
                      {"verdict", outcome.verdict},
                      {"evidence", outcome.evidence},
                      {"operations", outcome.operations},
                      {"microseconds", outcome.microseconds}});
    } else {
      print(outcome, command.quiet);
    }
  }
  if (command.json) {
    fmt::print("{}\n", json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
  }
  return code;
}

}  // namespace

void add_check(CLI::App& app, Action& action) {
  auto* app_command =
      app.add_subcommand("check", "Check recorded histories for a kind of consistency");
  auto command = std::make_shared<CheckCommand>();
  app_command
      ->add_option(
          "files", command->files,
          "Histories: our JSON Lines, Jepsen's EDN or jepsen.util log lines, plain or gzip")
      ->required();
  app_command
      ->add_option("--consistency", command->consistency,
                   "linearizable, causal or causally-convergent; see docs/consistency.md")
      ->capture_default_str()
      ->check(CLI::IsMember({kLinearizable, kCausal, kCausallyConvergent}));
  app_command->add_option("--steps", command->options.steps, "Give up after this many steps")
      ->capture_default_str();
  app_command->add_flag("--quiet", command->quiet, "Verdicts only, without the witness");
  app_command->add_flag("--json", command->json, "Print JSON");
  app_command->footer(
      "Exit codes: 0 all are consistent; 1 one is not; 2 one is malformed; 3 one is undecided.\n"
      "Examples:\n"
      "  lockstep check history.edn run.jsonl.gz\n"
      "  lockstep check --consistency causal run.jsonl");
  app_command->callback([command, &action] { action = [command] { return execute(*command); }; });
}

}  // namespace lockstep::labs
