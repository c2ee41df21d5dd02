// The checker against one that is too simple to be wrong: try every order.
#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "chaos/check/explain.h"
#include "chaos/check/linearizability.h"
#include "tests/chaos/check/relaxed_history.h"
#include "tests/chaos/check/simulated_history.h"

namespace lockstep::chaos {
namespace {

using statemachine::AnyMachine;

/// Whether the operations not yet placed can follow, from this state of the machine.
bool has_order(const std::vector<Operation>& operations, std::vector<bool>& placed,
               const AnyMachine& machine) {
  std::uint64_t first_return = static_cast<std::uint64_t>(-1);
  for (std::size_t at = 0; at < operations.size(); ++at) {
    if (!placed[at] && operations[at].returned) {
      first_return = std::min(first_return, *operations[at].returned);
    }
  }
  if (first_return == static_cast<std::uint64_t>(-1)) return true;
  for (std::size_t at = 0; at < operations.size(); ++at) {
    if (placed[at] || operations[at].invoked > first_return) continue;
    AnyMachine next = machine;
    const std::string result = next.apply(operations[at].command);
    if (operations[at].result && *operations[at].result != result) continue;
    placed[at] = true;
    const bool found = has_order(operations, placed, next);
    placed[at] = false;
    if (found) return true;
  }
  return false;
}

bool is_linearizable(const std::vector<Operation>& operations,
                     const statemachine::MachineKind& machine) {
  std::vector<bool> placed(operations.size());
  return has_order(operations, placed, machine.make());
}

/// Whether `order` is a linearization that places all that returned.
void check_order(const History& history, const std::vector<std::size_t>& order) {
  AnyMachine machine = history.machine->make();
  std::vector<bool> placed(history.operations.size());
  std::uint64_t latest_invocation = 0;
  for (const std::size_t index : order) {
    const Operation& operation = history.operations[index];
    RC_ASSERT(!placed[index]);
    placed[index] = true;
    // No operation may stand before one that had returned before it was invoked.
    latest_invocation = std::max(latest_invocation, operation.invoked);
    if (operation.returned) RC_ASSERT(*operation.returned > latest_invocation);
    const std::string result = machine.apply(operation.command);
    if (operation.result) RC_ASSERT(result == *operation.result);
  }
  for (std::size_t at = 0; at < placed.size(); ++at) {
    const Operation& operation = history.operations[at];
    const bool is_free = !operation.result && history.machine->read_only(operation.command);
    RC_ASSERT(placed[at] || is_free || !operation.returned);
  }
}

/// Adds every state that the operations can leave once all that returned are placed.
void collect_states(const std::vector<Operation>& operations, std::vector<bool>& placed,
                    const AnyMachine& machine, std::set<std::string>& states) {
  std::uint64_t first_return = static_cast<std::uint64_t>(-1);
  for (std::size_t at = 0; at < operations.size(); ++at) {
    if (!placed[at] && operations[at].returned) {
      first_return = std::min(first_return, *operations[at].returned);
    }
  }
  if (first_return == static_cast<std::uint64_t>(-1)) states.insert(machine.snapshot());
  for (std::size_t at = 0; at < operations.size(); ++at) {
    if (placed[at] || operations[at].invoked > first_return) continue;
    AnyMachine next = machine;
    const std::string result = next.apply(operations[at].command);
    if (operations[at].result && *operations[at].result != result) continue;
    placed[at] = true;
    collect_states(operations, placed, next, states);
    placed[at] = false;
  }
}

/// What a witness says of the events before it: its states can be left, and no others, except when
/// an operation still open takes effect as well.
void check_before(const History& history, const Violation& violation) {
  const Before& before = *violation.before;
  std::vector<Operation> operations;
  for (Operation operation : history.operations) {
    const bool is_here =
        !violation.key || history.machine->partition(operation.command) == violation.key;
    if (!is_here || operation.invoked > before.event) continue;
    if (operation.returned && *operation.returned > before.event) operation.returned.reset();
    operations.push_back(operation);
  }
  std::set<std::string> states;
  std::vector<bool> placed(operations.size());
  collect_states(operations, placed, history.machine->make(), states);
  std::set<std::string> allowed;
  std::erase_if(operations, [](const Operation& operation) { return operation.returned; });
  for (const std::string& state : before.states) {
    RC_ASSERT(states.contains(state));
    AnyMachine machine = history.machine->make();
    RC_ASSERT(machine.restore(state));
    placed.assign(operations.size(), false);
    collect_states(operations, placed, machine, allowed);
  }
  RC_ASSERT(std::includes(allowed.begin(), allowed.end(), states.begin(), states.end()));
}

/// What a witness claims: the core has no order even when all others are at liberty.
void check_witness(const History& history, const Violation& violation) {
  RC_ASSERT(!is_linearizable(relaxed(history, violation).operations, *history.machine));
  const std::vector<std::size_t>& core = violation.core;
  RC_ASSERT(std::find(core.begin(), core.end(), violation.blocked) != core.end());
  RC_ASSERT(!violation.states.empty());
  RC_ASSERT(!describe(violation, history).empty());
}

struct Reached {
  int holds = 0;
  int violated = 0;
  int with_before = 0;  // Witnesses that take what came before for granted.
};

void compare(Recipe recipe, Reached& reached) {
  const auto draw = [](std::uint64_t from, std::uint64_t to) {
    return *rc::gen::inRange<std::uint64_t>(from, to);
  };
  const std::uint64_t seed = draw(0, 1'000'000'000);
  recipe.clients = draw(1, 4);
  recipe.operations = draw(5, 9);
  recipe.lost_in_1000 = draw(0, 3) * 120;
  History history = simulate(recipe, seed);
  for (std::uint64_t times = draw(0, 8); times > 0; --times) spoil(history, seed + times);
  const bool expected = is_linearizable(history.operations, *history.machine);
  const Verdict verdict = check_linearizability(history);
  RC_ASSERT(!verdict.is_unknown());
  RC_ASSERT(verdict.holds() == expected);
  CheckOptions undivided;
  undivided.by_key = false;
  RC_ASSERT(check_linearizability(history, undivided).holds() == expected);
  if (const auto* holds = std::get_if<Holds>(&verdict.answer)) check_order(history, holds->order);
  if (verdict.violation() != nullptr) {
    check_witness(history, *verdict.violation());
    // With less effort witnesses are larger, and of other kinds.
    const Verdict hasty = check_linearizability(history, {.witness_steps = draw(0, 2'000)});
    RC_ASSERT(hasty.violation() != nullptr);
    check_witness(history, *hasty.violation());
    if (hasty.violation()->before) {
      check_before(history, *hasty.violation());
      ++reached.with_before;
    }
  }
  ++(expected ? reached.holds : reached.violated);
}

void check_recipe(const Recipe& recipe) {
  Reached reached;
  CHECK(rc::check([&] { compare(recipe, reached); }));
  MESSAGE(std::string(recipe.machine), ": ", reached.holds, " hold, ", reached.violated,
          " are violated, ", reached.with_before, " of them after a beginning");
  CHECK(reached.holds > 200);
  CHECK(reached.violated > 200);
  CHECK(reached.with_before > 20);
}

TEST_CASE("register: the checker agrees with trying every order") {
  check_recipe({.machine = "register"});
}

TEST_CASE("kv: the checker agrees with trying every order, by key and undivided") {
  check_recipe({.machine = "kv"});
}

TEST_CASE("kv with one key: the checker agrees with trying every order") {
  check_recipe({.machine = "kv", .keys = 1});
}

TEST_CASE("counter: the checker agrees with trying every order") {
  check_recipe({.machine = "counter"});
}

}  // namespace
}  // namespace lockstep::chaos
