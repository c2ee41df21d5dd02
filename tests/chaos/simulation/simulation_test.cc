#include <doctest/doctest.h>
#include <rapidcheck.h>

#include "tests/chaos/simulation/runs.h"

using namespace lockstep;
using chaos::Judgement;
using tests::swarm_run;

namespace {

constexpr std::uint64_t kSeeds = 200;

/// The first seed with this judgement, or 0.
std::uint64_t first_seed(std::string_view system, Judgement judgement, std::uint64_t seeds,
                         const chaos::OptionValues& options = {}) {
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    if (simulate(swarm_run(system, seed, 2000, options)).judgement == judgement) return seed;
  }
  return 0;
}

}  // namespace

TEST_CASE("ABD and Raft hold under swarm") {
  for (const char* system : {"abd", "raft"}) {
    std::uint64_t invalid = 0;
    for (std::uint64_t seed = 1; seed <= tests::cases(kSeeds); ++seed) {
      const auto result = simulate(swarm_run(system, seed));
      invalid += result.judgement == Judgement::Invalid;
      if (result.judgement == Judgement::Invalid) continue;
      CAPTURE(system);
      CAPTURE(seed);
      CAPTURE(result.detector);
      CAPTURE(result.story);
      REQUIRE(result.judgement == Judgement::Holds);
    }
    CHECK(invalid * 100 <= tests::cases(kSeeds));
  }
}

TEST_CASE("ABD without write-back is caught by its history within 200 seeds") {
  const auto seed = first_seed("abd", Judgement::Wrong, kSeeds, {{"write_back", "off"}});
  REQUIRE(seed != 0);
  const auto result = simulate(swarm_run("abd", seed, 2000, {{"write_back", "off"}}));
  CHECK(result.detector == "linearizability");
  CHECK(result.story.find("read") != std::string::npos);
}

TEST_CASE("a machine that is not kv is replicated as well") {
  for (const char* machine : {"counter", "register"}) {
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
      auto spec = swarm_run("raft", seed);
      spec.workload.machine = machine;
      const auto result = simulate(spec);
      CAPTURE(seed);
      CHECK((result.judgement == Judgement::Holds || result.judgement == Judgement::Invalid));
    }
  }
}

TEST_CASE("an open loop completes all its operations") {
  auto spec = swarm_run("raft", 2);
  spec.workload.open_loop = true;
  const auto result = simulate(spec);
  CHECK(result.judgement == Judgement::Holds);
  CHECK(result.statistics.completed + result.statistics.indeterminate == spec.workload.operations);
}

TEST_CASE("a run that reaches too little is invalid, neither passed nor failed") {
  auto spec = swarm_run("raft", 1);
  spec.plan.clear_fault();
  spec.plan.clear_conditions();
  const auto result = simulate(spec);
  CHECK(result.judgement == Judgement::Invalid);
  CHECK(result.detector == "coverage floor");
}

TEST_CASE("who never recovers is stuck, not wrong") {
  // Heartbeats that come later than elections: leaders never last. The registry refuses such
  // options, so a system of our own brings them in.
  auto spec = swarm_run("raft", 1);
  chaos::System impatient = *spec.system;
  impatient.make_node = [](const chaos::OptionValues& options,
                           const statemachine::MachineKind& machine) {
    auto slow = options;
    slow["election_timeout"] = "2ms..3ms";
    slow["heartbeat"] = "1ms";
    return labs::find_system("raft")->make_node(slow, machine);
  };
  spec.system = &impatient;
  spec.plan.clear_fault();
  const auto result = simulate(spec);
  CHECK(result.judgement == Judgement::Stuck);
  CHECK(result.detector == "recovery");
}

TEST_CASE("a run that needs too many events has no verdict") {
  auto spec = swarm_run("raft", 1);
  spec.events_max = 1000;
  const auto result = simulate(spec);
  CHECK(result.judgement == Judgement::Unknown);
  CHECK(result.events == 1001);
}

