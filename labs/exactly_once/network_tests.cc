#include "chaos/fault_plans.h"
#include "labs/exactly_once/lab.h"
#include "transport/random.h"

namespace lockstep::labs {

using chaos::Crash;
using chaos::Fault;
using chaos::FaultModel;
using chaos::FaultPlan;
using chaos::RunSpec;
using chaos::System;
using transport::below;
using transport::draw;
using namespace std::chrono_literals;

namespace {

constexpr std::uint32_t kNodes = 4;
constexpr std::uint32_t kStormMs = 3'000;

/// A run in which two users share each client node.
RunSpec spec_with(FaultPlan plan, std::uint64_t seed) {
  RunSpec spec;
  spec.nodes = kNodes;
  spec.workload.clients = 6;
  spec.workload.operations = 240;
  spec.workload.keys = 3;
  spec.workload.read_percent = 30;
  // Results of a counter tell each execution from the next.
  spec.workload.machine = seed % 3 == 0 ? "counter" : "kv";
  spec.workload.think = {0ms, 20ms};
  spec.plan = std::move(plan);
  spec.plan.set_storm_ms(kStormMs);
  spec.seed = seed;
  spec.probe_stride = 0;
  spec.events_max = 1'000'000;
  return spec;
}

Fault& during_the_storm(FaultPlan& plan) {
  Fault& fault = *plan.add_fault();
  fault.set_at_ms(0);
  fault.set_for_ms(kStormMs);
  return fault;
}

void repeat_and_reorder(FaultPlan& plan) {
  during_the_storm(plan).mutable_duplicate()->set_ppm(400'000);
  during_the_storm(plan).mutable_reorder()->set_ppm(400'000);
}

void lose(FaultPlan& plan, std::uint32_t ppm) {
  during_the_storm(plan).mutable_loss()->set_ppm(ppm);
}

RunSpec lost_messages(const System&, std::uint64_t seed) {
  FaultPlan plan;
  lose(plan, 300'000);
  return spec_with(std::move(plan), seed);
}

RunSpec copies(const System&, std::uint64_t seed) {
  FaultPlan plan;
  repeat_and_reorder(plan);
  return spec_with(std::move(plan), seed);
}

/// What a swarm draws for the links between nodes; users reach their client nodes always.
RunSpec storm(const System& system, std::uint64_t seed) {
  FaultPlan plan = chaos::swarm_plan(seed, FaultModel::network(), kNodes, system.message_names);
  plan.clear_conditions();
  repeat_and_reorder(plan);
  lose(plan, 100'000);
  return spec_with(std::move(plan), seed);
}

/// Crashes at all kinds of moments, about one in 300 ms, among lost and repeated messages.
FaultPlan crashes(std::uint64_t seed, std::uint32_t first, std::uint32_t last) {
  constexpr std::uint32_t kCrashes = 9;
  FaultPlan plan;
  for (std::uint32_t number = 0; number < kCrashes; ++number) {
    const auto drawn = [&](transport::Purpose purpose, std::uint64_t bound) {
      return static_cast<std::uint32_t>(below(draw(seed, purpose, number, 0), bound));
    };
    Fault& fault = *plan.add_fault();
    fault.set_at_ms(50 + number * 300 + drawn("crash moment", 200));
    fault.set_for_ms(drawn("crash length", 2) == 0 ? 1 : 60);
    Crash& crash = *fault.mutable_crash();
    crash.mutable_node()->set_id(first + drawn("crash node", last - first + 1));
    crash.set_point(static_cast<Crash::Point>(drawn("crash point", 4)));
    if (crash.point() == Crash::AFTER_SEND) crash.set_sends(drawn("crash sends", 2));
  }
  repeat_and_reorder(plan);
  lose(plan, 100'000);
  return plan;
}

RunSpec server_crashes(const System&, std::uint64_t seed) {
  return spec_with(crashes(seed, 1, 1), seed);
}

RunSpec client_crashes(const System&, std::uint64_t seed) {
  return spec_with(crashes(seed, 2, kNodes), seed);
}

}  // namespace

void add_network_tests(LabBuilder& lab) {
  lab.test({.name = "lost_messages",
            .points = 3,
            .promise = "users get their results although three in ten messages are lost",
            .source = "README, step 2",
            .hints = {"Who notices that a Call or its Answer was lost?",
                      "Set Timer::Retry when you send a Call, with the user as key; when it fires "
                      "and the user still waits, send the same Call."},
            .body = lost_messages});
  lab.test({.name = "copies",
            .points = 3,
            .promise = "each request is executed once although messages come twice and late",
            .source = "README, step 3",
            .hints = {"The server must tell a copy from a new request: by the name, not by the "
                      "command.",
                      "A copy may have to be answered again. With what?"},
            .body = copies});
  lab.test({.name = "storm",
            .points = 2,
            .promise = "all this holds while links fail, one way and both ways",
            .source = "README, step 3",
            .hints = {"Read the steps of the failure page and look for the first copy of a message "
                      "that is not treated as one."},
            .body = storm});
  lab.test({.name = "server_crashes",
            .points = 2,
            .promise = "all this holds while the server crashes and comes back",
            .source = "README, step 4",
            .hints = {"Load in on(Start) all that you stored, and nothing else.",
                      "An Answer leaves only when the writes of its handler are durable."},
            .body = server_crashes});
  lab.test({.name = "client_crashes",
            .points = 2,
            .promise = "all this holds while client nodes crash and come back",
            .source = "README, step 4",
            .hints = {"A user who gets no reply makes the same request once more, under the same "
                      "name. What may a client node that has just come back not invent?"},
            .body = client_crashes});
}

}  // namespace lockstep::labs
