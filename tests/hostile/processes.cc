// Attacks on other processes: signals, their memory, and survivors.
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <array>

#include "tests/hostile/attacks.h"

namespace lockstep::tests {
namespace {

std::string survive(const Target& target) {
  Attempts attempts;
  prctl(PR_SET_NAME, target.mark.c_str());
  prctl(PR_SET_PDEATHSIG, 0);
  attempts("session", setsid() >= 0);
  attempts("daemon", daemon(0, 0) == 0);
  attempts("clone", syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0) > 0);
  attempts("shared clone", syscall(SYS_clone, CLONE_VM | SIGCHLD, 0, 0, 0, 0) > 0);
  attempts("clone3", syscall(SYS_clone3, nullptr, 0) > 0);
  return attempts.answer();
}

/// Lives on after its answer, unless somebody ends it.
std::string ignore_signals(const Target& target) {
  prctl(PR_SET_NAME, target.mark.c_str());
  for (int signal = 1; signal < NSIG; ++signal) ::signal(signal, SIG_IGN);
  return "denied";
}

std::string signal_others(const Target& target) {
  Attempts attempts;
  const pid_t parent = getppid();
  // 0 harms nobody, but says whether a signal would have arrived.
  attempts("everybody", kill(-1, 0) == 0);
  attempts("parent", kill(parent, 0) == 0);
  attempts("referee", kill(target.referee, 0) == 0);
  attempts("group", killpg(getpgrp(), 0) == 0);
  attempts("thread", syscall(SYS_tgkill, target.referee, target.referee, 0) == 0);
  attempts("parent's thread", syscall(SYS_tgkill, parent, parent, 0) == 0);
  attempts("tkill", syscall(SYS_tkill, parent, 0) == 0);
  attempts("queue", sigqueue(parent, SIGTERM, {}) == 0);
  attempts("handle", syscall(SYS_pidfd_open, parent, 0) >= 0);
  return attempts.answer();
}

std::string enter_memories(const Target& target) {
  Attempts attempts;
  std::array<char, 16> mine{};
  const iovec local{mine.data(), mine.size()};
  for (const pid_t process : {getppid(), target.referee}) {
    const iovec theirs{mine.data(), mine.size()};
    attempts("attach", ptrace(PTRACE_ATTACH, process, nullptr, nullptr) == 0);
    attempts("seize", ptrace(PTRACE_SEIZE, process, nullptr, nullptr) == 0);
    attempts("read", process_vm_readv(process, &local, 1, &theirs, 1, 0) > 0);
    attempts("write", process_vm_writev(process, &local, 1, &theirs, 1, 0) > 0);
    attempts("compare", syscall(SYS_kcmp, process, getpid(), 0, 0, 0) >= 0);
  }
  attempts("trace me", ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) == 0);
  return attempts.answer();
}

std::string type_into_terminal(const Target&) {
  Attempts attempts;
  char letter = 'x';
  for (int descriptor = 0; descriptor < 3; ++descriptor) {
    attempts("typed", ioctl(descriptor, TIOCSTI, &letter) == 0);
  }
  return attempts.answer();
}

std::string run_programs(const Target&) {
  Attempts attempts;
  std::array<char*, 1> none{nullptr};
  for (const char* program : {"/bin/su", "/bin/mount", "/bin/sh", "/usr/bin/python3"}) {
    attempts(program, execve(program, none.data(), none.data()) == 0);
  }
  attempts("root", setuid(0) == 0);
  attempts("root's group", setgid(0) == 0);
  return attempts.answer();
}

}  // namespace

Attacks attacks_on_processes() {
  return {{"S51_survive", survive},
          {"S53_ignore_signals", ignore_signals},
          {"S54_signal_others", signal_others},
          {"S55_enter_memories", enter_memories},
          {"S58_terminal", type_into_terminal},
          {"S71_run_programs", run_programs}};
}

}  // namespace lockstep::tests
