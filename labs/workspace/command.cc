#include "labs/workspace/command.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace lockstep::labs {

namespace {

constexpr int kNotRun = 127;

int wait_for(pid_t child) {
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

std::string read_all(int from) {
  std::string all;
  std::array<char, 4096> buffer{};
  for (ssize_t got = 0; (got = read(from, buffer.data(), buffer.size())) != 0;) {
    if (got > 0) {
      all.append(buffer.data(), static_cast<std::size_t>(got));
    } else if (errno != EINTR) {
      break;
    }
  }
  return all;
}

/// What became of it, said where nothing else says it.
CommandOutcome outcome_of(const Command& command, int status, std::string output) {
  CommandOutcome outcome{std::nullopt, std::move(output)};
  const std::string& program = command.arguments.front();
  if (WIFSIGNALED(status)) {
    outcome.output +=
        fmt::format("{} was ended by a signal: {}\n", program, strsignal(WTERMSIG(status)));
  } else if (WIFEXITED(status) && WEXITSTATUS(status) == kNotRun) {
    outcome.output += fmt::format("{} cannot be run\n", program);
  } else {
    outcome.code = WEXITSTATUS(status);
  }
  return outcome;
}

/// Requires: this is a child, or a process that is to be given up.
void execute(const Command& command) {
  std::vector<char*> argv;
  std::vector<std::string> arguments = command.arguments;
  for (auto& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  std::vector<std::string> environment = command.environment;
  for (auto& variable : environment) putenv(variable.data());
  if (!command.folder.empty() && chdir(command.folder.c_str()) != 0) return;
  execvp(argv[0], argv.data());
}

}  // namespace

CommandOutcome run_command(const Command& command) {
  std::array<int, 2> pipe{};
  if (pipe2(pipe.data(), O_CLOEXEC) != 0) return {std::nullopt, "no pipe can be made\n"};
  std::fflush(nullptr);
  const pid_t child = fork();
  if (child == 0) {
    dup2(pipe[1], STDOUT_FILENO);
    dup2(pipe[1], STDERR_FILENO);
    execute(command);
    _exit(kNotRun);
  }
  close(pipe[1]);
  std::string output = child > 0 ? read_all(pipe[0]) : "";
  close(pipe[0]);
  if (child < 0) return {std::nullopt, "no process can be made\n"};
  return outcome_of(command, wait_for(child), std::move(output));
}

CommandOutcome run_command_here(const Command& command) {
  std::fflush(nullptr);
  const pid_t child = fork();
  if (child == 0) {
    execute(command);
    _exit(kNotRun);
  }
  if (child < 0) return {std::nullopt, "no process can be made\n"};
  return outcome_of(command, wait_for(child), "");
}

void become_command(const Command& command) {
  std::fflush(nullptr);
  execute(command);
}

}  // namespace lockstep::labs
