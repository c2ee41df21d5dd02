// `lockstep lab new`: a folder for a lab of an instructor's own.
#include <fmt/core.h>

#include <memory>

#include "labs/cli/lab_command.h"
#include "labs/outside/new_lab.h"

namespace lockstep::labs {

namespace {

struct NewCommand {
  std::string name;
  std::string folder;
  std::string from = kSampleLab;
};

int make_new(const NewCommand& command) {
  const std::string folder = command.folder.empty() ? command.name : command.folder;
  if (const auto problem = write_new_lab(command.name, command.from, folder, toolchain())) {
    return refuse_lab(*problem);
  }
  fmt::print(
      "{0} is a lab of your own: its tests, starter/, solution/ and mutants/. Prove it, and again "
      "after every change:\n"
      "  lockstep lab validate {0}\n",
      folder);
  return 0;
}

}  // namespace

void add_lab_new(CLI::App& lab, Action& action) {
  auto command = std::make_shared<NewCommand>();
  auto* sub = lab.add_subcommand("new", "Make a lab of your own, outside this tree");
  sub->add_option("name", command->name, "Its name: a-z, 0-9 and _")->required();
  sub->add_option("folder", command->folder, "A new folder for it (default: NAME)");
  sub->add_option("--from", command->from, "Make a variant of this lab, which takes its place");
  sub->footer(
      "A new lab is small and complete, and says what to change (docs/write-a-lab.md).\n"
      "Examples:\n"
      "  lockstep lab new two_phase ~/labs/two_phase\n"
      "  lockstep lab new exactly_once_2027 ~/labs/variant --from exactly_once");
  sub->callback([command, &action] { action = [command] { return make_new(*command); }; });
}

}  // namespace lockstep::labs
