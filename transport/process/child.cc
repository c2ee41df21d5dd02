#include "transport/process/child.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <exception>
#include <limits>
#include <optional>

#include "transport/process/frames.h"
#include "transport/process/node_protocol.pb.h"
#include "transport/process/serve.h"
#include "transport/process/translate.h"

namespace lockstep::transport {
namespace {

constexpr std::uint32_t kNoLimit = std::numeric_limits<std::int32_t>::max();
constexpr int kException = 3;

/// The two descriptors of a pipe.
struct Pipe {
  int read_end = -1;
  int write_end = -1;
};

Pipe open_pipe() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) {
    throw NodeProcessError(NodeId{}, fmt::format("no pipe: {}", std::strerror(errno)));
  }
  return {ends[0], ends[1]};
}

void close_pipe(Pipe pipe) {
  close(pipe.read_end);
  close(pipe.write_end);
}

/// Closes descriptors first .. last, whether they are open or not.
void close_between(int first, int last) {
  if (first > last) return;
  if (close_range(static_cast<unsigned>(first), static_cast<unsigned>(last), 0) == 0) return;
  const int end = static_cast<int>(sysconf(_SC_OPEN_MAX));
  for (int descriptor = first; descriptor <= std::min(last, end); ++descriptor) close(descriptor);
}

/// Other children notice that this process ended only if nobody else holds their pipes open.
void keep_only(int one, int other) {
  const auto [low, high] = std::minmax(one, other);
  close_between(STDERR_FILENO + 1, low - 1);
  close_between(low + 1, high - 1);
  close_between(high + 1, std::numeric_limits<int>::max());
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
  int code = kException;
  try {
    const auto node = prototype.fresh();
    code = serve(*node, frames);
  } catch (const std::exception& error) {
    fmt::print(stderr, "lockstep: a node let an exception out: {}\n", error.what());
  } catch (...) {
    fmt::print(stderr, "lockstep: a node let an exception out\n");
  }
  _exit(code);
}

std::string describe_end(int status) {
  if (WIFEXITED(status)) return fmt::format("exited with code {}", WEXITSTATUS(status));
  if (WTERMSIG(status) == SIGKILL) return "was killed, or closed its pipe";
  return fmt::format("died of signal {} ({})", WTERMSIG(status), strsignal(WTERMSIG(status)));
}

class ChildHost final : public Host {
 public:
  ChildHost(const Node& prototype, ChildProcessOptions options)
      : parser_(prototype.fresh()), own_message_(parser_->parse({})) {
    const Pipe to_child = open_pipe();
    Pipe from_child;
    try {
      from_child = open_pipe();
    } catch (const NodeProcessError&) {
      close_pipe(to_child);
      throw;
    }
    child_ = fork();
    if (child_ == 0) live(prototype, to_child.read_end, from_child.write_end);
    const int error = errno;
    close(to_child.read_end);
    close(from_child.write_end);
    frames_.emplace(from_child.read_end, to_child.write_end, options.frame_limit);
    if (child_ < 0) {
      throw NodeProcessError(NodeId{}, fmt::format("no process: {}", std::strerror(error)));
    }
  }

  ~ChildHost() override { end(); }

  bool handle(World& world, const Step& step) override {
    self_ = world.self;
    if (is_foreign(step)) return false;
    event_.Clear();
    write_event(world, step, event_);
    exchange();
    if (step.kind == Step::Kind::Start && effects_.version() != kNodeProtocolVersion) {
      fail(fmt::format("speaks version {} of the node protocol, not {}", effects_.version(),
                       kNodeProtocolVersion));
    }
    if (!read_effects(effects_, *parser_, world)) {
      fail("sent effects with a malformed payload, timer or claim");
    }
    return !effects_.unhandled();
  }

  void describe(Fields& fields) override {
    event_.Clear();
    event_.set_kind(process::Event::DESCRIBE);
    exchange();
    for (const auto& field : effects_.fields()) fields(field.name(), field.value());
  }

 private:
  /// The child could not tell another protocol's bytes from its own.
  bool is_foreign(const Step& step) const {
    return step.kind == Step::Kind::Message &&
           step.payload.message().GetDescriptor() != own_message_.message().GetDescriptor();
  }

  void exchange() {
    if (!failure_.empty()) throw NodeProcessError(self_, failure_);
    auto status = frames_->send(event_);
    if (status == FrameStatus::TooLong) {
      fail(fmt::format("cannot be told {} bytes at once", event_.ByteSizeLong()));
    }
    if (status == FrameStatus::Ok) status = frames_->receive(effects_);
    if (status == FrameStatus::Closed) fail(describe_end(end()));
    if (status == FrameStatus::TooLong) fail("sent a frame beyond the limit");
    if (status == FrameStatus::Malformed) fail("sent bytes that are no Effects");
  }

  [[noreturn]] void fail(std::string happened) {
    failure_ = std::move(happened);
    end();
    throw NodeProcessError(self_, failure_);
  }

  /// Kills the child if it lives; gives its wait status.
  int end() {
    if (child_ <= 0) return 0;
    kill(child_, SIGKILL);
    int status = 0;
    while (waitpid(child_, &status, 0) < 0 && errno == EINTR) {
    }
    child_ = 0;
    return status;
  }

  std::unique_ptr<Node> parser_;
  Envelope own_message_;
  std::optional<Frames> frames_;
  pid_t child_ = 0;
  NodeId self_{};
  std::string failure_;
  process::Event event_;
  process::Effects effects_;
};

void ignore_broken_pipes() {
  struct sigaction present {};
  sigaction(SIGPIPE, nullptr, &present);
  if (present.sa_handler == SIG_DFL) std::signal(SIGPIPE, SIG_IGN);
}

}  // namespace

NodeProcessError::NodeProcessError(NodeId node, const std::string& happened)
    : std::runtime_error("the process of " + to_string(node) + " " + happened), node_(node) {}

HostFactory child_processes(ChildProcessOptions options) {
  ignore_broken_pipes();
  return
      [options](const Node& prototype) { return std::make_unique<ChildHost>(prototype, options); };
}

}  // namespace lockstep::transport
