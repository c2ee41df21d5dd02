#include "transport/process/cage/syscall_filter.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

#include "transport/process/cage/sanitized.h"
#include "transport/process/pipes.h"

namespace lockstep::transport {
namespace {

/// Stands in the program for the process that will be bound by it, which is not known yet.
constexpr std::uint32_t kOwnProcess = 0x4F574E50;

// What a node may call whatever the arguments.
constexpr std::array kHarmless{"access",
                               "arch_prctl",
                               "brk",
                               "clock_getres",
                               "clock_gettime",
                               "clock_nanosleep",
                               "close",
                               "dup",
                               "exit",
                               "exit_group",
                               "faccessat",
                               "fstat",
                               "fstatfs",
                               "futex",
                               "getcpu",
                               "getcwd",
                               "getdents64",
                               "getegid",
                               "geteuid",
                               "getgid",
                               "getpid",
                               "getrandom",
                               "getrlimit",
                               "getrusage",
                               "gettid",
                               "gettimeofday",
                               "getuid",
                               "lseek",
                               "lstat",
                               "madvise",
                               "membarrier",
                               "mprotect",
                               "mremap",
                               "munmap",
                               "nanosleep",
                               "newfstatat",
                               "open",
                               "openat",
                               "poll",
                               "ppoll",
                               "pread64",
                               "read",
                               "readlink",
                               "readlinkat",
                               "readv",
                               "restart_syscall",
                               "rseq",
                               "rt_sigaction",
                               "rt_sigprocmask",
                               "rt_sigreturn",
                               "sched_getaffinity",
                               "sched_yield",
                               "set_robust_list",
                               "set_tid_address",
                               "sigaltstack",
                               "stat",
                               "statx",
                               "sysinfo",
                               "time",
                               "times",
                               "uname",
                               "write",
                               "writev"};

// What a command may not call whatever the arguments.
constexpr std::array kHarmful{"acct",
                              "add_key",
                              "adjtimex",
                              "bpf",
                              "chroot",
                              "clock_adjtime",
                              "clock_settime",
                              "delete_module",
                              "fanotify_init",
                              "finit_module",
                              "fsconfig",
                              "fsmount",
                              "fsopen",
                              "fspick",
                              "init_module",
                              "io_uring_enter",
                              "io_uring_register",
                              "io_uring_setup",
                              "ioperm",
                              "iopl",
                              "ioprio_set",
                              "kcmp",
                              "kexec_file_load",
                              "kexec_load",
                              "keyctl",
                              "kill",
                              "lookup_dcookie",
                              "mbind",
                              "memfd_create",
                              "memfd_secret",
                              "migrate_pages",
                              "mknod",
                              "mknodat",
                              "mount",
                              "mount_setattr",
                              "move_mount",
                              "move_pages",
                              "mq_open",
                              "msgget",
                              "msgrcv",
                              "msgsnd",
                              "name_to_handle_at",
                              "open_by_handle_at",
                              "open_tree",
                              "perf_event_open",
                              "personality",
                              "pidfd_getfd",
                              "pidfd_open",
                              "pidfd_send_signal",
                              "pivot_root",
                              "process_madvise",
                              "process_vm_readv",
                              "process_vm_writev",
                              "ptrace",
                              "quotactl",
                              "quotactl_fd",
                              "reboot",
                              "request_key",
                              "rt_sigqueueinfo",
                              "rt_tgsigqueueinfo",
                              "sched_setaffinity",
                              "sched_setattr",
                              "sched_setparam",
                              "sched_setscheduler",
                              "semctl",
                              "semget",
                              "semop",
                              "semtimedop",
                              "set_mempolicy",
                              "setdomainname",
                              "sethostname",
                              "setns",
                              "setpriority",
                              "settimeofday",
                              "shmat",
                              "shmctl",
                              "shmdt",
                              "shmget",
                              "socket",
                              "socketpair",
                              "swapoff",
                              "swapon",
                              "syslog",
                              "tgkill",
                              "tkill",
                              "umount2",
                              "unshare",
                              "userfaultfd",
                              "vhangup",
                              "vmsplice"};

constexpr std::uint64_t kNewNamespaces = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS |
                                         CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;

/// A filter under construction. Names that this machine's kernel does not have are passed over.
class Rules {
 public:
  explicit Rules(std::uint32_t otherwise) : context_(seccomp_init(otherwise), seccomp_release) {}

