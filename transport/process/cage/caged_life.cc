#include "transport/process/cage/caged_life.h"

#include <alloca.h>
#include <dlfcn.h>
#include <execinfo.h>
#include <fcntl.h>
#include <fmt/core.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstring>
#include <limits>
#include <string_view>

#include "transport/process/cage/confinement.h"
#include "transport/process/cage/perturbed_heap.h"
#include "transport/process/node_module.h"
#include "transport/process/pipes.h"
#include "transport/process/serve.h"

namespace lockstep::transport {
namespace {

constexpr int kIn = 3;
constexpr int kOut = 4;
constexpr std::uint32_t kNoLimit = std::numeric_limits<std::int32_t>::max();

void say(std::string_view text) {
  if (write(STDERR_FILENO, text.data(), text.size()) < 0) return;
}

/// Says where the node crashed, then lets the signal have its way.
void on_crash(int signal) {
  constexpr int kDepth = 48;
  constexpr int kOwnFrames = 2;
  std::array<void*, kDepth> frames{};
  say("lockstep: the node crashed here:\n");
  const int depth = backtrace(frames.data(), kDepth);
  if (depth > kOwnFrames) {
    backtrace_symbols_fd(frames.data() + kOwnFrames, depth - kOwnFrames, STDERR_FILENO);
  }
  raise(signal);
}

void watch_for_crashes() {
  // Large enough for the unwinder; a stack that overflowed cannot be used.
  static std::array<char, 64 * 1024> stack;
  const stack_t alternative{stack.data(), 0, stack.size()};
  sigaltstack(&alternative, nullptr);
  struct sigaction action {};
  action.sa_handler = on_crash;
  action.sa_flags = SA_ONSTACK | SA_NODEFER | static_cast<int>(SA_RESETHAND);
  for (const int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT}) {
    sigaction(signal, &action, nullptr);
  }
}

void take(LifeDescriptors descriptors) {
  // First out of the way of each other.
  constexpr int kClear = 16;
  const int in = fcntl(descriptors.in, F_DUPFD, kClear);
  const int out = fcntl(descriptors.out, F_DUPFD, kClear);
  const int output = fcntl(descriptors.output, F_DUPFD, kClear);
  dup2(output, STDOUT_FILENO);
  dup2(output, STDERR_FILENO);
  dup2(in, kIn);
  dup2(out, kOut);
  close_from(kOut + 1);
}

int serve_module(const process::CageSettings& settings, Rehearsal rehearsal) {
  Frames frames(kIn, kOut, kNoLimit);
  void* module = dlopen(settings.module().c_str(), RTLD_LAZY | RTLD_LOCAL);
  if (module == nullptr) {
    say(fmt::format("lockstep: the module cannot be loaded: {}\n", dlerror()));
    return kNotMade;
  }
  void* symbol = dlsym(module, kNodeModuleEntry);
  if (symbol == nullptr) {
    say(fmt::format("lockstep: the module has no {}\n", kNodeModuleEntry));
    return kNotMade;
  }
  NodeModuleEntry entry = nullptr;
  std::memcpy(&entry, &symbol, sizeof entry);
  return serve_nodes(*entry(), frames, rehearsal);
}

/// What is read before it was written is not the same twice: the stack is not clean.
[[gnu::noinline]] char soil(std::uint32_t perturbation) {
  constexpr std::size_t kSoiled = 256 * 1024;
  volatile char soiled[kSoiled];
  for (std::size_t at = 0; at < kSoiled; ++at) {
    soiled[at] = static_cast<char>(at * 167 + perturbation);
  }
  return soiled[perturbation % kSoiled];
}

/// And the stack begins elsewhere.
int serve_perturbed(const process::CageSettings& settings) {
  constexpr std::size_t kGrain = 16;
  auto* const shift =
      static_cast<volatile char*>(alloca((1 + settings.perturbation() % 251) * kGrain));
  shift[0] = soil(settings.perturbation());
  perturb_heap(settings.perturbation());
  return serve_module(settings, Rehearsal::Before);
}

}  // namespace

void live(LifeDescriptors descriptors, const process::CageSettings& settings,
          const SyscallFilter& filter) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  take(descriptors);
  watch_for_crashes();
  prctl(PR_SET_DUMPABLE, 0);
  limit_self(settings);
  if (const auto problem = filter.put_in_force(); !problem.empty()) {
    say("lockstep: " + problem + "\n");
    _exit(kNotMade);
  }
  _exit(settings.perturbation() == 0 ? serve_module(settings, Rehearsal::None)
                                     : serve_perturbed(settings));
}

}  // namespace lockstep::transport
