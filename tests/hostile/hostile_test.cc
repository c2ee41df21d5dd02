// Every attack gets its verdict, with and without namespaces, as root and as anybody; nothing
// outside changes, nobody survives, and the grader lives to serve an honest node.
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>
#include <grp.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <sstream>

#include "tests/hostile/playground.h"

namespace lockstep::tests {
namespace {

using transport::Sandbox;
using transport::SandboxOptions;

struct Case {
  const char* attack;
  const char* verdict;  ///< what the attack answers, or how its process ends
};

constexpr Case kEndings[] = {{"A01_exit0", "exited"},          {"A04_atexit_rewrite", "exited"},
                             {"A06_fake_stdout", "denied"},    {"A07_forged_answers", "protocol"},
                             {"A07_garbage", "protocol"},      {"A07_closed_pipe", "protocol"},
                             {"A11_throw", "exited"},          {"A11_throw_number", "exited"},
                             {"A11_terminate", "signal"},      {"A11_longjmp", "signal"},
                             {"A11_stack_overflow", "signal"}, {"A11_null", "signal"}};

constexpr Case kResources[] = {{"S40_fork_bomb", "denied"},   {"S41_memory", "memory"},
                               {"S41_mappings", "memory"},    {"S43_spin", "cpu time"},
                               {"S53_spin_deaf", "cpu time"}, {"S48_flood_output", "output"},
                               {"S48_flood_deaf", "denied"},  {"S49_log_flood", "output"},
                               {"S50_threads", "processes"},  {"S72_starve", "denied"}};

// Two nodes try each of these, and see whether the other was there.
constexpr const char* kDenied[] = {
    "A12_shared_global",  "A14_peer_pointer", "A15_shared_file",       "A16_shared_memory",
    "A16_other_channels", "A18_thread_local", "A20_output_as_memory",  "S31_read_hidden",
    "S32_read_processes", "S33_list_folders", "S35_overwrite_results", "S36_modify_harness",
    "S45_fill_disk",      "S51_survive",      "S53_ignore_signals",    "S54_signal_others",
    "S55_enter_memories", "S58_terminal",     "S59_open_sockets",      "S61_call_referee",
    "S62_look_names_up",  "S63_namespaces",   "S64_exotic_calls",      "S65_loosen",
    "S70_inherited",      "S70_environment",  "S71_run_programs"};

SandboxOptions options(bool namespaces, const std::string& module = HOSTILE_MODULE) {
  SandboxOptions options;
  options.module = module;
  options.namespaces = namespaces;
  options.limits.cpu = std::chrono::seconds(1);
  options.limits.memory_bytes = 512u << 20;
  options.limits.processes = 24;
  return options;
}

std::unique_ptr<Sandbox> open(const SandboxOptions& wanted) {
  auto sandbox = Sandbox::open(wanted);
  if (const auto* problem = std::get_if<std::string>(&sandbox)) FAIL(*problem);
  return std::move(std::get<std::unique_ptr<Sandbox>>(sandbox));
}

/// Both ways to build a cage. Without Landlock there would be nothing to test.
void with_each_cage(const SandboxOptions& wanted, const auto& test) {
  for (const bool namespaces : {true, false}) {
    auto own = wanted;
    own.namespaces = namespaces;
    Playground playground;
    {
      const auto sandbox = open(own);
      const auto& isolation = sandbox->isolation();
      CAPTURE(isolation.account());
      REQUIRE(isolation.level >= 2);
      CHECK((namespaces || isolation.level == 2));
      test(playground, *sandbox);
      CHECK(playground.attack(*sandbox, "A12_shared_global").text() == "denied");
    }
    CHECK(playground.damage() == "");
    CHECK(waitpid(-1, nullptr, WNOHANG) == -1);
  }
}

TEST_CASE("nodes that end themselves, or speak out of turn") {
  with_each_cage(options(true), [](Playground& playground, Sandbox& sandbox) {
    for (const auto& each : kEndings) {
      INFO("attack " << std::string(each.attack));
      CHECK(playground.attack(sandbox, each.attack).text() == each.verdict);
    }
  });
}

TEST_CASE("nodes that want more than their share") {
  with_each_cage(options(true), [](Playground& playground, Sandbox& sandbox) {
    for (const auto& each : kResources) {
      INFO("attack " << std::string(each.attack));
      CHECK(playground.attack(sandbox, each.attack).text() == each.verdict);
    }
  });
}

TEST_CASE("nodes that never answer") {
  auto impatient = options(true);
  impatient.limits.silence = std::chrono::milliseconds(500);
  with_each_cage(impatient, [](Playground& playground, Sandbox& sandbox) {
    CHECK(playground.attack(sandbox, "S44_sleep").text() == "silent");
    CHECK(playground.attack(sandbox, "S44_deadlock").text() == "silent");
  });
}

TEST_CASE("nodes that reach for what is not theirs") {
  with_each_cage(options(true), [](Playground& playground, Sandbox& sandbox) {
    for (const char* attack : kDenied) {
      INFO("attack " << std::string(attack));
      CHECK(playground.attack_as_two(sandbox, attack).text() == "denied");
    }
  });
}

TEST_CASE("modules that act while they are loaded, or bring the harness's own names") {
  std::ofstream(HOSTILE_RESULTS) << "untouched";
  with_each_cage(options(true, HOSTILE_INTERPOSING), [](Playground& playground, Sandbox&) {
    for (const char* module : {HOSTILE_LOAD_EXIT, HOSTILE_LOAD_RESULTS}) {
      const auto sandbox = open(options(true, module));
      CHECK(playground.attack(*sandbox, "any").text() == "exited");
    }
  });
  std::ifstream in(HOSTILE_RESULTS);
  std::string left;
  in >> left;
  CHECK(left == "untouched");
}

TEST_CASE("a crash is told with its place, and printed results stay the node's own") {
  Playground playground;
  const auto sandbox = open(options(true));
  const auto crash = playground.attack(*sandbox, "A11_null");
  CHECK(crash.death.happened == "died of signal 11 (Segmentation fault)");
  CHECK(crash.death.words.find("Hostile::on") != std::string::npos);
  playground.attack(*sandbox, "A06_fake_stdout");
  CHECK(sandbox->output().find("testsuites failures") != std::string::npos);
  CHECK(playground.attack(*sandbox, "A11_throw").death.words.find("out of a handler") !=
        std::string::npos);
}

TEST_CASE("a killed node is nobody's fault but the machine's, unless it did it itself") {
  Playground playground;
  const auto sandbox = open(options(true));
  CHECK(playground.attack(*sandbox, "A11_kill_itself").text() == "infrastructure");
}

TEST_CASE("what differs from process to process differs under perturbation") {
  Playground playground;
  auto wanted = options(true);
  const auto plain = open(wanted);
  wanted.perturbation = 77;
  const auto perturbed = open(wanted);
  for (const char* each :
       {"A27_random_device", "A27_address", "A27_order_of_pointers", "A27_unset_on_the_heap",
        "A27_unset_on_the_stack", "A27_process_number", "A27_clock"}) {
    INFO("attack " << std::string(each));
    CHECK(playground.attack(*plain, each).text() != playground.attack(*perturbed, each).text());
  }
}

/// Becomes somebody who is neither root nor the owner of anything.
bool become_nobody() {
  constexpr uid_t kNobody = 65534;
  if (geteuid() != 0) return true;
  return setgroups(0, nullptr) == 0 && setresgid(kNobody, kNobody, kNobody) == 0 &&
         setresuid(kNobody, kNobody, kNobody) == 0;
}

}  // namespace
}  // namespace lockstep::tests

int main(int argc, char** argv) {
  if (argc > 1 && std::strcmp(argv[1], "--as-nobody") == 0) {
    if (!lockstep::tests::become_nobody() || access(HOSTILE_MODULE, R_OK) != 0) {
      std::puts("skipped: nobody may read what was built here");
      return 0;
    }
  }
  doctest::Context context;
  context.applyCommandLine(argc, argv);
  return context.run();
}
