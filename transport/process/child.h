// Nodes in child processes: each life of a node is a process of its own, forked from this one, and
// a crash is SIGKILL. Runs have the same digest as in one process.
//
// The bare host: it separates address spaces and nothing else. A child that never answers is waited
// for without end; limits and a cage are the business of the sandbox.
#pragma once

#include <cstdint>

#include "transport/host.h"
#include "transport/process/node_death.h"

namespace lockstep::transport {

struct ChildProcessOptions {
  /// Bytes that one event or its effects may have at most.
  std::uint32_t frame_limit = 64u << 20;
};

/// Makes hosts whose nodes live in child processes. Their functions throw NodeProcessError; after
/// that every further call throws it again.
///
/// Ignores SIGPIPE for the whole process, unless somebody handles it.
/// Requires: this process has one thread.
HostFactory child_processes(ChildProcessOptions options = {});

}  // namespace lockstep::transport
