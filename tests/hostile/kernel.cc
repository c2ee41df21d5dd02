// Attacks through calls that only administer a machine.
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/hostile/attacks.h"

namespace lockstep::tests {
namespace {

std::string namespaces(const Target&) {
  Attempts attempts;
  attempts("user", unshare(CLONE_NEWUSER) == 0);
  attempts("mount", unshare(CLONE_NEWNS) == 0);
  attempts("files", unshare(CLONE_FILES) == 0);
  attempts("cloned", syscall(SYS_clone, CLONE_NEWUSER | CLONE_NEWNS, 0, 0, 0, 0) > 0);
  attempts("entered", setns(0, 0) == 0);
  attempts("mounted", mount("none", "/tmp", "tmpfs", 0, nullptr) == 0);
  attempts("unmounted", umount2("/tmp", MNT_DETACH) == 0);
  attempts("chroot", chroot("/tmp") == 0);
  attempts("pivot", syscall(SYS_pivot_root, "/tmp", "/tmp") == 0);
  return attempts.answer();
}

std::string exotic_calls(const Target&) {
  Attempts attempts;
  bpf_attr program{};
  perf_event_attr event{};
  event.size = sizeof event;
  attempts("bpf", syscall(SYS_bpf, BPF_PROG_LOAD, &program, sizeof program) >= 0);
  attempts("perf", syscall(SYS_perf_event_open, &event, 0, -1, -1, 0) >= 0);
  attempts("userfaultfd", syscall(SYS_userfaultfd, 0) >= 0);
  attempts("io_uring", syscall(SYS_io_uring_setup, 1, nullptr) >= 0);
  attempts("key", syscall(SYS_add_key, "user", "lockstep", "x", 1, -2) >= 0);
  attempts("keyring", syscall(SYS_keyctl, 0, -3, 1) >= 0);
  attempts("personality", syscall(SYS_personality, 0x0040000) >= 0);
  attempts("hostname", sethostname("hostile", 7) == 0);
  attempts("module", syscall(SYS_init_module, nullptr, 0, "") == 0);
  attempts("reboot", syscall(SYS_reboot, 0, 0, 0, nullptr) == 0);
  attempts("file handle", syscall(SYS_open_by_handle_at, 0, nullptr, 0) >= 0);
  return attempts.answer();
}

/// Loosens the cage from inside.
std::string loosen(const Target&) {
  Attempts attempts;
  attempts("dumpable", prctl(PR_SET_DUMPABLE, 1) == 0);
  attempts("parent's death", prctl(PR_SET_PDEATHSIG, 0) == 0);
  attempts("seccomp", prctl(PR_SET_SECCOMP, 0) == 0);
  attempts("privileges", prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0) == 0);
  attempts("subreaper", prctl(PR_SET_CHILD_SUBREAPER, 1) == 0);
  attempts("landlock", syscall(SYS_landlock_restrict_self, -1, 0) == 0);
  attempts("ambient", prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, 1, 0, 0) == 0);
  return attempts.answer();
}

}  // namespace

Attacks attacks_on_the_kernel() {
  return {
      {"S63_namespaces", namespaces}, {"S64_exotic_calls", exotic_calls}, {"S65_loosen", loosen}};
}

}  // namespace lockstep::tests
