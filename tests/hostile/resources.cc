// Attacks on time, memory, output and processes.
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdio>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "tests/hostile/attacks.h"

namespace lockstep::tests {
namespace {

std::string fork_bomb(const Target&) {
  Attempts attempts;
  for (int round = 0; round < 1000; ++round) {
    const pid_t child = fork();
    if (child == 0) {
      for (;;) fork();
    }
    attempts("fork", child > 0);
  }
  attempts("vfork", syscall(SYS_vfork) >= 0);
  return attempts.answer();
}

std::string hog_memory(const Target&) {
  std::vector<std::string> hoard;
  for (;;) hoard.emplace_back(16u << 20, 'x');
}

/// Beside the heap, where a limit on data alone would not look.
std::string hog_mappings(const Target&) {
  constexpr std::size_t kBytes = 64u << 20;
  for (;;) {
    void* const memory =
        mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw std::bad_alloc();
    static_cast<volatile char*>(memory)[0] = 1;
  }
}

std::string spin(const Target&) {
  for (volatile std::uint64_t count = 0;;) count = count + 1;
}

std::string spin_deaf(const Target& target) {
  for (int signal = 1; signal < NSIG; ++signal) ::signal(signal, SIG_IGN);
  return spin(target);
}

std::string sleep_for_ever(const Target&) {
  for (;;) sleep(1000);
}

std::string deadlock(const Target&) {
  pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  pthread_mutex_lock(&mutex);
  pthread_mutex_lock(&mutex);
  return "achieved: the same lock twice";
}

std::string flood_output(const Target&) {
  const std::string line(4096, 'x');
  for (;;) std::fwrite(line.data(), 1, line.size(), stdout);
}

/// Ignores the signal that the limit sends, and the error that it gives.
std::string flood_deaf(const Target&) {
  Attempts attempts;
  signal(SIGXFSZ, SIG_IGN);
  const std::string part(65536, 'x');
  std::size_t written = 0;
  for (int round = 0; round < 10'000; ++round) {
    const ssize_t got = write(STDERR_FILENO, part.data(), part.size());
    if (got > 0) written += static_cast<std::size_t>(got);
  }
  attempts("more than 100 MB", written > 100'000'000);
  return attempts.answer();
}

std::string bomb_of_threads(const Target&) {
  auto& threads = *new std::vector<std::thread>;
  for (;;)
    threads.emplace_back([] {
      for (;;) pause();
    });
}

std::string starve(const Target&) {
  Attempts attempts;
  cpu_set_t cores;
  CPU_ZERO(&cores);
  CPU_SET(0, &cores);
  const sched_param first{1};
  attempts("nice", setpriority(PRIO_PROCESS, 0, -20) == 0);
  attempts("nice of all", setpriority(PRIO_USER, 0, 19) == 0);
  attempts("real time", sched_setscheduler(0, SCHED_FIFO, &first) == 0);
  attempts("affinity", sched_setaffinity(0, sizeof cores, &cores) == 0);
  attempts("affinity of its parent", sched_setaffinity(getppid(), sizeof cores, &cores) == 0);
  const rlimit most{RLIM_INFINITY, RLIM_INFINITY};
  attempts("limits", setrlimit(RLIMIT_CPU, &most) == 0);
  attempts("limits of its parent", prlimit(getppid(), RLIMIT_CPU, &most, nullptr) == 0);
  return attempts.answer();
}

}  // namespace

Attacks attacks_on_resources() {
  return {{"S40_fork_bomb", fork_bomb},   {"S41_memory", hog_memory},
          {"S41_mappings", hog_mappings}, {"S43_spin", spin},
          {"S53_spin_deaf", spin_deaf},   {"S44_sleep", sleep_for_ever},
          {"S44_deadlock", deadlock},     {"S48_flood_output", flood_output},
          {"S48_flood_deaf", flood_deaf}, {"S50_threads", bomb_of_threads},
          {"S72_starve", starve}};
}

}  // namespace lockstep::tests
