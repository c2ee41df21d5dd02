// `lockstep lab replay`: a test's run step by step, with the student's own nodes in it.
#include <fmt/core.h>

#include <memory>

#include "labs/cli/lab_suite.h"
#include "labs/cli/trace_options.h"

namespace lockstep::labs {
namespace {

constexpr int kUsage = 2;
constexpr int kInfrastructure = 3;

struct ReplayCommand {
  LabRun run;
  TraceOptions shown;
  std::string trace;
};

int replay(ReplayCommand& command) {
  if (const auto error = command.shown.read()) return refuse_lab(error->message);
  const auto open = build_suite(command.run.target);
  if (!open) return kUsage;
  const LabTest* test = require_test(*open->lab, command.run.test);
  if (test == nullptr) return kUsage;
  const std::string file =
      command.trace.empty() ? (open->workspace.output() / "replay.trace").string() : command.trace;
  std::vector<std::string> arguments{open->workspace.suite_program(),
                                     "--one",
                                     full_name(*test),
                                     "--seed",
                                     std::to_string(command.run.seed),
                                     "--record",
                                     file,
                                     "--replay",
                                     command.run.command("replay", *test)};
  if (command.run.small) arguments.push_back("--small");
  const auto exit_code = run_program(arguments);
  if (!exit_code) return kInfrastructure;
  if (*exit_code != 0) return *exit_code;
  auto opened = chaos::Trace::open(file);
  if (const auto* error = std::get_if<chaos::TraceError>(&opened)) return refuse_lab(error->text());
  auto& trace = std::get<chaos::Trace>(opened);
  if (!command.trace.empty()) {
    fmt::print("{}: {} steps; `lockstep replay {}` shows them\n", file, trace.size(), file);
    return 0;
  }
  if (const auto error = command.shown.show(trace)) return refuse_lab(error->message);
  return 0;
}

}  // namespace

void add_lab_replay(CLI::App& lab, Action& action) {
  auto* sub = lab.add_subcommand("replay", "Show the run of a test step by step");
  auto command = std::make_shared<ReplayCommand>();
  command->run.add_to(*sub);
  command->shown.add_to(*sub);
  sub->add_option("--trace", command->trace, "Write the run to this file, and show nothing");
  sub->footer(
      "The digest at the end is that of the run under `lockstep lab test` and `lab grade`.\n"
      "Examples:\n"
      "  lockstep lab replay raft A.first_leader --seed 7\n"
      "  lockstep lab replay raft A.first_leader --seed 7 --small --from 180 --node 3\n"
      "  lockstep lab replay raft A.first_leader --trace run.trace");
  sub->callback([command, &action] { action = [command] { return replay(*command); }; });
}

}  // namespace lockstep::labs
