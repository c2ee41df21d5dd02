// Fault plans as text: read, refused with a place and a reason, and written.
#include <doctest/doctest.h>

#include "chaos/fault_plans.h"

namespace lockstep::chaos {
namespace {

FaultPlan parsed(const std::string& text) {
  auto result = parse_plan(text);
  if (const auto* error = std::get_if<PlanError>(&result)) FAIL(error->message);
  return std::get<FaultPlan>(std::move(result));
}

TEST_CASE("malformed text is refused with line, column and reason") {
  struct Case {
    const char* text;
    int line;
    int column;
    const char* reason;
  };
  for (const auto& c : {
           Case{"storm_ms: 1000\nfault {\n  at: 5\n}", 3, 5, "no field named \"at\""},
           Case{"storm_ms: ten", 1, 11, "Expected integer"},
           Case{"storm_ms: -1", 1, 11, "Expected integer"},
           Case{"storm_ms: 99999999999", 1, 11, "out of range"},
           Case{"storm_ms: 1\nstorm_ms: 2", 2, 9, "multiple times"},
           Case{"fault {\n  crash { node { id: 1 } }\n  pause { node { id: 1 } }\n}", 3, 9,
                "oneof"},
           Case{"fault { crash { point: SOMETIMES } }", 1, 34, "SOMETIMES"},
           Case{"fault { name: \"open }", 1, 22, "Unexpected end of string"},
           Case{"fault { name: 'x'", 1, 18, "Expected"},
           Case{"fault }", 1, 7, "Expected"},
           Case{"\n\n\x01", 3, 1, "Invalid control characters"},
       }) {
    CAPTURE(c.text);
    const auto result = parse_plan(c.text);
    const auto* error = std::get_if<PlanError>(&result);
    REQUIRE(error != nullptr);
    CAPTURE(error->message);
    CHECK(error->line == c.line);
    CHECK(error->column == c.column);
    CHECK(error->message.find(c.reason) != std::string::npos);
  }
}

TEST_CASE("text that is too long or nested too deep is refused") {
  const auto refused = [](const std::string& text) {
    const auto result = parse_plan(text);
    const auto* error = std::get_if<PlanError>(&result);
    return error == nullptr ? std::string() : error->message;
  };
  CHECK(refused("# " + std::string(1 << 20, 'x')).find("at most 1048576 bytes") !=
        std::string::npos);
  CHECK(refused(std::string(100'000, '{')) != "");
  std::string deep = "fault ";
  for (int level = 0; level < 50'000; ++level) deep += "{ x ";
  CHECK(refused(deep) != "");
  CHECK(refused("") == "");
}

TEST_CASE("a plan is read back from its text as it was") {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    const auto plan = swarm_plan(seed, FaultModel::crash_recovery(), 5, {"Beat", "Heard"});
    CHECK(to_text(parsed(to_text(plan))) == to_text(plan));
    CHECK(parsed(to_text(plan)).SerializeAsString() == plan.SerializeAsString());
  }
  FaultPlan odd;
  odd.add_fault()->set_name("quote \" line \n tab \t");
  CHECK(parsed(to_text(odd)).fault(0).name() == odd.fault(0).name());
}

TEST_CASE("a plan that cannot be run is refused by the name of what is wrong") {
  struct Case {
    const char* fault;
    const char* reason;
  };
  for (const auto& c : {
           Case{"crash { node { id: 0 } }", "node 0 does not exist"},
           Case{"crash { node { id: 6 } }", "node 6 does not exist, there are 1 to 5"},
           Case{"crash { }", "a node is missing"},
           Case{"crash { node { role: 9 } }", "9 is no role"},
           Case{"crash { node { role: NONE } }", "0 is no role"},
           Case{"", "says nothing to do"},
           Case{"at_ms: 1001 crash { node { id: 1 } }", "after the end of the storm"},
           Case{"at_ms: 5 on { write { } } crash { node { id: 1 } }", "both at_ms and on"},
           Case{"delay_ms: 5 crash { node { id: 1 } }", "there is none"},
           Case{"for_ms: 3600001 crash { node { id: 1 } }", "at most 3600000"},
           Case{"crash { node { role: SENDER } }", "SENDER is known only if a message"},
           Case{"on { write { } } crash { node { role: RECEIVER } }", "RECEIVER is known only"},
           Case{"on { message { } } crash { node { role: WRITER } }", "WRITER is known only"},
           Case{"on { message { from { role: SENDER } } } drop_it { }", "only for LEADER"},
           Case{"on { } drop_it { }", "needs a message"},
           Case{"on { } crash { node { id: 1 } }", "waits for nothing"},
           Case{"on { write { } } drop_it { }", "needs a message"},
           Case{"on { message { } } delay_ms: 1 drop_it { }", "already gone"},
           Case{"on { nth: 1000001 message { } } drop_it { }", "nth is 1000001"},
           Case{"on { message { field { equals: \"x\" } } } drop_it { }", "names no field"},
           Case{"on { after: \"nobody\" } crash { node { id: 1 } }", "named \"nobody\""},
           Case{"name: \"a\" on { after: \"a\" } crash { node { id: 1 } }", "waits for itself"},
           Case{"on { message { } } hold_it { until: \"nobody\" }", "named \"nobody\""},
           Case{"name: \"a\" on { message { } } hold_it { until: \"a\" }", "begins itself"},
           Case{"partition { }", "at least one group"},
           Case{"partition { group { } }", "is empty"},
           Case{"partition { group { node { id: 1 } } group { node { id: 1 } } }", "twice"},
           Case{"bridge { bridge { id: 1 } }", "on its left"},
           Case{"bridge { bridge { id: 1 } left { id: 1 } }", "is the bridge and on its left"},
           Case{"one_way { from { id: 2 } to { id: 2 } }", "two different nodes"},
           Case{"isolate { node { id: 1 } direction: 7 }", "the direction is none"},
           Case{"loss { ppm: 1000001 }", "ppm is 1000001"},
           Case{"clock_drift { node { id: 1 } ppm: -500001 }", "from -500000 to 500000"},
           Case{"clock_step { node { id: 1 } by_ms: 2000000000 }", "by_ms"},
           Case{"slow_link { from { id: 1 } to { id: 2 } extra_ms: 60001 }", "extra_ms"},
           Case{"crash { node { id: 1 } sends: 2 }", "AFTER_SEND only"},
           Case{"crash { node { id: 1 } point: 9 }", "no such crash point"},
           Case{"reconfigure { }", "it changes nothing"},
           Case{"reconfigure { add { } }", "a node is missing"},
           Case{"reconfigure { add { role: LEADER } }", "needs its id"},
           Case{"reconfigure { add { id: 0 } }", "node 0 does not exist"},
           Case{"reconfigure { add { id: 5 } }", "node 5 is a founder"},
           Case{"reconfigure { learner { id: 1 } }", "node 1 is a founder"},
           Case{"reconfigure { learner { id: 64 } }", "at most 63"},
           Case{"reconfigure { remove { id: 6 } }", "node 6 does not exist"},
           Case{"reconfigure { members { } }", "without members"},
           Case{"reconfigure { members { node { id: 6 } } }", "node 6 does not exist"},
       }) {
    CAPTURE(c.fault);
    const auto problem =
        problem_with(parsed("storm_ms: 1000 fault { " + std::string(c.fault) + " }"), 5);
    REQUIRE(problem.has_value());
    CAPTURE(*problem);
    CHECK(problem->find(c.reason) != std::string::npos);
    CHECK(problem->find("fault 1") == 0);
  }
}

TEST_CASE("relations between faults and the frame of a plan are checked") {
  const auto problem = [](const std::string& text) {
    return problem_with(parsed(text), 5).value_or("");
  };
  const std::string crash = " crash { node { id: 1 } } } ";
  CHECK(problem("") == "storm_ms is 0, from 1 to 3600000 is allowed");
  CHECK(problem("storm_ms: 3600001") != "");
  CHECK(problem("storm_ms: 1") == "");
  CHECK(problem("storm_ms: 3600000") == "");
  CHECK(problem("storm_ms: 9 fault { name: 'x'" + crash + "fault { name: 'x'" + crash) ==
        "fault 2 (\"x\"): another fault has the same name");
  CHECK(problem("storm_ms: 9 fault { name: 'x' on { after: 'y' }" + crash +
                "fault { name: 'y' on { after: 'x' }" + crash) ==
        "fault 1 (\"x\"): it waits for itself");
  CHECK(problem("storm_ms: 9 fault { name: 'x' on { after: 'y' }" + crash + "fault { name: 'y'" +
                crash) == "");
  CHECK(problem("storm_ms: 9 conditions { delay_low_us: 3 delay_high_us: 2 }") != "");
  CHECK(problem("storm_ms: 9 conditions { loss_ppm: 1000001 }") != "");
  CHECK(problem("storm_ms: 9 conditions { sync_high_us: 60000001 }") != "");
  const std::string add = "fault { reconfigure { add { id: 9 } } } ";
  CHECK(problem("storm_ms: 9 " + add + "fault { crash { node { id: 9 } } }") == "");
  CHECK(problem("storm_ms: 9 " + add + "fault { crash { node { id: 8 } } }") ==
        "fault 2: node 8 does not exist, there are 1 to 5, and those that the plan adds");
  std::string many = "storm_ms: 9 ";
  for (int fault = 0; fault < 501; ++fault) many += "fault {" + crash;
  CHECK(problem(many) == "there are 501 faults, at most 500 are allowed");
}

TEST_CASE("what lies beyond a promise is named") {
  const auto kinds = [](const std::string& text, const FaultModel& model) {
    std::string names;
    for (const auto kind : beyond(parsed(text), model)) names += std::string(name_of(kind)) + " ";
    return names;
  };
  const std::string plan = R"(storm_ms: 9 conditions { loss_ppm: 1 }
    fault { bit_rot { node { id: 1 } } } fault { crash { node { id: 1 } } }
    fault { on { message { } } hold_it { } })";
  CHECK(kinds(plan, FaultModel::crash_recovery()) == "bit_rot ");
  CHECK(kinds(plan, FaultModel::network()) == "crash bit_rot ");
  CHECK(kinds(plan, FaultModel()) == "crash loss reorder bit_rot ");

  const std::string regardless = "fault { crash { node { id: 1 } regardless: true } }";
  auto forgetful = FaultModel::crash_recovery().limit_failed_to_minority();
  CHECK(kinds(regardless, forgetful) == "crash ");
  CHECK(kinds(regardless, FaultModel::crash_recovery()).empty());
  CHECK(kinds(plan, forgetful) == "bit_rot ");
  CHECK(forgetful.beyond(FaultKind::Crash) == "crash of more than a minority at a time");
}

}  // namespace
}  // namespace lockstep::chaos
