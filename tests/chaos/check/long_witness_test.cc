// Witnesses of single mistakes in long histories: few operations, and true.
#include <doctest/doctest.h>

#include <string>
#include <string_view>

#include "chaos/check/explain.h"
#include "chaos/check/linearizability.h"
#include "tests/chaos/check/relaxed_history.h"
#include "tests/chaos/check/simulated_history.h"

namespace lockstep::chaos {
namespace {

Recipe long_recipe(std::string_view machine, Fault fault) {
  return {.machine = machine,
          .operations = 2000,
          .clients = 4,
          .keys = 1,
          .values = 6,
          .lost_in_1000 = 0,
          .unknown_in_1000 = 0,
          .fault = fault,
          .fault_after = 1500};
}

bool is_true(const History& history, const Violation& violation) {
  return check_linearizability(relaxed(history, violation)).violation() != nullptr;
}

/// Looks at some runs in which the fault shows; not every one does, since a lost write may be
/// overwritten before anybody reads.
void check_small(Recipe recipe, std::size_t most) {
  std::size_t violated = 0;
  for (std::uint64_t seed = 1; seed <= 16 && violated < 4; ++seed) {
    CAPTURE(seed);
    const History history = simulate(recipe, seed);
    const Verdict verdict = check_linearizability(history);
    if (verdict.violation() == nullptr) continue;
    ++violated;
    const Violation& violation = *verdict.violation();
    CAPTURE(describe(violation, history));
    CHECK(violation.core.size() <= most);
    CHECK(violation.core.size() + violation.supporting.size() <= most + 4);
    CHECK(violation.is_minimal);
    CHECK(is_true(history, violation));
  }
  CHECK(violated >= 2);
}

Recipe with_unique_values(Recipe recipe) {
  recipe.unique_values = true;
  return recipe;
}

Recipe of_appends(Recipe recipe) {
  recipe.unique_values = true;
  recipe.only_appends = true;
  return recipe;
}

TEST_CASE("a stale read after 1500 operations: few operations show it") {
  check_small(long_recipe("register", Fault::StaleRead), 6);
  check_small(with_unique_values(long_recipe("register", Fault::StaleRead)), 3);
  check_small(with_unique_values(long_recipe("kv", Fault::StaleRead)), 3);
  check_small(of_appends(long_recipe("kv", Fault::StaleRead)), 3);
}

TEST_CASE("a lost write after 1500 operations: few operations show it") {
  check_small(with_unique_values(long_recipe("register", Fault::LostWrite)), 3);
  check_small(with_unique_values(long_recipe("kv", Fault::LostWrite)), 3);
  check_small(of_appends(long_recipe("kv", Fault::LostWrite)), 3);
}

TEST_CASE("an append that took effect twice: few operations show it") {
  check_small(long_recipe("kv", Fault::AppliedTwice), 3);
  check_small(of_appends(long_recipe("kv", Fault::AppliedTwice)), 3);
}

TEST_CASE("a compare-and-set that should have failed: few operations show it") {
  check_small(long_recipe("register", Fault::FalseSwap), 8);
  check_small(with_unique_values(long_recipe("register", Fault::FalseSwap)), 3);
  check_small(long_recipe("kv", Fault::FalseSwap), 3);
}

TEST_CASE("a small effort gives a larger witness that is just as true, and says so") {
  const History history = simulate(with_unique_values(long_recipe("kv", Fault::LostWrite)), 3);
  std::size_t last = history.operations.size() + 1;
  const std::uint64_t efforts[] = {0, 20'000, 5'000'000};
  for (const std::uint64_t steps : efforts) {
    CAPTURE(steps);
    const Verdict verdict = check_linearizability(history, {.witness_steps = steps});
    REQUIRE(verdict.violation() != nullptr);
    const Violation& violation = *verdict.violation();
    CHECK(violation.core.size() < last);
    CHECK(violation.is_minimal == (steps == 5'000'000));
    CHECK(is_true(history, violation));
    const std::string text = describe(violation, history);
    CHECK(text.size() < 4'000);
    CHECK(text.ends_with("The budget ended before these operations were fewest.\n") ==
          !violation.is_minimal);
    last = violation.core.size();
  }
}

TEST_CASE("the same history gives the same witness") {
  for (const Fault fault : {Fault::StaleRead, Fault::FalseSwap}) {
    const History history = simulate(long_recipe("register", fault), 3);
    const Verdict first = check_linearizability(history);
    const Verdict second = check_linearizability(history);
    REQUIRE(first.violation() != nullptr);
    REQUIRE(second.violation() != nullptr);
    CHECK(describe(*first.violation(), history) == describe(*second.violation(), history));
  }
}

}  // namespace
}  // namespace lockstep::chaos
