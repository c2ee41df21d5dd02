#include "transport/process/caged_command.h"

#include <fmt/core.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "transport/process/cage.pb.h"
#include "transport/process/cage_link.h"
#include "transport/process/packets.h"
#include "transport/process/remote_host.h"

namespace lockstep::transport {
namespace {

using Clock = std::chrono::steady_clock;
using Limit = CommandResult::Limit;

constexpr std::uint32_t kOpenFiles = 256;
constexpr int kSignalled = 128;

process::CageSettings settings_for(const CagedCommand& command) {
  process::CageSettings settings;
  settings.mutable_command()->Assign(command.command.begin(), command.command.end());
  settings.mutable_environment()->Assign(command.environment.begin(), command.environment.end());
  settings.mutable_readable()->Assign(command.readable.begin(), command.readable.end());
  settings.set_writable(command.writable);
  settings.set_user(unused_user());
  settings.set_cpu_seconds(static_cast<std::uint64_t>(command.limits.cpu.count()));
  settings.set_memory_bytes(command.limits.memory_bytes);
  settings.set_file_bytes(command.limits.file_bytes);
  settings.set_processes(command.limits.processes);
  settings.set_open_files(kOpenFiles);
  settings.set_namespaces(true);
  return settings;
}

/// Milliseconds until then, at least one while it is not over.
int until(Clock::time_point deadline) {
  const auto left =
      std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
  return left < 0 ? 0 : static_cast<int>(std::min<std::int64_t>(left, 60'000)) + 1;
}

/// Reads what is there. False at the end.
bool take_output(int pipe, std::string& output) {
  std::array<char, 16 * 1024> part;
  const ssize_t got = read(pipe, part.data(), part.size());
  if (got < 0) return errno == EINTR || errno == EAGAIN;
  output.append(part.data(), static_cast<std::size_t>(got));
  return got > 0;
}

/// Waits for the cage's report and gathers output, until a limit is reached. False if there will be
/// no report.
bool await(CageLink& link, int pipe, const CommandLimits& limits, CommandResult& result,
           process::CageReport& report) {
  const auto deadline = Clock::now() + limits.wall;
  std::array<pollfd, 2> waited{pollfd{link.control.get(), POLLIN, 0}, pollfd{pipe, POLLIN, 0}};
  for (;;) {
    const int ready = poll(waited.data(), waited.size(), until(deadline));
    if (ready == 0 && Clock::now() >= deadline) result.limit = Limit::WallTime;
    if (waited[1].revents != 0 && !take_output(pipe, result.output)) waited[1].fd = -1;
    if (result.output.size() > limits.output_bytes) result.limit = Limit::Output;
    if (result.limit != Limit::None) return false;
    if (ready > 0 && waited[0].revents != 0) {
      return receive_packet(link.control.get(), report).has_value();
    }
  }
}

void note_end(const process::CageReport& report, const CommandLimits& limits,
              CommandResult& result) {
  const int status = report.status();
  result.cpu = std::chrono::microseconds(report.cpu_microseconds());
  result.peak_kilobytes = report.peak_kilobytes();
  if (WIFEXITED(status)) {
    result.exit_code = WEXITSTATUS(status);
  } else {
    result.signal = WTERMSIG(status);
    result.exit_code = kSignalled + result.signal;
  }
  // A driver such as g++ dies of nothing itself, but says what its compiler died of.
  const int inner = result.exit_code > kSignalled ? result.exit_code - kSignalled : 0;
  if (inner == SIGXCPU || (inner == SIGKILL && result.cpu >= limits.cpu)) {
    result.limit = Limit::CpuTime;
  }
  if (inner == SIGXFSZ) result.limit = Limit::FileSize;
}

}  // namespace

std::string_view name_of(Limit limit) {
  switch (limit) {
    case Limit::None:
      return "";
    case Limit::CpuTime:
      return "CPU time";
    case Limit::WallTime:
      return "time on the wall";
    case Limit::FileSize:
      return "size of a file";
    case Limit::Output:
      return "output";
  }
  return "";
}

std::variant<CommandResult, std::string> run_caged(const CagedCommand& command) {
  ignore_broken_pipes();
  auto pipe = open_pipe();
  if (!pipe) return fmt::format("no pipe for output: {}", std::strerror(errno));
  const auto program = command.cage_program.empty() ? default_cage_program() : command.cage_program;
  auto opened =
      open_cage(program, settings_for(command), {pipe->write_end.get()}, command.required_level);
  if (auto* problem = std::get_if<std::string>(&opened)) return std::move(*problem);
  pipe->write_end = Descriptor{};
  auto& link = std::get<CageLink>(opened);
  CommandResult result;
  result.isolation = link.isolation;
  process::CageReport report;
  const bool reported = await(link, pipe->read_end.get(), command.limits, result, report);
  link.close();
  // Nobody is left who could write; the rest of the output is in the pipe.
  while (result.output.size() <= command.limits.output_bytes &&
         take_output(pipe->read_end.get(), result.output)) {
  }
  if (result.output.size() > command.limits.output_bytes) {
    result.limit = Limit::Output;
    result.output.resize(command.limits.output_bytes);
  }
  if (result.limit == Limit::None && !reported) return "the cage is gone without a report";
  if (!report.problem().empty()) return report.problem();
  if (reported) note_end(report, command.limits, result);
  if (!reported) result.exit_code = kSignalled + (result.signal = SIGKILL);
  return result;
}

}  // namespace lockstep::transport
