// The book's page about faults says nothing that the code does not do.
#include <doctest/doctest.h>

#include <fstream>
#include <sstream>

#include "chaos/fault_plans.h"

namespace lockstep::chaos {
namespace {

std::string page() {
  std::ifstream in(LOCKSTEP_FAULTS_PAGE);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

TEST_CASE("every example in docs/faults.md is a plan that five nodes can run") {
  const std::string text = page();
  const std::string fence = "```textproto\n";
  int examples = 0;
  for (auto at = text.find(fence); at != std::string::npos; at = text.find(fence, at)) {
    at += fence.size();
    const auto end = text.find("```", at);
    REQUIRE(end != std::string::npos);
    const std::string example = text.substr(at, end - at);
    CAPTURE(example);
    const auto result = parse_plan(example);
    const auto* plan = std::get_if<FaultPlan>(&result);
    REQUIRE(plan != nullptr);
    CHECK(problem_with(*plan, 5).value_or("") == "");
    ++examples;
  }
  CHECK(examples >= 5);
}

TEST_CASE("docs/faults.md has a line for every kind") {
  const std::string text = page();
  for (std::size_t kind = 0; kind < kFaultKinds; ++kind) {
    const std::string name(name_of(static_cast<FaultKind>(kind)));
    CAPTURE(name);
    CHECK(text.find("| `" + name + "`") != std::string::npos);
  }
  for (const auto* name : {"drop_it", "hold_it", "duplicate_it", "deliver_only_to"}) {
    CHECK(text.find("| `" + std::string(name) + "`") != std::string::npos);
  }
}

}  // namespace
}  // namespace lockstep::chaos
