// Nodes that are programs of any language: each life is a command, spoken with in the node protocol
// over its standard input and output. See docs/node-protocol.md, and tests/process for one in
// Python.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "transport/host.h"
#include "transport/process/node_death.h"
#include "transport/process/node_spec.h"

namespace lockstep::transport {

struct CommandedOptions {
  std::uint32_t frame_limit = 16u << 20;      ///< bytes of one event or its effects
  std::chrono::milliseconds silence{60'000};  ///< on the wall, without an answer; 0 is no limit
  NodeSpec spec = {};  ///< which node is meant, unless the prototype is a RemoteNode
};

/// Makes hosts whose nodes are started by this command; a program without a slash is searched for
/// as a shell does. What it writes to its standard error output goes to this process's. It has
/// this process's rights: a program that nobody trusts belongs into a sandbox.
///
/// The functions of the hosts throw NodeProcessError, and so does the making. Ignores SIGPIPE for
/// the whole process, unless somebody handles it.
HostFactory commanded_processes(std::vector<std::string> command, CommandedOptions options = {});

/// The words of a command line; a shell runs it.
std::vector<std::string> in_a_shell(const std::string& command_line);

}  // namespace lockstep::transport
