#include "transport/process/cage_link.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/core.h>
#include <pwd.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <set>

#include "transport/process/cage.pb.h"
#include "transport/process/packets.h"

#ifndef LOCKSTEP_CAGE_PROGRAM
#define LOCKSTEP_CAGE_PROGRAM ""
#endif

namespace lockstep::transport {
namespace {

constexpr int kControl = 3;

/// posix_spawn, with nothing inherited but the control socket.
pid_t spawn(const std::string& program, int control, int& error) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  for (const int standard : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    posix_spawn_file_actions_addopen(&actions, standard, "/dev/null", O_RDWR, 0);
  }
  posix_spawn_file_actions_adddup2(&actions, control, kControl);
  std::string name = program;
  std::array<char*, 2> arguments{name.data(), nullptr};
  std::array<char*, 1> environment{nullptr};
  pid_t process = -1;
  error = posix_spawn(&process, program.c_str(), &actions, nullptr, arguments.data(),
                      environment.data());
  posix_spawn_file_actions_destroy(&actions);
  return error == 0 ? process : -1;
}

std::set<uid_t> users_with_processes() {
  std::set<uid_t> users;
  DIR* processes = opendir("/proc");
  if (processes == nullptr) return users;
  while (const dirent* entry = readdir(processes)) {
    struct stat found {};
    if (std::atoi(entry->d_name) <= 0) continue;
    if (fstatat(dirfd(processes), entry->d_name, &found, 0) == 0) users.insert(found.st_uid);
  }
  closedir(processes);
  return users;
}

}  // namespace

std::string Isolation::account() const {
  std::string text = fmt::format("isolation level {}", level);
  const char* separator = ": ";
  for (const auto& measure : measures) {
    text += separator + measure;
    separator = "; ";
  }
  separator = "; lacking: ";
  for (const auto& measure : lacking) {
    text += separator + measure;
    separator = ", ";
  }
  return text;
}

void CageLink::close() {
  control = Descriptor{};
  while (process > 0 && waitpid(process, nullptr, 0) < 0 && errno == EINTR) {
  }
  process = 0;
}

std::string default_cage_program() {
  std::array<char, 4096> path{};
  const ssize_t length = readlink("/proc/self/exe", path.data(), path.size() - 1);
  if (length > 0) {
    const std::string own(path.data(), static_cast<std::size_t>(length));
    std::string beside = own.substr(0, own.rfind('/')) + "/lockstep-cage";
    if (access(beside.c_str(), X_OK) == 0) return beside;
  }
  return LOCKSTEP_CAGE_PROGRAM;
}

std::variant<CageLink, std::string> open_cage(const std::string& program,
                                              const process::CageSettings& settings,
                                              const std::vector<int>& descriptors,
                                              int required_level) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
    return fmt::format("no socket for a cage: {}", std::strerror(errno));
  }
  Descriptor ours{ends[0]};
  Descriptor theirs{ends[1]};
  int error = 0;
  // The socket may already have the number that it gets in the child, where it would stay private.
  if (theirs.get() == kControl)
    theirs = Descriptor{fcntl(theirs.get(), F_DUPFD_CLOEXEC, kControl + 1)};
  const pid_t process = spawn(program, theirs.get(), error);
  theirs = Descriptor{};
  if (process < 0) return fmt::format("{}: {}", program, std::strerror(error));
  CageLink link{std::move(ours), process, {}};
  process::CageReady ready;
  std::string problem;
  if (!send_packet(link.control.get(), settings, descriptors) ||
      !receive_packet(link.control.get(), ready)) {
    problem = fmt::format("{} ended before a cage was built", program);
  } else if (!ready.problem().empty()) {
    problem = "no cage: " + ready.problem();
  }
  link.isolation.level = static_cast<int>(ready.level());
  link.isolation.measures = {ready.measures().begin(), ready.measures().end()};
  link.isolation.lacking = {ready.lacking().begin(), ready.lacking().end()};
  if (problem.empty() && link.isolation.level < required_level) {
    problem = fmt::format("isolation level {} is required, but this machine offers {}",
                          required_level, link.isolation.account());
  }
  if (problem.empty()) return link;
  link.close();
  return problem;
}

unsigned unused_user() {
  // Debian hands these out to nobody by itself.
  constexpr unsigned kFirst = 62'000;
  constexpr unsigned kCount = 2'900;
  static unsigned next = static_cast<unsigned>(getpid());
  if (geteuid() != 0) return 0;
  const auto used = users_with_processes();
  for (unsigned tried = 0; tried < kCount; ++tried) {
    const unsigned user = kFirst + next++ * 7 % kCount;
    if (!used.contains(user) && getpwuid(user) == nullptr) return user;
  }
  return kFirst;
}

}  // namespace lockstep::transport
