// The commands of the `lockstep` program. Each adds itself to the application and, when it is the
// one that was called, sets the action that carries it out and gives the exit code: 0 fine; 1 a
// violation was found; 2 usage or input error; 3 unknown, invalid or infrastructure.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>

namespace lockstep::labs {

using Action = std::function<int()>;

void add_run(CLI::App& app, Action& action);
void add_compare(CLI::App& app, Action& action);
void add_check(CLI::App& app, Action& action);
void add_replay(CLI::App& app, Action& action);
void add_systems(CLI::App& app, Action& action);
void add_lab(CLI::App& app, Action& action);

}  // namespace lockstep::labs
