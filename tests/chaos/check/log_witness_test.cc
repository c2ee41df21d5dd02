// Sequential consistency by the log: orders that explain a history, and each way not to.
#include "chaos/check/log_witness.h"

#include <doctest/doctest.h>

#include "chaos/check/linearizability.h"
#include "tests/chaos/check/told_history.h"

namespace lockstep::chaos {
namespace {

using Kind = WitnessViolation::Kind;

std::optional<Kind> wrong_with(const ToldHistory& told, const std::vector<std::size_t>& order) {
  const auto violation = check_sequential(told.history(), order);
  if (!violation) return std::nullopt;
  CHECK_FALSE(describe(*violation, told.history()).empty());
  return violation->kind;
}

TEST_CASE("a client may see the past: sequentially consistent, but not linearizable") {
  ToldHistory told;
  const auto put = told.put(1, "x", "a");
  const auto get = told.get(2, "x", std::nullopt);
  CHECK_FALSE(wrong_with(told, {get, put}));
  CHECK_FALSE(check_linearizability(told.history()).holds());
}

TEST_CASE("a client's operations come as it issued them") {
  ToldHistory told;
  const auto put = told.put(1, "x", "a");
  const auto get = told.get(1, "x", std::nullopt);
  CHECK(wrong_with(told, {get, put}) == Kind::OutOfTurn);
  CHECK(wrong_with(told, {put, get}) == Kind::WrongResult);
}

TEST_CASE("what returned stands in the order once; what did not may, at any place") {
  ToldHistory told;
  const auto open = told.try_put(1, "x", "a");
  const auto put = told.put(1, "y", "b");
  const auto get = told.get(2, "x", "a");
  CHECK_FALSE(wrong_with(told, {put, open, get}));
  CHECK(wrong_with(told, {put, get}) == Kind::WrongResult);
  CHECK(wrong_with(told, {open, get}) == Kind::Missing);
  CHECK(wrong_with(told, {open, put, open, get}) == Kind::Repeated);
}

}  // namespace
}  // namespace lockstep::chaos
