#include "transport/process/cage/caged_command.h"

#include <dirent.h>
#include <fmt/core.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "transport/process/cage/confinement.h"
#include "transport/process/packets.h"

namespace lockstep::transport {
namespace {

constexpr int kNotRun = 127;
constexpr int kLookEveryMilliseconds = 5;

std::vector<char*> pointers_to(const google::protobuf::RepeatedPtrField<std::string>& words) {
  std::vector<char*> pointers;
  for (const auto& word : words) pointers.push_back(const_cast<char*>(word.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

[[noreturn]] void become_command(const process::CageSettings& settings, const FileRules& rules,
                                 const SyscallFilter& filter, int output) {
  dup2(output, STDOUT_FILENO);
  dup2(output, STDERR_FILENO);
  close_from(STDERR_FILENO + 1);
  limit_self(settings);
  const auto command = pointers_to(settings.command());
  const auto environment = pointers_to(settings.environment());
  std::string problem;
  if (!settings.writable().empty() && chdir(settings.writable().c_str()) != 0) {
    problem = fmt::format("{}: {}", settings.writable(), std::strerror(errno));
  }
  if (problem.empty()) problem = restrict_files(rules);
  if (problem.empty()) problem = filter.put_in_force();
  if (problem.empty()) {
    execve(command.front(), command.data(), environment.data());
    problem = fmt::format("{}: {}", settings.command(0), std::strerror(errno));
  }
  fmt::print(stderr, "lockstep: {}\n", problem);
  std::fflush(stderr);
  _exit(kNotRun);
}

/// The process that a folder of /proc is about, if this one is its parent.
pid_t child_in(const char* folder) {
  const pid_t process = std::atoi(folder);
  if (process <= 0) return 0;
  std::FILE* file = std::fopen(fmt::format("/proc/{}/stat", process).c_str(), "r");
  if (file == nullptr) return 0;
  char line[512]{};
  const std::size_t got = std::fread(line, 1, sizeof line - 1, file);
  std::fclose(file);
  // A program's name may hold anything, parentheses too: what follows the last one is its state.
  const std::string text(line, got);
  const auto name_end = text.rfind(')');
  if (name_end == std::string::npos || text.size() < name_end + 5) return 0;
  return std::atoi(text.c_str() + name_end + 4) == getpid() ? process : 0;
}

void kill_children() {
  if (getpid() == 1) {
    kill(-1, SIGKILL);
    return;
  }
  DIR* processes = opendir("/proc");
  if (processes == nullptr) return;
  while (const dirent* entry = readdir(processes)) {
    if (const pid_t child = child_in(entry->d_name); child > 0) kill(child, SIGKILL);
  }
  closedir(processes);
}

/// Orphans become children of this process one generation after the other.
void end_descendants() {
  for (;;) {
    kill_children();
    pid_t ended = 0;
    while ((ended = waitpid(-1, nullptr, WNOHANG)) > 0) {
    }
    if (ended < 0 && errno == ECHILD) return;
    poll(nullptr, 0, 1);
  }
}

bool referee_hung_up(int control) {
  pollfd waited{control, POLLIN, 0};
  return poll(&waited, 1, kLookEveryMilliseconds) > 0;
}

std::uint64_t microseconds(const timeval& time) {
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000 +
         static_cast<std::uint64_t>(time.tv_usec);
}

/// Waits for the command, or for the referee to hang up: then the command has not ended.
bool await(int control, pid_t command, process::CageReport& report) {
  for (;;) {
    int status = 0;
    const pid_t ended = waitpid(-1, &status, WNOHANG);
    if (ended == command) {
      report.set_status(status);
      return true;
    }
    if (ended < 0 && errno == ECHILD) {
      report.set_problem("nobody knows how it ended");
      return true;
    }
    if (ended == 0 && referee_hung_up(control)) return false;
  }
}

}  // namespace

void run_command(int control, const process::CageSettings& settings, const FileRules& rules,
                 const SyscallFilter& filter, int output) {
  const pid_t command = fork();
  if (command == 0) become_command(settings, rules, filter, output);
  close(output);
  process::CageReport report;
  if (command < 0) {
    report.set_problem(fmt::format("it cannot be forked: {}", std::strerror(errno)));
    send_packet(control, report);
    return;
  }
  const bool ended = await(control, command, report);
  end_descendants();
  if (!ended) return;
  rusage usage{};
  getrusage(RUSAGE_CHILDREN, &usage);
  report.set_cpu_microseconds(microseconds(usage.ru_utime) + microseconds(usage.ru_stime));
  report.set_peak_kilobytes(static_cast<std::uint64_t>(usage.ru_maxrss));
  send_packet(control, report);
}

}  // namespace lockstep::transport
