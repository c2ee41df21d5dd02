#include "transport/process/cage/caged_command.h"

#include <fmt/core.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <vector>

#include "transport/process/cage/confinement.h"
#include "transport/process/cage/reaper.h"
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
  end_descendants(settings.user());
  if (!ended) return;
  rusage usage{};
  getrusage(RUSAGE_CHILDREN, &usage);
  report.set_cpu_microseconds(microseconds(usage.ru_utime) + microseconds(usage.ru_stime));
  report.set_peak_kilobytes(static_cast<std::uint64_t>(usage.ru_maxrss));
  send_packet(control, report);
}

}  // namespace lockstep::transport
