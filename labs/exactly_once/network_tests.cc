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

/// How much users want, and how fast.
struct Pace {
  std::uint64_t operations;
  transport::Between think;
};
constexpr Pace kQuick{360, {0ms, 4ms}};    // What is late meets what comes next.
constexpr Pace kSteady{480, {0ms, 30ms}};  // There is something to do throughout the storm.

/// A run in which two users share each client node.
RunSpec spec_with(FaultPlan plan, std::uint64_t seed, Pace pace) {
  RunSpec spec;
  spec.nodes = kNodes;
  spec.workload.clients = 6;
  spec.workload.operations = pace.operations;
  spec.workload.think = pace.think;
  spec.workload.keys = 2;
  spec.workload.read_percent = 40;
  // Results of a counter tell each execution from the next.
  spec.workload.machine = seed % 2 == 0 ? "counter" : "kv";
  // Users do not give up, and leave it to their client node to ask again.
  spec.patience.operation = 1min;
  spec.patience.attempt = {20s, 30s};
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
  return spec_with(std::move(plan), seed, kQuick);
}

RunSpec copies(const System&, std::uint64_t seed) {
  FaultPlan plan;
  repeat_and_reorder(plan);
  return spec_with(std::move(plan), seed, kQuick);
}

/// What a swarm draws for the links between nodes; users reach their client nodes always.
RunSpec storm(const System& system, std::uint64_t seed) {
  FaultPlan plan = chaos::swarm_plan(seed, FaultModel::network(), kNodes, system.message_names);
  plan.clear_conditions();
  repeat_and_reorder(plan);
  lose(plan, 100'000);
  return spec_with(std::move(plan), seed, kSteady);
}

std::uint32_t drawn(std::uint64_t seed, transport::Purpose purpose, std::uint32_t crash,
                    std::uint64_t bound) {
  return static_cast<std::uint32_t>(below(draw(seed, purpose, crash, 0), bound));
}

/// A crash at some moment, before or after the storage write or the send that comes next.
void crash_sometime(Fault& fault, std::uint64_t seed, std::uint32_t number, std::uint32_t node) {
  fault.set_at_ms(50 + number * 300 + drawn(seed, "crash moment", number, 200));
  Crash& crash = *fault.mutable_crash();
  crash.mutable_node()->set_id(node);
  crash.set_point(static_cast<Crash::Point>(drawn(seed, "crash point", number, 4)));
  if (crash.point() == Crash::AFTER_SEND) crash.set_sends(1);
}

/// A crash right after a message left, such as an Answer.
void crash_of_sender(Fault& fault, std::uint64_t seed, std::uint32_t number, const char* message) {
  fault.mutable_on()->set_nth(1 + number * 30 + drawn(seed, "crash message", number, 30));
  fault.mutable_on()->mutable_message()->set_name(message);
  fault.mutable_crash()->mutable_node()->set_role(chaos::Node::SENDER);
}

/// Crashes among lost and repeated messages, about one in 300 ms; of nodes that send `message`.
FaultPlan crashes(std::uint64_t seed, std::uint32_t first, std::uint32_t last,
                  const char* message) {
  constexpr std::uint32_t kCrashes = 9;
  FaultPlan plan;
  for (std::uint32_t number = 0; number < kCrashes; ++number) {
    Fault& fault = *plan.add_fault();
    fault.set_for_ms(drawn(seed, "crash length", number, 2) == 0 ? 1 : 60);
    if (number % 2 == 0) {
      crash_of_sender(fault, seed, number, message);
    } else {
      crash_sometime(fault, seed, number,
                     first + drawn(seed, "crash node", number, last - first + 1));
    }
  }
  repeat_and_reorder(plan);
  lose(plan, 100'000);
  return plan;
}

RunSpec server_crashes(const System&, std::uint64_t seed) {
  return spec_with(crashes(seed, 1, 1, "Answer"), seed, kSteady);
}

RunSpec client_crashes(const System&, std::uint64_t seed) {
  RunSpec spec = spec_with(crashes(seed, 2, kNodes, "Call"), seed, kSteady);
  spec.patience.attempt = {150ms, 250ms};
  return spec;
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
