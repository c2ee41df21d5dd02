#include "transport/process/node_death.h"

#include <fmt/core.h>
#include <sys/wait.h>

#include <csignal>
#include <cstring>

#include "transport/process/serve.h"

namespace lockstep::transport {

std::string_view name_of(NodeEnd end) {
  switch (end) {
    case NodeEnd::Exited:
      return "exited";
    case NodeEnd::Signal:
      return "signal";
    case NodeEnd::CpuTime:
      return "cpu time";
    case NodeEnd::Memory:
      return "memory";
    case NodeEnd::Output:
      return "output";
    case NodeEnd::Processes:
      return "processes";
    case NodeEnd::Protocol:
      return "protocol";
    case NodeEnd::Silent:
      return "silent";
    case NodeEnd::Infrastructure:
      return "infrastructure";
  }
  return "unknown";
}

NodeDeath death_of(int wait_status) {
  if (WIFEXITED(wait_status)) {
    const int code = WEXITSTATUS(wait_status);
    if (code == kOutOfMemory) return {NodeEnd::Memory, "ran out of the memory it may have", {}};
    if (code == kOutOfThreads) return {NodeEnd::Processes, "wanted more threads than it may", {}};
    return {NodeEnd::Exited, fmt::format("exited with code {}", code), {}};
  }
  const int signal = WTERMSIG(wait_status);
  switch (signal) {
    case SIGKILL:
      return {NodeEnd::Signal, "was killed, or closed its pipe", {}};
    case SIGXCPU:
      return {NodeEnd::CpuTime, "used up its CPU time", {}};
    case SIGXFSZ:
      return {NodeEnd::Output, "wrote more output than it may", {}};
    default:
      return {
          NodeEnd::Signal, fmt::format("died of signal {} ({})", signal, strsignal(signal)), {}};
  }
}

NodeProcessError::NodeProcessError(NodeId node, NodeDeath death)
    : std::runtime_error("the process of " + to_string(node) + " " + death.happened),
      node_(node),
      death_(std::move(death)) {}

}  // namespace lockstep::transport
