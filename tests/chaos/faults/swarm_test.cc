// What swarm draws: always valid, always inside the model, everything sometimes, and it bites.
#include <doctest/doctest.h>

#include <cstdlib>
#include <map>
#include <set>

#include "statemachine/fold.h"
#include "tests/chaos/faults/stage.h"

namespace lockstep::toy_faults {
namespace {

using chaos::FaultKind;
using chaos::FaultModel;
using chaos::FaultPlan;
using chaos::swarm_plan;

const std::vector<std::string> kNames{"Beat", "Heard"};

FaultModel everything() {
  FaultModel model;
  for (std::size_t kind = 0; kind < chaos::kFaultKinds; ++kind) {
    model.allow(static_cast<FaultKind>(kind));
  }
  return model;
}

TEST_CASE("swarm stays inside the model and draws valid plans") {
  const std::vector<FaultModel> models{
      FaultModel(), FaultModel::network(),        FaultModel::crash_recovery(),
      everything(), FaultModel{FaultKind::Crash}, FaultModel{FaultKind::Loss}};
  for (std::uint64_t seed = 0; seed < 5000; ++seed) {
    const auto& model = models[seed % models.size()];
    const auto nodes = static_cast<std::uint32_t>(1 + seed % 7);
    const FaultPlan plan = swarm_plan(seed, model, nodes, kNames);
    CAPTURE(seed);
    CHECK(chaos::problem_with(plan, nodes).value_or("") == "");
    CHECK(chaos::beyond(plan, model).empty());
    CHECK(plan.storm_ms() >= 5'000);
    CHECK(plan.storm_ms() <= 10'000);
  }
}

TEST_CASE("every kind and every plot appears, and each kind is also left out") {
  std::map<FaultKind, int> seeds_with;
  std::set<int> cases;
  std::set<int> points;
  int triggered = 0;
  int full_restarts = 0;
  for (std::uint64_t seed = 0; seed < 2000; ++seed) {
    const FaultPlan plan = swarm_plan(seed, everything(), 5, kNames);
    std::set<FaultKind> kinds;
    std::map<std::uint32_t, std::set<std::uint32_t>> crashes_at;
    for (const auto& fault : plan.fault()) {
      kinds.insert(chaos::kind_of(fault));
      cases.insert(fault.kind_case());
      triggered += fault.has_on() ? 1 : 0;
      if (!fault.has_crash()) continue;
      points.insert(fault.crash().point());
      if (fault.at_ms() > 0) crashes_at[fault.at_ms()].insert(fault.crash().node().id());
    }
    for (const auto kind : kinds) ++seeds_with[kind];
    for (const auto& [at, nodes] : crashes_at) full_restarts += nodes.size() == 5 ? 1 : 0;
  }
  for (std::size_t kind = 0; kind < chaos::kFaultKinds; ++kind) {
    CAPTURE(chaos::name_of(static_cast<FaultKind>(kind)));
    CHECK(seeds_with[static_cast<FaultKind>(kind)] > 100);
    CHECK(seeds_with[static_cast<FaultKind>(kind)] < 1900);
  }
  CHECK(cases.size() == 21);  // all but drop_it, which deliver_only_to and loss cover
  CHECK(points.size() == 4);
  CHECK(triggered > 2000);
  CHECK(full_restarts > 50);
}

TEST_CASE("half of the storm is left in peace") {
  for (std::uint64_t seed = 0; seed < 2000; ++seed) {
    const FaultPlan plan = swarm_plan(seed, FaultModel::crash_recovery(), 5, kNames);
    std::uint64_t disturbed = 0;
    for (const auto& fault : plan.fault()) {
      const bool stops = !fault.has_hold_it() && fault.for_ms() > 100;
      if (!fault.has_deliver_only_to() && !fault.has_duplicate_it()) CHECK(fault.for_ms() > 0);
      // One node that is left behind stops nobody else.
      const bool is_one =
          fault.crash().node().id() + fault.isolate().node().id() > 0 && fault.for_ms() >= 800;
      CHECK(fault.for_ms() <= (is_one ? 2'500 : 1'500));
      if (stops && !is_one) disturbed += fault.for_ms();
    }
    CAPTURE(seed);
    CHECK(disturbed <= plan.storm_ms() / 2);
  }
}

TEST_CASE("swarm stays below the drift that the model bounds") {
  FaultModel model{FaultKind::ClockDrift};
  model.limit_drift(500);
  bool drifts = false;
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    const FaultPlan plan = swarm_plan(seed, model, 5, kNames);
    CHECK(chaos::beyond(plan, model).empty());
    drifts = drifts || plan.fault_size() > 0;
    for (const auto& fault : plan.fault()) CHECK(std::abs(fault.clock_drift().ppm()) <= 500);
  }
  CHECK(drifts);
  FaultPlan wild;
  wild.add_fault()->mutable_clock_drift()->set_ppm(-501);
  CHECK(chaos::beyond(wild, model) == std::vector{FaultKind::ClockDrift});
  CHECK(model.beyond(FaultKind::ClockDrift) == "clock_drift above 500 ppm");
  CHECK(chaos::beyond(wild, FaultModel{FaultKind::ClockDrift}).empty());
}

TEST_CASE("the operator never plans for fewer than three voters, and uses no number twice") {
  FaultModel model{FaultKind::Membership};
  std::set<int> changes;
  for (std::uint64_t seed = 0; seed < 2000; ++seed) {
    const auto nodes = static_cast<std::uint32_t>(1 + seed % 7);
    const FaultPlan plan = swarm_plan(seed, model, nodes, kNames);
    CAPTURE(seed);
    CHECK(chaos::problem_with(plan, nodes).value_or("") == "");
    std::size_t voters = nodes;
    std::set<std::uint32_t> added;
    for (const auto& fault : plan.fault()) {
      const auto& change = fault.reconfigure();
      changes.insert(change.change_case());
      voters += change.has_add() ? 1 : 0;
      voters -= change.has_remove() ? 1 : 0;
      if (change.has_remove()) CHECK(voters >= std::min<std::size_t>(3, nodes));
      if (change.has_add()) CHECK(added.insert(change.add().id()).second);
    }
  }
  CHECK(changes.size() == 5);  // all but members
}

TEST_CASE("swarm is a pure function of its arguments") {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    const auto text = [&](std::uint64_t which, std::uint32_t nodes) {
      return chaos::to_text(swarm_plan(which, FaultModel::crash_recovery(), nodes, kNames));
    };
    CHECK(text(seed, 5) == text(seed, 5));
    CHECK(text(seed, 5) != text(seed + 1, 5));
  }
}

TEST_CASE("every compiler and build type draws the same plans") {
  statemachine::Fold digest;
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    fold(digest, std::string_view(swarm_plan(seed, everything(), 5, kNames).SerializeAsString()));
  }
  // Changes whenever what swarm draws does; it must be the same for g++ and clang.
  CHECK(digest.digest() == 17262840370387266814u);
}

TEST_CASE("every kind that swarm draws takes effect in some run") {
  std::map<FaultKind, int> begun;
  std::map<FaultKind, int> bit;
  int progress = 0;
  constexpr int kSeeds = 60;
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    Stage stage(swarm_plan(seed, everything(), 5, kNames), seed);
    stage.run_to(stage.plan.storm_ms());
    for (const auto& fault : stage.injector.injected()) {
      ++begun[fault.kind];
      bit[fault.kind] += fault.effects > 0 ? 1 : 0;
      CHECK_FALSE(fault.story.empty());
    }
    progress += stage.count(Witness::Kind::Delivered, 1, 2, stage.plan.storm_ms() / 2) > 0 ? 1 : 0;
  }
  CHECK(progress == kSeeds);
  for (std::size_t number = 0; number < chaos::kFaultKinds; ++number) {
    const auto kind = static_cast<FaultKind>(number);
    CAPTURE(chaos::name_of(kind));
    CAPTURE(begun[kind]);
    CHECK(bit[kind] * 2 >= begun[kind]);
    CHECK(bit[kind] > 0);
  }
}

}  // namespace
}  // namespace lockstep::toy_faults
