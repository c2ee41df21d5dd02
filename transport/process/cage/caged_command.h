// One command and all that it starts, inside a cage, until all of it is gone.
#pragma once

#include "transport/process/cage.pb.h"
#include "transport/process/cage/landlock.h"
#include "transport/process/cage/syscall_filter.h"

namespace lockstep::transport {

/// Runs the command of the settings, reports its end to the referee and returns when no process of
/// it is left. A referee that hangs up ends it. `output` takes what it prints.
/// Requires: this process adopts orphans.
void run_command(int control, const process::CageSettings& settings, const FileRules& rules,
                 const SyscallFilter& filter, int output);

}  // namespace lockstep::transport
