// One seed, one run: by pointer, through the wire format, in child processes, and on every compiler
// and build type, which the pinned digests stand for.
#include <doctest/doctest.h>

#include "tests/chaos/simulation/runs.h"
#include "transport/process/child.h"

using namespace lockstep;
using tests::swarm_run;

namespace {

struct Pinned {
  const char* system;
  std::uint64_t seed;
  std::uint64_t digest;
};

// A change here is a change of what runs mean: say in the commit why it had to be.
constexpr Pinned kPinned[] = {{"abd", 1, 13867159718868001220ull},
                              {"abd", 2, 9486364375880034691ull},
                              {"raft", 1, 5418077796950856340ull},
                              {"raft", 2, 13984561566495014998ull}};

}  // namespace

TEST_CASE("digests are the pinned ones") {
  for (const auto& pinned : kPinned) {
    const auto result = simulate(swarm_run(pinned.system, pinned.seed));
    CAPTURE(pinned.system);
    CAPTURE(pinned.seed);
    CHECK(result.judgement == chaos::Judgement::Holds);
    CHECK(result.digest == pinned.digest);
  }
}

TEST_CASE("a hundred runs of one seed are one run") {
  for (const char* system : {"abd", "raft"}) {
    const auto spec = swarm_run(system, 3, 100);
    const auto digest = simulate(spec).digest;
    for (std::uint64_t again = 0; again < tests::cases(100); ++again)
      REQUIRE(simulate(spec).digest == digest);
  }
}

TEST_CASE("the wire format, checked messages and child processes change no digest") {
  for (const char* system : {"abd", "raft"}) {
    for (std::uint64_t seed = 1; seed <= (tests::cases(100) < 20 ? 1 : 5); ++seed) {
      auto spec = swarm_run(system, seed, 200);
      const auto digest = simulate(spec).digest;
      spec.host = transport::in_process({.wire = true});
      CHECK(simulate(spec).digest == digest);
      spec.host = transport::in_process({.check = true});
      CHECK(simulate(spec).digest == digest);
      spec.host = transport::child_processes();
      CHECK(simulate(spec).digest == digest);
      spec.host = transport::in_process();
      spec.keeps_log = true;
      CHECK(simulate(spec).digest == digest);
    }
  }
}

TEST_CASE("another seed, plan or option is another run") {
  const auto spec = swarm_run("raft", 4, 200);
  const auto digest = simulate(spec).digest;
  auto other = spec;
  other.seed = 5;
  CHECK(simulate(other).digest != digest);
  other = spec;
  other.plan.clear_fault();
  CHECK(simulate(other).digest != digest);
  other = spec;
  other.options["heartbeat"] = "40ms";
  CHECK(simulate(other).digest != digest);
}
