#include "transport/process/commanded.h"

#include <fmt/core.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include "transport/process/pipes.h"
#include "transport/process/remote.h"
#include "transport/process/remote_host.h"

namespace lockstep::transport {
namespace {

[[noreturn]] void fail(std::string happened) {
  throw NodeProcessError(NodeId{}, {NodeEnd::Infrastructure, std::move(happened), {}});
}

/// In a process group of its own, so that a shell's children end with it.
pid_t spawn(const std::vector<std::string>& command, int in, int out) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t pipe_signal;
  sigemptyset(&pipe_signal);
  sigaddset(&pipe_signal, SIGPIPE);
  posix_spawnattr_setsigdefault(&attributes, &pipe_signal);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF);
  std::vector<char*> words;
  for (const auto& word : command) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  pid_t process = -1;
  const int error =
      posix_spawnp(&process, words.front(), &actions, &attributes, words.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  if (error != 0)
    fail(fmt::format("cannot be started: {}: {}", command.front(), std::strerror(error)));
  return process;
}

class CommandedLife final : public NodeLife {
 public:
  explicit CommandedLife(pid_t process) : process_(process) {}

  NodeDeath end(bool is_dying) override {
    int status = 0;
    if (!is_dying || !ends_by_itself(status)) {
      kill(-process_, SIGKILL);
      while (waitpid(process_, &status, 0) < 0 && errno == EINTR) {
      }
    }
    // Whatever else was in its group.
    kill(-process_, SIGKILL);
    return death_of(status);
  }

 private:
  bool ends_by_itself(int& status) const {
    constexpr int kMilliseconds = 500;
    for (int waited = 0; waited < kMilliseconds; ++waited) {
      if (waitpid(process_, &status, WNOHANG) == process_) return true;
      poll(nullptr, 0, 1);
    }
    return false;
  }

  pid_t process_;
};

std::unique_ptr<Host> commanded_host(const Node& prototype, const std::vector<std::string>& command,
                                     const CommandedOptions& options) {
  auto to_node = open_pipe();
  auto from_node = open_pipe();
  if (!to_node || !from_node) fail(fmt::format("has no pipe: {}", std::strerror(errno)));
  const pid_t process = spawn(command, to_node->read_end.get(), from_node->write_end.get());
  const bool is_remote = dynamic_cast<const RemoteNode*>(&prototype) != nullptr;
  return remote_host(
      prototype, is_remote ? spec_of(prototype) : options.spec,
      std::make_unique<Frames>(from_node->read_end.release(), to_node->write_end.release(),
                               options.frame_limit, options.silence),
      std::make_unique<CommandedLife>(process));
}

}  // namespace

HostFactory commanded_processes(std::vector<std::string> command, CommandedOptions options) {
  ignore_broken_pipes();
  return [command = std::move(command), options = std::move(options)](const Node& prototype) {
    return commanded_host(prototype, command, options);
  };
}

std::vector<std::string> in_a_shell(const std::string& command_line) {
  return {"/bin/sh", "-c", "exec " + command_line};
}

}  // namespace lockstep::transport