  template <class... Conditions>
  void add(std::uint32_t action, const char* name, Conditions... conditions) {
    const int number = seccomp_syscall_resolve_name(name);
    if (number == __NR_SCMP_ERROR || number < 0 || !context_) return;
    const std::array<scmp_arg_cmp, sizeof...(conditions)> all{conditions...};
    const int error = seccomp_rule_add_array(context_.get(), action, number, all.size(),
                                             all.empty() ? nullptr : all.data());
    if (error != 0 && problem_.empty()) {
      problem_ = fmt::format("no rule for {}: {}", name, std::strerror(-error));
    }
  }

  std::variant<SyscallFilter, std::string> finish() {
    const std::uint32_t action = SECCOMP_RET_ERRNO;
    if (!context_ || syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) != 0) {
      return "the kernel has no seccomp";
    }
    if (!problem_.empty()) return problem_;
    const Descriptor file{memfd_create("filter", MFD_CLOEXEC)};
    if (!file || seccomp_export_bpf(context_.get(), file.get()) != 0) {
      return "the seccomp filter cannot be written";
    }
    const auto bytes = static_cast<std::size_t>(lseek(file.get(), 0, SEEK_END));
    std::vector<sock_filter> program(bytes / sizeof(sock_filter));
    if (pread(file.get(), program.data(), bytes, 0) != static_cast<ssize_t>(bytes)) {
      return "the seccomp filter cannot be read";
    }
    return SyscallFilter(std::move(program));
  }

 private:
  std::unique_ptr<void, decltype(&seccomp_release)> context_;
  std::string problem_;
};

scmp_arg_cmp equals(unsigned argument, std::uint64_t value) {
  return scmp_arg_cmp{argument, SCMP_CMP_EQ, value, 0};
}

scmp_arg_cmp has_bits(unsigned argument, std::uint64_t mask, std::uint64_t bits) {
  return scmp_arg_cmp{argument, SCMP_CMP_MASKED_EQ, mask, bits};
}

}  // namespace

std::string SyscallFilter::put_in_force() const {
  if (program_.empty()) return {};
  auto program = program_;
  for (auto& line : program) {
    if (line.k == kOwnProcess) line.k = static_cast<std::uint32_t>(getpid());
  }
  sock_fprog filter{static_cast<unsigned short>(program.size()), program.data()};
  if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0) return {};
  return fmt::format("the seccomp filter is not in force: {}", std::strerror(errno));
}

std::variant<SyscallFilter, std::string> filter_for_nodes() {
  Rules rules(SCMP_ACT_ERRNO(EPERM));
  for (const char* name : kHarmless) rules.add(SCMP_ACT_ALLOW, name);
  rules.add(SCMP_ACT_ALLOW, "mmap", has_bits(3, MAP_SHARED, 0));
  rules.add(SCMP_ACT_ALLOW, "clone", has_bits(0, CLONE_THREAD, CLONE_THREAD));
  // As if the kernel were too old: the C library then uses clone, whose flags can be examined.
  rules.add(SCMP_ACT_ERRNO(ENOSYS), "clone3");
  rules.add(SCMP_ACT_ERRNO(ENOTTY), "ioctl");
  rules.add(SCMP_ACT_ALLOW, "prctl", equals(0, PR_SET_NAME));
  rules.add(SCMP_ACT_ALLOW, "prlimit64", equals(2, 0));
  rules.add(SCMP_ACT_ALLOW, "tgkill", equals(0, kOwnProcess));
  for (const int command : {F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD, F_SETFD, F_GETFL}) {
    rules.add(SCMP_ACT_ALLOW, "fcntl", equals(1, static_cast<std::uint64_t>(command)));
  }
  for (const char* name : {"pipe", "pipe2"}) {
    if (kSanitized) rules.add(SCMP_ACT_ALLOW, name);
  }
  return rules.finish();
}

std::variant<SyscallFilter, std::string> filter_for_commands() {
  Rules rules(SCMP_ACT_ALLOW);
  for (const char* name : kHarmful) rules.add(SCMP_ACT_ERRNO(EPERM), name);
  rules.add(SCMP_ACT_ERRNO(ENOSYS), "clone3");
  for (std::uint64_t bit = 1; bit != 0; bit <<= 1) {
    if ((kNewNamespaces & bit) != 0)
      rules.add(SCMP_ACT_ERRNO(EPERM), "clone", has_bits(0, bit, bit));
  }
  rules.add(SCMP_ACT_ERRNO(EPERM), "ioctl", equals(1, TIOCSTI));
  rules.add(SCMP_ACT_ERRNO(EPERM), "ioctl", equals(1, TIOCLINUX));
  return rules.finish();
}

}  // namespace lockstep::transport
