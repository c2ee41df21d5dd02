// Nodes that share state behind the network's back: node 1 plants it, node 2 looks for it.
#include <fcntl.h>
#include <sys/file.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstring>

#include "tests/hostile/attacks.h"

namespace lockstep::tests {
namespace {

int shared_global = 0;
thread_local int shared_in_thread = 0;

bool plants(const Target& target) { return target.self == 1; }

/// An object that a peer would find if it were in the same address space.
struct Registry {
  int secret = 0;
  static Registry& instance() {
    static Registry registry;
    return registry;
  }
};

std::string global(const Target& target) {
  Attempts attempts;
  if (!plants(target)) attempts("global", shared_global != 0);
  if (plants(target)) shared_global = 1;
  return attempts.answer();
}

/// Nodes that run one after the other in one thread would share this, too.
std::string in_thread(const Target& target) {
  Attempts attempts;
  if (!plants(target)) attempts("thread_local", shared_in_thread != 0);
  if (plants(target)) shared_in_thread = 1;
  return attempts.answer();
}

std::string peer(const Target& target) {
  Attempts attempts;
  if (!plants(target)) attempts("registry", Registry::instance().secret != 0);
  if (plants(target)) Registry::instance().secret = 1;
  return attempts.answer();
}

bool write_secret(const std::string& path) {
  const int file = open(path.c_str(), O_RDWR | O_CREAT, 0666);
  if (file < 0) return false;
  const bool written = write(file, "secret", 6) == 6;
  close(file);
  return written;
}

std::string files(const Target&) {
  Attempts attempts;
  for (const char* folder : {".", "/tmp", "/var/tmp", "/dev/shm", "/run/lock", "/proc/self"}) {
    attempts(folder, write_secret(std::string(folder) + "/lockstep_hostile_secret"));
  }
  return attempts.answer();
}

std::string shared_memory(const Target&) {
  Attempts attempts;
  constexpr std::size_t kBytes = 4096;
  constexpr int kKey = 0x4C4F434B;
  const int named = shm_open("/lockstep_hostile", O_RDWR | O_CREAT, 0666);
  attempts("shm_open", named >= 0);
  const int memory = memfd_create("lockstep_hostile", 0);
  attempts("memfd", memory >= 0);
  attempts("shmget", shmget(kKey, kBytes, IPC_CREAT | 0666) >= 0);
  attempts("mmap", mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
                        0) != MAP_FAILED);
  attempts("mmap of output",
           mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_SHARED, 1, 0) != MAP_FAILED);
  attempts("message queue", syscall(SYS_msgget, kKey, IPC_CREAT | 0666) >= 0);
  attempts("semaphores", syscall(SYS_semget, kKey, 1, IPC_CREAT | 0666) >= 0);
  attempts("posix queue", syscall(SYS_mq_open, "lockstep", O_RDWR | O_CREAT, 0666, nullptr) >= 0);
  return attempts.answer();
}

std::string channels(const Target&) {
  Attempts attempts;
  std::array<int, 2> ends{};
  attempts("pipe", pipe(ends.data()) == 0);
  attempts("socketpair", socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()) == 0);
  attempts("eventfd", syscall(SYS_eventfd2, 0, 0) >= 0);
  attempts("inotify", syscall(SYS_inotify_init1, 0) >= 0);
  attempts("lock", flock(1, LOCK_EX | LOCK_NB) == 0);
  struct flock range {};
  range.l_type = F_WRLCK;
  attempts("range lock", fcntl(1, F_SETLK, &range) == 0);
  return attempts.answer();
}

/// What a descriptor of a life before, or of a neighbour, would hold.
std::string output_file(const Target& target) {
  Attempts attempts;
  std::array<char, 6> found{};
  if (!plants(target)) attempts("output", pread(1, found.data(), found.size(), 0) > 0);
  if (write(1, "secret", 6) < 0) attempts("no output", true);
  return attempts.answer();
}

}  // namespace

Attacks attacks_by_sharing() {
  return {{"A12_shared_global", global},        {"A14_peer_pointer", peer},
          {"A15_shared_file", files},           {"A16_shared_memory", shared_memory},
          {"A16_other_channels", channels},     {"A18_thread_local", in_thread},
          {"A20_output_as_memory", output_file}};
}

}  // namespace lockstep::tests
