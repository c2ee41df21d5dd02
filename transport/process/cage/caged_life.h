// One life of a node inside its cage.
#pragma once

#include "transport/process/cage.pb.h"
#include "transport/process/cage/syscall_filter.h"

namespace lockstep::transport {

struct LifeDescriptors {
  int in;
  int out;
  int output;  ///< what the node prints
};

/// Closes the cage, loads the module, makes the node that the first event names and serves it.
/// Never returns; the exit codes are those of transport/process/serve.h.
[[noreturn]] void live(LifeDescriptors descriptors, const process::CageSettings& settings,
                       const SyscallFilter& filter);

}  // namespace lockstep::transport
