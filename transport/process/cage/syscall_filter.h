// Which system calls a process may make: seccomp programs, made once and put in force by each
// process for itself and for good.
#pragma once

#include <linux/filter.h>

#include <string>
#include <variant>
#include <vector>

namespace lockstep::transport {

/// An empty filter forbids nothing.
class SyscallFilter {
 public:
  SyscallFilter() = default;
  explicit SyscallFilter(std::vector<sock_filter> program) : program_(std::move(program)) {}

  /// For this process from now on. Empty, or the reason why it is not in force.
  /// Requires: no_new_privs.
  std::string put_in_force() const;

 private:
  std::vector<sock_filter> program_;
};

/// For a node: what computing takes, and nothing else. No processes, though threads; no sockets,
/// pipes or shared memory; signals to itself only. The rest fails with EPERM. Or a reason.
std::variant<SyscallFilter, std::string> filter_for_nodes();

/// For a command such as a compiler, which forks and writes files: everything but sockets, other
/// processes' memory and signals, namespaces, and what only administers a machine. Or a reason.
std::variant<SyscallFilter, std::string> filter_for_commands();

}  // namespace lockstep::transport
