// `lockstep lab handout`: the repository that students get.
#include <fmt/core.h>

#include <memory>

#include "labs/cli/lab_command.h"
#include "labs/workspace/handout.h"

namespace lockstep::labs {

namespace {

struct HandoutCommand {
  std::vector<std::string> labs;
  std::string out;
};

int hand_out(const HandoutCommand& command) {
  constexpr int kUsage = 2;
  for (const auto& name : command.labs) {
    if (require_lab(name) == nullptr) return kUsage;
  }
  if (const auto error = write_handout(command.labs, command.out, toolchain())) {
    return refuse_lab(error->message);
  }
  fmt::print(
      "{} is ready to be handed out. Try it as a student will:\n"
      "  cd {} && ./lockstep lab start {}\n",
      command.out, command.out, command.labs.front());
  return 0;
}

}  // namespace

void add_lab_handout(CLI::App& lab, Action& action) {
  auto command = std::make_shared<HandoutCommand>();
  auto* handout = lab.add_subcommand("handout", "Make the repository that students get");
  handout->add_option("labs", command->labs, "The labs in it")->required();
  handout->add_option("--out", command->out, "A new folder for it")->required();
  handout->footer(
      "It has the framework, starters, public tests and documents; no reference, no known bugs, "
      "no\n"
      "private tests.\nExample:\n  lockstep lab handout ping exactly_once raft --out ~/handout");
  handout->callback([command, &action] { action = [command] { return hand_out(*command); }; });
}

}  // namespace lockstep::labs
