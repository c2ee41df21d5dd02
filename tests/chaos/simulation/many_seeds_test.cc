#include "chaos/many_seeds.h"

#include <doctest/doctest.h>

#include <cstdlib>

#include "tests/chaos/simulation/runs.h"

using namespace lockstep;
using chaos::Judgement;

namespace {

chaos::RunResult judged(Judgement judgement, std::uint64_t digest) {
  chaos::RunResult result;
  result.judgement = judgement;
  result.digest = digest;
  return result;
}

}  // namespace

TEST_CASE("results come back in the order of seeds, whatever the number of workers") {
  for (const std::uint32_t workers : {1u, 2u, 5u, 40u}) {
    chaos::ManySeedsOptions options;
    options.range = {7, 36};
    options.workers = workers;
    const auto many =
        run_many(options, [](std::uint64_t seed) { return judged(Judgement::Holds, seed * seed); });
    REQUIRE(many.seeds.size() == 30);
    CHECK(many.failures.empty());
    for (std::uint64_t at = 0; at < 30; ++at) {
      CHECK(many.seeds[at].seed() == at + 7);
      CHECK(many.seeds[at].digest() == (at + 7) * (at + 7));
    }
  }
}

TEST_CASE("stopping at the first failure finds the smallest failing seed") {
  chaos::ManySeedsOptions options;
  options.range = {1, 1000};
  options.workers = 4;
  options.stop_at_first = true;
  const auto many = run_many(options, [](std::uint64_t seed) {
    return judged(seed % 10 == 0 ? Judgement::Wrong : Judgement::Holds, seed);
  });
  REQUIRE(!many.seeds.empty());
  CHECK(many.seeds.back().seed() == 10);
  CHECK(many.seeds.size() == 10);
  CHECK(many.failures.empty());
}

TEST_CASE("a worker that dies is our failure, with the seed at which it died") {
  chaos::ManySeedsOptions options;
  options.range = {1, 20};
  options.workers = 2;
  const auto many = run_many(options, [](std::uint64_t seed) {
    if (seed == 8) std::_Exit(9);
    return judged(Judgement::Holds, seed);
  });
  REQUIRE(many.failures.size() == 1);
  CHECK(many.failures[0].seed == 8);
  CHECK(many.failures[0].what.find("9") != std::string::npos);
}

TEST_CASE("seeds run together are what they are alone") {
  chaos::ManySeedsOptions options;
  options.range = {1, 8};
  options.workers = 8;
  const auto many = run_many(
      options, [](std::uint64_t seed) { return simulate(tests::swarm_run("raft", seed, 200)); });
  for (const auto& summary : many.seeds) {
    CHECK(summary.digest() == simulate(tests::swarm_run("raft", summary.seed(), 200)).digest);
  }
}
