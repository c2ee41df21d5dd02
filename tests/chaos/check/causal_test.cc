// Causal consistency: each pattern that refutes it, and the nearest history that has none.
#include "chaos/check/causal.h"

#include <doctest/doctest.h>

#include "tests/chaos/check/told_history.h"

namespace lockstep::chaos {
namespace {

constexpr std::uint64_t kAnn = 1;
constexpr std::uint64_t kBob = 2;
constexpr std::uint64_t kCid = 3;
constexpr std::uint64_t kDan = 4;

std::string pattern_of(const ToldHistory& told, bool convergent = false) {
  const auto verdict = check_causal(told.history(), convergent);
  if (std::holds_alternative<CausalHolds>(verdict)) return "holds";
  if (const auto* unknown = std::get_if<Unknown>(&verdict)) return unknown->reason;
  return std::string(name_of(std::get<CausalViolation>(verdict).pattern));
}

TEST_CASE("what is not causally related may be seen in any order") {
  ToldHistory told;
  told.put(kAnn, "x", "1");
  told.put(kBob, "x", "2");
  told.get(kCid, "x", "1");
  told.get(kCid, "x", "2");
  told.get(kDan, "x", "2");
  told.get(kDan, "x", "1");
  CHECK(pattern_of(told) == "holds");
  CHECK(pattern_of(told, true) == "CyclicCF");
}

TEST_CASE("sessions that agree on the last of two concurrent writes converge") {
  ToldHistory told;
  told.put(kAnn, "x", "1");
  told.put(kBob, "x", "2");
  told.get(kCid, "x", "1");
  told.get(kCid, "x", "2");
  told.get(kDan, "x", "2");
  told.get(kDan, "x", "2");
  CHECK(pattern_of(told, true) == "holds");
}

TEST_CASE("an answer is seen after its question: WriteCOInitRead") {
  ToldHistory lost;
  const auto question = lost.put(kAnn, "question", "where is the ring?");
  const auto heard = lost.get(kBob, "question", "where is the ring?");
  const auto answer = lost.put(kBob, "answer", "found it");
  const auto seen = lost.get(kCid, "answer", "found it");
  const auto missing = lost.get(kCid, "question", std::nullopt);
  const auto verdict = check_causal(lost.history());
  REQUIRE(std::holds_alternative<CausalViolation>(verdict));
  const auto& violation = std::get<CausalViolation>(verdict);
  CHECK(violation.pattern == CausalPattern::WriteCOInitRead);
  CHECK(violation.chain == std::vector<std::size_t>{question, heard, answer, seen, missing});
  CHECK(describe(violation, lost.history()).find("[5]  client 3") != std::string::npos);

  ToldHistory unrelated;
  unrelated.put(kAnn, "question", "where is the ring?");
  unrelated.put(kBob, "answer", "found it");
  unrelated.get(kCid, "answer", "found it");
  unrelated.get(kCid, "question", std::nullopt);
  CHECK(pattern_of(unrelated) == "holds");
}

TEST_CASE("a write that was replaced does not come back: WriteCORead") {
  ToldHistory back;
  const auto first = back.put(kAnn, "x", "1");
  const auto second = back.put(kAnn, "x", "2");
  const auto new_one = back.get(kBob, "x", "2");
  const auto old_one = back.get(kBob, "x", "1");
  const auto verdict = check_causal(back.history());
  REQUIRE(std::holds_alternative<CausalViolation>(verdict));
  CHECK(std::get<CausalViolation>(verdict).pattern == CausalPattern::WriteCORead);
  CHECK(std::get<CausalViolation>(verdict).chain ==
        std::vector<std::size_t>{first, second, new_one, old_one});

  ToldHistory behind;
  behind.put(kAnn, "x", "1");
  behind.put(kAnn, "x", "2");
  behind.get(kBob, "x", "1");
  behind.get(kBob, "x", "2");
  CHECK(pattern_of(behind) == "holds");
}

TEST_CASE("a session sees its own writes") {
  ToldHistory told;
  told.put(kAnn, "x", "1");
  told.get(kAnn, "x", std::nullopt);
  CHECK(pattern_of(told) == "WriteCOInitRead");
}

TEST_CASE("nobody reads what nobody wrote: ThinAirRead") {
  ToldHistory told;
  told.put(kAnn, "x", "1");
  told.get(kBob, "x", "3");
  CHECK(pattern_of(told) == "ThinAirRead");
}

TEST_CASE("two sessions that read what the other is yet to write go in a circle: CyclicCO") {
  ToldHistory told;
  told.get(kAnn, "y", "2");
  told.put(kAnn, "x", "1");
  told.get(kBob, "x", "1");
  told.put(kBob, "y", "2");
  CHECK(pattern_of(told) == "CyclicCO");
}

TEST_CASE("a write without an answer may take effect late, but what was read from it did") {
  ToldHistory late;
  late.try_put(kAnn, "x", "1");
  late.get(kAnn, "x", std::nullopt);
  late.get(kAnn, "x", "1");
  CHECK(pattern_of(late) == "holds");

  ToldHistory seen;
  seen.put(kAnn, "y", "1");
  seen.try_put(kAnn, "x", "1");
  seen.get(kBob, "x", "1");
  seen.get(kBob, "y", std::nullopt);
  CHECK(pattern_of(seen) == "WriteCOInitRead");
}

TEST_CASE("a compare-and-set that succeeds reads and writes") {
  ToldHistory told;
  told.put(kAnn, "x", "1");
  told.compare_and_set(kBob, "x", "1", "2");
  told.get(kCid, "x", "2");
  CHECK(pattern_of(told) == "holds");
  told.get(kCid, "x", "1");
  CHECK(pattern_of(told) == "WriteCORead");
}

TEST_CASE("histories that say too little have no verdict, and the reason names what is missing") {
  ToldHistory twice;
  twice.put(kAnn, "x", "1");
  twice.put(kBob, "x", "1");
  CHECK(pattern_of(twice) == "the value \"1\" is written twice to x");
  ToldHistory appends;
  appends.append(kAnn, "x", "1");
  CHECK(pattern_of(appends).find("append") != std::string::npos);
}

}  // namespace
}  // namespace lockstep::chaos
