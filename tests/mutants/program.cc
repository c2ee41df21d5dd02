#include "tests/mutants/program.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <fmt/ranges.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>
#include <stdexcept>

extern char** environ;

namespace lockstep::mutants {
namespace {

constexpr int kUsage = 2;
constexpr int kSignalBase = 128;

std::chrono::milliseconds cpu_of(const rusage& usage) {
  const auto of = [](const timeval& time) {
    return std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
  };
  return std::chrono::duration_cast<std::chrono::milliseconds>(of(usage.ru_utime) +
                                                               of(usage.ru_stime));
}

pid_t start(const std::string& program, const std::vector<std::string>& arguments, int output) {
  std::vector<char*> words{const_cast<char*>(program.c_str())};
  for (const auto& argument : arguments) words.push_back(const_cast<char*>(argument.c_str()));
  words.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  ::posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  pid_t process = 0;
  const int error =
      ::posix_spawn(&process, program.c_str(), &actions, nullptr, words.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  if (error != 0) {
    throw std::runtime_error(
        fmt::format("{}: cannot be started: {}", program, std::strerror(error)));
  }
  return process;
}

}  // namespace

Ended run_program(const std::string& program, const std::vector<std::string>& arguments) {
  int ends[2];
  // Closed on exec: programs that are started at the same time must not keep this pipe open.
  if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
  const pid_t process = start(program, arguments, ends[1]);
  ::close(ends[1]);
  Ended ended;
  char buffer[1 << 14];
  for (;;) {
    const auto size = ::read(ends[0], buffer, sizeof buffer);
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) break;
    ended.output.append(buffer, static_cast<std::size_t>(size));
  }
  ::close(ends[0]);
  int status = 0;
  rusage usage{};
  while (::wait4(process, &status, 0, &usage) < 0 && errno == EINTR) {
  }
  ended.code = WIFEXITED(status) ? WEXITSTATUS(status) : kSignalBase + WTERMSIG(status);
  ended.cpu = cpu_of(usage);
  return ended;
}

Seeds run_seeds(const std::string& program, const std::string& system,
                std::vector<std::string> arguments, bool stop_at_first) {
  arguments.insert(arguments.begin(), {"run", system, "--json", "--workers", "1"});
  if (stop_at_first) arguments.push_back("--stop-at-first");
  const Ended ended = run_program(program, arguments);
  const auto json = nlohmann::json::parse(ended.output, nullptr, false);
  if (ended.code == kUsage || json.is_discarded()) {
    throw std::runtime_error(fmt::format("{} {}: exit code {} and no JSON; it is meant to run",
                                         program, fmt::join(arguments, " "), ended.code));
  }
  Seeds seeds;
  seeds.cpu = ended.cpu;
  for (const auto* judgement : {"holds", "wrong", "stuck", "invalid", "unknown"}) {
    seeds.run += json.at(judgement).get<std::uint64_t>();
  }
  seeds.invalid = json.at("invalid");
  seeds.unknown = json.at("unknown");
  for (const auto& failure : json.at("failures")) {
    const std::string judgement = failure.at("judgement");
    if (judgement != "wrong" && judgement != "stuck") continue;
    seeds.kills.push_back({failure.at("seed"), judgement, failure.at("detector"),
                           failure.at("story"), failure.at("event")});
  }
  if (json.contains("workers")) {
    const auto& first = json.at("workers").front();
    seeds.crash = fmt::format("seed {}: {}", first.at("seed").get<std::uint64_t>(),
                              first.at("what").get<std::string>());
  }
  return seeds;
}

}  // namespace lockstep::mutants
