// Shrinking: every step is smaller and valid, and what matters is found.
#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <array>
#include <numeric>

#include "tests/chaos/cases.h"
#include "tests/chaos/faults/stage.h"

namespace lockstep::toy_faults {
namespace {

using chaos::Fault;
using chaos::FaultModel;
using chaos::FaultPlan;

const std::vector<std::string> kNames{"Beat", "Heard"};

/// What each step lowers: faults, then conditions, then what faults name, then all numbers.
std::array<std::uint64_t, 4> measure(const FaultPlan& plan) {
  const auto& all = plan.conditions();
  std::array<std::uint64_t, 4> size{static_cast<std::uint64_t>(plan.fault_size()), 0, 0,
                                    plan.storm_ms()};
  for (const auto value : {all.delay_high_us(), all.loss_ppm(), all.duplicate_ppm(),
                           all.reorder_ppm(), all.sync_high_us()}) {
    size[1] += value > 0 ? 1 : 0;
  }
  const auto magnitude = [](std::int64_t value) {
    return static_cast<std::uint64_t>(value < 0 ? -value : value);
  };
  for (const auto& fault : plan.fault()) {
    for (const auto& group : fault.partition().group()) {
      size[2] += 1 + static_cast<std::uint64_t>(group.node_size());
    }
    size[2] +=
        static_cast<std::uint64_t>(fault.bridge().left_size() + fault.on().message().field_size());
    size[3] += fault.at_ms() + fault.for_ms() + fault.delay_ms() + fault.on().nth() +
               fault.crash().sends() + fault.slow_link().extra_ms() +
               fault.delay_spike().extra_ms() + fault.loss().ppm() + fault.duplicate().ppm() +
               fault.reorder().ppm() + magnitude(fault.clock_step().by_ms()) +
               magnitude(fault.clock_drift().ppm()) + fault.duplicate_it().after_ms();
  }
  return size;
}

FaultModel everything() {
  FaultModel model;
  for (std::size_t kind = 0; kind < chaos::kFaultKinds; ++kind) {
    model.allow(static_cast<chaos::FaultKind>(kind));
  }
  return model;
}

/// Plans as swarm draws them, shrunk as --shrink does it.
rc::Gen<FaultPlan> any_plan() {
  return [](const rc::Random& random, int) {
    rc::Random source = random;
    return rc::shrinkable::shrinkRecur(
        chaos::swarm_plan(source.next(), everything(), 5, kNames),
        [](const FaultPlan& plan) { return rc::seq::fromContainer(chaos::smaller(plan)); });
  };
}

TEST_CASE("every smaller plan is smaller by the measure, and valid") {
  for (std::uint64_t seed = 0; seed < tests::cases(300); ++seed) {
    const FaultPlan plan = chaos::swarm_plan(seed, everything(), 5, kNames);
    CAPTURE(seed);
    for (const auto& candidate : chaos::smaller(plan)) {
      CHECK(measure(candidate) < measure(plan));
      CHECK(chaos::problem_with(candidate, 5).value_or("") == "");
    }
  }
}

TEST_CASE("shrinking to the end leaves nothing that is not needed") {
  FaultPlan plan = chaos::swarm_plan(3, everything(), 5, kNames);
  const FaultPlan least = chaos::shrink(
      plan, [](const FaultPlan&) { return true; }, 100'000);
  CHECK(least.fault_size() == 0);
  CHECK(least.conditions().ByteSizeLong() == 0);
  CHECK(chaos::smaller(least).empty());
}

TEST_CASE("the budget bounds the calls") {
  const FaultPlan plan = chaos::swarm_plan(3, everything(), 5, kNames);
  int calls = 0;
  chaos::shrink(
      plan, [&](const FaultPlan&) { return ++calls < 0; }, 17);
  CHECK(calls == 17);
}

TEST_CASE("the single guilty fault among twenty is found, with what it waits for") {
  FaultPlan plan = chaos::swarm_plan(1, FaultModel::network(), 5, kNames);
  plan.clear_fault();
  plan.set_storm_ms(3000);
  for (std::uint32_t at = 0; at < 20; ++at) {
    Fault& fault = *plan.add_fault();
    fault.set_for_ms(100);
    if (at == 13) {
      fault.set_for_ms(5);
      fault.mutable_on()->set_nth(6);
      fault.mutable_on()->mutable_message()->set_name("Heard");
      fault.mutable_crash()->mutable_node()->set_role(chaos::Node::SENDER);
    } else {
      fault.set_at_ms(at * 100);
      fault.mutable_loss()->set_ppm(20'000);
    }
  }
  int runs = 0;
  const auto crashes = [&](const FaultPlan& candidate) {
    ++runs;
    Stage stage(candidate);
    stage.run_to(200);
    return stage.count(Witness::Kind::Crashed) > 0;
  };
  REQUIRE(crashes(plan));
  const FaultPlan least = chaos::shrink(plan, crashes, 1000);
  REQUIRE(least.fault_size() == 1);
  CHECK(least.fault(0).has_crash());
  CHECK(least.fault(0).on().nth() == 1);
  CHECK(least.fault(0).for_ms() == 1);
  CHECK(least.conditions().ByteSizeLong() == 0);
  CHECK(runs < 60);
}

TEST_CASE("a fault goes together with those that wait for it") {
  auto text = chaos::parse_plan(R"(storm_ms: 10
    fault { on { after: "b" } pause { node { id: 3 } } }
    fault { name: "b" on { after: "a" } pause { node { id: 2 } } }
    fault { name: "a" pause { node { id: 1 } } }
    fault { on { message { } } hold_it { until: "a" } })");
  const auto plan = std::get<FaultPlan>(text);
  bool lone_hold = false;
  for (const auto& candidate : chaos::smaller(plan)) {
    CHECK(chaos::problem_with(candidate, 5).value_or("") == "");
    lone_hold = lone_hold || (candidate.fault_size() == 1 && candidate.fault(0).has_hold_it() &&
                              candidate.fault(0).hold_it().until().empty());
  }
  CHECK(lone_hold);
}

TEST_CASE("a node that nobody adds any more takes with it what names it") {
  auto text = chaos::parse_plan(R"(storm_ms: 10
    fault { reconfigure { learner { id: 6 } } }
    fault { crash { node { id: 6 } } }
    fault { on { message { from { id: 6 } } } drop_it { } }
    fault { pause { node { id: 1 } } })");
  const auto plan = std::get<FaultPlan>(text);
  bool alone = false;
  for (const auto& candidate : chaos::smaller(plan)) {
    CHECK(chaos::problem_with(candidate, 5).value_or("") == "");
    alone = alone || (candidate.fault_size() == 1 && candidate.fault(0).has_pause());
  }
  CHECK(alone);
}

TEST_CASE("RapidCheck draws plans and shrinks them as --shrink does") {
  const auto shrinkable = any_plan()(rc::Random(), 10);
  const FaultPlan plan = shrinkable.value();
  auto steps = shrinkable.shrinks();
  const auto expected = chaos::smaller(plan);
  for (const auto& candidate : expected) {
    const auto step = steps.next();
    REQUIRE(static_cast<bool>(step));
    CHECK(step->value().SerializeAsString() == candidate.SerializeAsString());
  }
  CHECK(rc::check("a drawn plan is valid and read back from its text", [] {
    const FaultPlan drawn = *any_plan();
    RC_ASSERT(!chaos::problem_with(drawn, 5));
    const auto read = chaos::parse_plan(chaos::to_text(drawn));
    RC_ASSERT(std::get<FaultPlan>(read).SerializeAsString() == drawn.SerializeAsString());
  }));
}

}  // namespace
}  // namespace lockstep::toy_faults

namespace rc {
/// How RapidCheck prints a counterexample.
void showValue(const lockstep::chaos::FaultPlan& plan, std::ostream& os) {
  os << lockstep::chaos::to_text(plan);
}
}  // namespace rc
