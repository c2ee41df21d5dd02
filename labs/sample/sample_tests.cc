#include "chaos/fault_plans.h"
#include "labs/exercise/stage.h"
#include "labs/sample/lab.h"
#include "statemachine/kv.h"
#include "transport/check.h"

namespace lockstep::labs {

using transport::NodeId;
using namespace std::chrono_literals;

namespace {

constexpr NodeId kPrimary{1};
constexpr NodeId kOther{2};

/// A Property: a run under faults, judged by the history of its clients. It may depend on the seed;
/// chaos::swarm_plan draws a whole plan from one.
chaos::RunSpec lossy_network(const chaos::System&, std::uint64_t) {
  const auto plan = chaos::parse_plan(R"(
    storm_ms: 2000
    fault { at_ms: 0 for_ms: 2000 loss { ppm: 100000 } }
    fault { at_ms: 0 for_ms: 2000 duplicate { ppm: 200000 } }
    fault { at_ms: 0 for_ms: 2000 reorder { ppm: 200000 } }
  )");
  LOCKSTEP_CHECK(std::holds_alternative<chaos::FaultPlan>(plan));
  chaos::RunSpec spec;
  spec.nodes = 3;
  spec.workload.clients = 4;
  spec.workload.operations = 300;
  spec.workload.keys = 2;
  spec.workload.think = {0ms, 20ms};
  spec.plan = std::get<chaos::FaultPlan>(plan);
  spec.events_max = 1'000'000;
  return spec;
}

/// A Script: one scenario, step by step. Times are virtual, and nobody waits for them.
Stage::Task<> outlives_a_crash(Stage& stage) {
  const auto before = co_await stage.attempt(kOther, statemachine::kv::put("color", "red"), 1s);
  if (!before) {
    stage.fail(Verdict::Stuck, "any node gets a request executed where nothing is lost",
               "n2 did not answer within 1000 ms of virtual time");
  }
  stage.cluster().crash(kPrimary);
  co_await stage.sleep(10ms);
  stage.cluster().restart(kPrimary);
  const auto after = co_await stage.attempt(kOther, statemachine::kv::get("color"), 1s);
  stage.expect(after.has_value(), "the primary executes requests again when it is back",
               "n2 did not answer within 1000 ms of virtual time");
  // The history of a stage's clients has to be linearizable: a read that misses "red" is found
  // there. What else must hold is said by stage.expect and stage.expect_equal.
}

}  // namespace

void add_sample_network_tests(LabBuilder& lab) {
  lab.test({.name = "lossy_network",
            .points = 6,
            .promise = "clients see one machine, whichever node they ask and whatever gets lost",
            .source = "README, part A",
            .hints = {"Who may apply a command to its machine, and who may not?",
                      "A client that hears nothing asks again under the same name, and the network "
                      "copies messages too. Has the primary executed this name before?"},
            .seeds = 5,
            .body = lossy_network});
}

void add_sample_crash_tests(LabBuilder& lab) {
  lab.test({.name = "outlives_a_crash",
            .points = 4,
            .promise = "what a client was answered outlives a crash of the primary",
            .source = "README, part B",
            .hints = {"After a crash there is only ctx.storage().",
                      "machine.snapshot() gives the whole state as bytes; restore() reads them."},
            .body = Script{{.nodes = 3}, outlives_a_crash}});
}

}  // namespace lockstep::labs
