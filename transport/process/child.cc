#include "transport/process/child.h"

#include <fmt/core.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <limits>

#include "transport/process/frames.h"
#include "transport/process/pipes.h"
#include "transport/process/remote_host.h"
#include "transport/process/serve.h"

namespace lockstep::transport {
namespace {

constexpr std::uint32_t kNoLimit = std::numeric_limits<std::int32_t>::max();

/// Other children notice that this process ended only if nobody else holds their pipes open.
void keep_only(int one, int other) {
  const auto [low, high] = std::minmax(one, other);
  close_between(STDERR_FILENO + 1, low - 1);
  close_between(low + 1, high - 1);
  close_from(high + 1);
}

/// Whoever handles signals in the parent does not mean the nodes.
void forget_signal_handlers() {
  for (int signal = 1; signal < NSIG; ++signal) std::signal(signal, SIG_DFL);
}

/// The life of the child; ends without the parent's exit handlers and buffers.
[[noreturn]] void live(const Node& prototype, int in, int out) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  forget_signal_handlers();
  keep_only(in, out);
  // Outlives the node: were the pipe closed before the end, the parent could not tell its cause.
  Frames frames(in, out, kNoLimit);
  _exit(serve(*prototype.fresh(), frames));
}

class ForkedLife final : public NodeLife {
 public:
  explicit ForkedLife(pid_t child) : child_(child) {}

  NodeDeath end(bool) override {
    kill(child_, SIGKILL);
    int status = 0;
    while (waitpid(child_, &status, 0) < 0 && errno == EINTR) {
    }
    return death_of(status);
  }

 private:
  pid_t child_;
};

[[noreturn]] void fail(const char* what) {
  throw NodeProcessError(
      NodeId{}, {NodeEnd::Infrastructure, fmt::format("{}: {}", what, std::strerror(errno)), {}});
}

std::unique_ptr<Host> child_host(const Node& prototype, const ChildProcessOptions& options) {
  auto to_child = open_pipe();
  auto from_child = open_pipe();
  if (!to_child || !from_child) fail("has no pipe");
  const pid_t child = fork();
  if (child == 0) live(prototype, to_child->read_end.release(), from_child->write_end.release());
  if (child < 0) fail("cannot be forked");
  return remote_host(prototype, {},
                     std::make_unique<Frames>(from_child->read_end.release(),
                                              to_child->write_end.release(), options.frame_limit),
                     std::make_unique<ForkedLife>(child));
}

}  // namespace

HostFactory child_processes(ChildProcessOptions options) {
  ignore_broken_pipes();
  return [options](const Node& prototype) { return child_host(prototype, options); };
}

}  // namespace lockstep::transport
