#include "transport/process/cage/reaper.h"

#include <dirent.h>
#include <fmt/core.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace lockstep::transport {
namespace {

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

void kill_children(uid_t own_user) {
  // Everybody in its namespace, or of its user, but itself.
  if (getpid() == 1 || (own_user != 0 && getuid() == own_user)) {
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

}  // namespace

// Orphans become children of this process one generation after the other.
void end_descendants(uid_t own_user) {
  for (;;) {
    kill_children(own_user);
    pid_t ended = 0;
    while ((ended = waitpid(-1, nullptr, WNOHANG)) > 0) {
    }
    if (ended < 0 && errno == ECHILD) return;
    poll(nullptr, 0, 1);
  }
}

}  // namespace lockstep::transport
