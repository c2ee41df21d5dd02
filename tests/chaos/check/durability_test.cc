// The durability ledger: losses that are losses, and what only looks like one.
#include "chaos/check/durability.h"

#include <doctest/doctest.h>

#include "tests/chaos/check/told_history.h"

namespace lockstep::chaos {
namespace {

Ledger ledger_of(const ToldHistory& told, std::int64_t fault, std::int64_t calm) {
  const auto ledger = durability_of(told.history(), fault, calm);
  REQUIRE(std::holds_alternative<Ledger>(ledger));
  return std::get<Ledger>(ledger);
}

TEST_CASE("an acknowledged write that a later read no longer shows is lost") {
  ToldHistory told;
  told.put(1, "x", "a");
  const auto lost = told.put(1, "x", "b");
  told.put(1, "y", "c");
  const auto fault = told.now();
  told.get(2, "x", "a");
  told.get(2, "y", "c");
  const auto ledger = ledger_of(told, fault + 10, fault);
  CHECK(ledger.acknowledged == 3);
  CHECK(ledger.lost == std::vector<std::size_t>{lost});
  CHECK(ledger.phantoms.empty());
  CHECK(ledger.recovery_point == 13);  // Acknowledged at 3; the fault struck at 16.
  CHECK(describe(ledger, told.history()).find("3 writes acknowledged, 1 lost") == 0);
}

TEST_CASE("a store that forgot everything lost everything") {
  ToldHistory told;
  told.put(1, "x", "a");
  told.put(1, "x", "b");
  const auto fault = told.now();
  told.get(2, "x", std::nullopt);
  CHECK(ledger_of(told, fault, fault).lost.size() == 2);
}

TEST_CASE("what a later write replaced is not lost, and the last read decides") {
  ToldHistory told;
  told.put(1, "x", "a");
  told.put(2, "x", "b");
  const auto fault = told.now();
  told.get(3, "x", "a");
  told.put(3, "x", "c");
  told.get(3, "x", "c");
  CHECK(ledger_of(told, fault, fault).lost.empty());
}

TEST_CASE("an object that nobody reads in the calm is not judged") {
  ToldHistory told;
  told.put(1, "x", "a");
  told.get(1, "x", std::nullopt);
  CHECK(ledger_of(told, 0, told.now()).acknowledged == 0);
}

TEST_CASE("a write that nobody acknowledged may go, unless somebody saw it: a phantom") {
  ToldHistory unseen;
  unseen.put(1, "x", "a");
  unseen.try_put(1, "x", "b");
  auto fault = unseen.now();
  unseen.get(2, "x", "a");
  CHECK(ledger_of(unseen, fault, fault).phantoms.empty());

  ToldHistory seen;
  seen.put(1, "x", "a");
  const auto phantom = seen.try_put(1, "x", "b");
  seen.get(3, "x", "b");
  fault = seen.now();
  seen.get(2, "x", "a");
  const auto ledger = ledger_of(seen, fault, fault);
  CHECK(ledger.phantoms == std::vector<std::size_t>{phantom});
  CHECK(ledger.lost.empty());
}

TEST_CASE("values that are written twice tell nothing") {
  ToldHistory told;
  told.put(1, "x", "a");
  told.put(1, "x", "a");
  CHECK(std::holds_alternative<Unknown>(durability_of(told.history(), 0, 0)));
}

}  // namespace
}  // namespace lockstep::chaos
