// Attacks that end the node, or speak where they should not.
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <csetjmp>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <stdexcept>

#include "tests/hostile/attacks.h"

namespace lockstep::tests {
namespace {

const char* results_to_rewrite = "";

void rewrite_results() {
  const int file = open(results_to_rewrite, O_WRONLY | O_TRUNC | O_CREAT, 0644);
  if (file >= 0 && write(file, "{\"score\": 100}", 14) > 0) close(file);
}

std::string exit_with_success(const Target&) { std::_Exit(0); }

std::string rewrite_at_exit(const Target& target) {
  static const std::string kept = target.results;
  results_to_rewrite = kept.c_str();
  std::atexit(rewrite_results);
  std::exit(0);
}

std::string print_fake_results(const Target&) {
  std::puts("[doctest] Status: SUCCESS!");
  std::puts("{\"scores\": {\"raft\": 160}}");
  std::puts("::notice::all tests passed");
  std::puts("<testsuites failures=\"0\"/>");
  std::puts("\x1b[2J\x1b[31mPASS <script>alert(1)</script>");
  std::fflush(stdout);
  return "denied";
}

/// An empty Effects, as often as there are descriptors.
std::string forge_answers(const Target&) {
  constexpr int kDescriptors = 1024;
  constexpr std::array<char, 8> kTwoAnswers{};
  for (int descriptor = 3; descriptor < kDescriptors; ++descriptor) {
    if (write(descriptor, kTwoAnswers.data(), kTwoAnswers.size()) < 0) continue;
  }
  return "denied";
}

std::string forge_garbage(const Target&) {
  constexpr std::array<char, 8> kGarbage{4, 0, 0, 0, '\xff', '\xff', '\xff', '\xff'};
  if (write(4, kGarbage.data(), kGarbage.size()) < 0) return "denied";
  return "achieved: garbage";
}

std::string close_and_go_on(const Target&) {
  for (int descriptor = 0; descriptor < 64; ++descriptor) close(descriptor);
  for (;;) pause();
}

std::string throw_out(const Target&) { throw std::runtime_error("out of a handler"); }
std::string throw_number(const Target&) { throw 42; }

std::string terminate(const Target&) { std::terminate(); }

std::string jump_nowhere(const Target&) {
  std::jmp_buf place;
  std::memset(&place, 0x5A, sizeof place);
  std::longjmp(place, 1);
}

[[gnu::noinline]] int overflow(int depth) {
  volatile char room[4096];
  room[static_cast<std::size_t>(depth) % sizeof room] = 1;
  return overflow(depth + 1) + room[0];
}

std::string overflow_stack(const Target&) { return std::to_string(overflow(0)); }

std::string follow_null(const Target&) {
  volatile int* volatile nowhere = nullptr;
  *nowhere = 1;
  return "achieved: a write to nowhere";
}

std::string kill_itself(const Target&) {
  std::raise(SIGKILL);
  std::abort();
}

}  // namespace

Attacks attacks_by_ending() {
  return {{"A01_exit0", exit_with_success},
          {"A04_atexit_rewrite", rewrite_at_exit},
          {"A06_fake_stdout", print_fake_results},
          {"A07_forged_answers", forge_answers},
          {"A07_garbage", forge_garbage},
          {"A07_closed_pipe", close_and_go_on},
          {"A11_throw", throw_out},
          {"A11_throw_number", throw_number},
          {"A11_terminate", terminate},
          {"A11_longjmp", jump_nowhere},
          {"A11_stack_overflow", overflow_stack},
          {"A11_null", follow_null},
          {"A11_kill_itself", kill_itself}};
}

}  // namespace lockstep::tests
