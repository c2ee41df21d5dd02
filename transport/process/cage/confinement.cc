#include "transport/process/cage/confinement.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/core.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "transport/process/cage/sanitized.h"
#include "transport/process/pipes.h"

namespace lockstep::transport {
namespace {

constexpr int kControl = 3;
constexpr rlim_t kStackBytes = 8u << 20;

std::string reason() { return std::strerror(errno); }

void limit(__rlimit_resource resource, rlim_t soft, rlim_t hard) {
  const rlimit both{soft, hard};
  // A limit that is already lower stays: it may not be raised.
  if (setrlimit(resource, &both) == 0) return;
  rlimit present{};
  if (getrlimit(resource, &present) != 0) return;
  const rlimit lower{std::min(soft, present.rlim_max), std::min(hard, present.rlim_max)};
  setrlimit(resource, &lower);
}

bool write_file(const char* path, const std::string& text) {
  const Descriptor file{open(path, O_WRONLY | O_CLOEXEC)};
  return file && write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

/// The same numbers inside as outside.
bool map_own_user(uid_t user, gid_t group) {
  return write_file("/proc/self/setgroups", "deny") &&
         write_file("/proc/self/uid_map", fmt::format("{0} {0} 1", user)) &&
         write_file("/proc/self/gid_map", fmt::format("{0} {0} 1", group));
}

void die_with_parent() { prctl(PR_SET_PDEATHSIG, SIGKILL); }

/// The outer half of a process namespace: gone as soon as the inner half is.
[[noreturn]] void wait_for(pid_t inner) {
  close_from(0);
  int status = 0;
  while (waitpid(inner, &status, 0) < 0 && errno == EINTR) {
  }
  _exit(0);
}

bool drop_capabilities() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct none[2]{};
  return syscall(SYS_capset, &header, none) == 0;
}

/// How many tasks of this user there are: the kernel counts those outside the cage, too.
rlim_t tasks_of_this_user() {
  rlim_t tasks = 0;
  DIR* processes = opendir("/proc");
  if (processes == nullptr) return 0;
  while (const dirent* entry = readdir(processes)) {
    const std::string folder = fmt::format("/proc/{}", entry->d_name);
    struct stat found {};
    if (std::atoi(entry->d_name) <= 0 || stat(folder.c_str(), &found) != 0) continue;
    if (found.st_uid != getuid()) continue;
    struct stat threads {};
    // A folder has two links and one more for each folder in it.
    if (stat((folder + "/task").c_str(), &threads) == 0) tasks += threads.st_nlink - 2;
  }
  closedir(processes);
  return tasks;
}

}  // namespace

bool Account::note(std::string measure, const std::string& why_not) {
  if (why_not.empty()) {
    measures.push_back(std::move(measure));
    return true;
  }
  lacking.push_back(fmt::format("{} ({})", measure, why_not));
  return false;
}

void begin_alone() {
  die_with_parent();
  for (int signal = 1; signal < NSIG; ++signal) std::signal(signal, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  close_from(kControl + 1);
  // Not a session of its own: the scheduler would let it compete with its referee for the core.
  setpgid(0, 0);
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  umask(S_IWGRP | S_IRWXO);
}

void enter_namespaces(Account& account) {
  constexpr const char* kMeasure = "namespaces for processes, network and IPC";
  const uid_t user = geteuid();
  const gid_t group = getegid();
  const int user_namespace = user == 0 ? 0 : CLONE_NEWUSER;
  if (unshare(user_namespace | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS) != 0) {
    account.note(kMeasure, reason());
    return;
  }
  if (user != 0 && !map_own_user(user, group)) {
    account.note("a mapped user namespace", reason());
  }
  const pid_t inner = fork();
  if (inner > 0) wait_for(inner);
  account.has_namespaces = account.note(kMeasure, inner < 0 ? reason() : "");
  die_with_parent();
  prctl(PR_SET_CHILD_SUBREAPER, 1);
}

void own_folder(const process::CageSettings& settings) {
  if (geteuid() != 0 || settings.writable().empty()) return;
  const auto own = [&](const std::string& path) {
    // If that fails, the command will say that it cannot write.
    if (lchown(path.c_str(), settings.user(), settings.user()) != 0) return;
  };
  own(settings.writable());
  std::error_code error;
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(settings.writable(), error)) {
    own(entry.path().string());
  }
}

bool drop_privileges(std::uint32_t user, Account& account) {
  if (geteuid() == 0) {
    const bool dropped = user != 0 && setgroups(0, nullptr) == 0 &&
                         setresgid(user, user, user) == 0 && setresuid(user, user, user) == 0;
    account.has_own_user = account.note("a user of its own", dropped ? "" : reason());
    if (!dropped) return false;
  } else {
    account.has_own_user = true;
  }
  const bool done = drop_capabilities() && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
  account.note("no new privileges", done ? "" : reason());
  // Changing the user made the kernel forget it.
  die_with_parent();
  prctl(PR_SET_DUMPABLE, 0);
  return done;
}

void limit_all(const process::CageSettings& settings, Account& account) {
  const rlim_t tasks = tasks_of_this_user() + settings.processes();
  limit(RLIMIT_NPROC, tasks, tasks);
  limit(RLIMIT_CORE, 0, 0);
  limit(RLIMIT_NOFILE, settings.open_files(), settings.open_files());
  limit(RLIMIT_MEMLOCK, 0, 0);
  limit(RLIMIT_MSGQUEUE, 0, 0);
  account.note("limits on time, memory, output, processes and files", "");
  account.note("closed descriptors, an empty environment and a reaper", "");
}

void limit_self(const process::CageSettings& settings) {
  // One second between the polite signal and the other one.
  limit(RLIMIT_CPU, settings.cpu_seconds(), settings.cpu_seconds() + 1);
  if (settings.memory_bytes() != 0 && !kSanitized) {
    limit(RLIMIT_AS, settings.memory_bytes(), settings.memory_bytes());
  }
  limit(RLIMIT_FSIZE, settings.file_bytes(), settings.file_bytes());
  limit(RLIMIT_STACK, kStackBytes, kStackBytes);
}

int level_of(const Account& account, bool filtered) {
  if (!account.has_own_user) return 0;
  if (!account.has_file_rules || !filtered) return 1;
  return account.has_namespaces ? 3 : 2;
}

}  // namespace lockstep::transport