TEST_CASE("a checker without budget has no verdict") {
  auto spec = swarm_run("raft", 1);
  spec.check.steps = 1;
  CHECK(simulate(spec).judgement == Judgement::Unknown);
}

TEST_CASE("beyond the promise: fsyncs that lie make Raft forget") {
  std::uint64_t wrong = 0;
  for (std::uint64_t seed = 1; seed <= 20 && wrong == 0; ++seed) {
    auto spec = swarm_run("raft", seed);
    spec.plan.clear_fault();
    for (std::uint32_t node = 1; node <= 5; ++node) {
      auto& fault = *spec.plan.add_fault();
      fault.set_at_ms(500);
      fault.set_for_ms(1000);
      fault.mutable_lost_fsync()->mutable_node()->set_id(node);
    }
    wrong += simulate(spec).judgement == Judgement::Wrong;
  }
  CHECK(wrong > 0);
}

TEST_CASE("any plan that RapidCheck draws is survived") {
  CHECK(rc::check("Raft holds", [] {
    const auto seed = *rc::gen::inRange<std::uint64_t>(1'000'000, 2'000'000);
    const auto result = simulate(swarm_run("raft", seed, 200));
    RC_LOG(result.story);
    RC_ASSERT(result.judgement == Judgement::Holds || result.judgement == Judgement::Invalid);
  }));
}

TEST_CASE("a failing plan shrinks to one that fails in the same way, and survives being a file") {
  const auto seed = first_seed("abd", Judgement::Wrong, kSeeds, {{"write_back", "off"}});
  REQUIRE(seed != 0);
  auto spec = swarm_run("abd", seed, 2000, {{"write_back", "off"}});
  const auto original = simulate(spec);
  const auto fails = [&](const chaos::FaultPlan& plan) {
    auto attempt = spec;
    attempt.plan = plan;
    return same_failure(simulate(attempt), original);
  };
  const auto small = chaos::shrink(spec.plan, fails, tests::cases(100));
  CHECK(small.fault_size() <= spec.plan.fault_size());
  const auto read = chaos::parse_plan(to_text(small));
  REQUIRE(std::holds_alternative<chaos::FaultPlan>(read));
  CHECK(fails(std::get<chaos::FaultPlan>(read)));
}

TEST_CASE("a description is the run that it was made from") {
  const auto spec = swarm_run("raft", 9, 300, {{"heartbeat", "40ms"}});
  const auto again = chaos::to_spec(describe(spec), labs::find_system);
  REQUIRE(std::holds_alternative<chaos::RunSpec>(again));
  CHECK(simulate(std::get<chaos::RunSpec>(again)).digest == simulate(spec).digest);
}

TEST_CASE("a bad description is refused with what is wrong in it") {
  const auto message = [](const chaos::RunDescription& description) {
    const auto spec = chaos::to_spec(description, labs::find_system);
    const auto* error = std::get_if<chaos::DescriptionError>(&spec);
    return error == nullptr ? std::string() : error->message;
  };
  const auto good = describe(swarm_run("raft", 1));
  CHECK(message(good).empty());
  auto bad = good;
  bad.set_system("raftt");
  CHECK(message(bad).find("no system \"raftt\"") != std::string::npos);
  bad = good;
  bad.mutable_workload()->set_machine("queue");
  CHECK(message(bad).find("does not replicate \"queue\"") != std::string::npos);
  bad = good;
  bad.add_option()->set_name("heartbeet");
  CHECK(message(bad).find("did you mean \"heartbeat\"") != std::string::npos);
  bad = good;
  bad.set_nodes(1000);
  CHECK(message(bad).find("nodes: 1000") != std::string::npos);
  bad = good;
  bad.mutable_plan()->add_fault()->mutable_bit_rot()->mutable_node()->set_id(1);
  CHECK(message(bad).find("bit_rot") != std::string::npos);
  bad.set_beyond_promise(true);
  CHECK(message(bad).empty());
}
