// Reads at single replicas against the log: what is in its order, and the smallest stories of what
// is not.
#include "chaos/check/replica_reads.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "statemachine/kv.h"
#include "statemachine/register.h"

namespace lockstep::chaos {
namespace {

namespace kv = statemachine::kv;
namespace register_machine = statemachine::register_machine;

const statemachine::MachineKind& machine(const char* name) {
  return *statemachine::find_machine(name);
}

/// Writes 1, 2, ... to a register at these indices.
std::vector<LogCommand> writes(std::initializer_list<std::uint64_t> indices) {
  std::vector<LogCommand> log;
  for (const auto index : indices) {
    log.push_back({index, register_machine::write(std::to_string(log.size() + 1))});
  }
  return log;
}

ReplicaRead read(const std::string& value, std::uint64_t lowest, std::uint64_t highest) {
  auto state = machine("register").make();
  if (!value.empty()) state.apply(register_machine::write(value));
  return {7, 1, register_machine::read(), state.apply(register_machine::read()), lowest, highest};
}

std::optional<ReplicaReadsViolation> check(const std::vector<LogCommand>& log,
                                           std::vector<ReplicaRead> reads) {
  return check_replica_reads(machine("register").make, log, {{"n1, start 1", std::move(reads)}});
}

TEST_CASE("a replica may be behind, as long as it never goes back") {
  const auto log = writes({2, 3, 5});
  CHECK_FALSE(check(log, {}));
  CHECK_FALSE(check(log, {read("", 0, 9), read("1", 0, 9), read("1", 0, 9), read("3", 0, 9)}));
  CHECK_FALSE(check(log, {read("", 0, 0), read("2", 2, 4), read("2", 4, 9)}));
}

TEST_CASE("two reads in the wrong order are the smallest story") {
  const auto violation = check(
      writes({2, 3, 5}), {read("1", 0, 9), read("3", 0, 9), read("3", 0, 9), read("2", 0, 9)});
  REQUIRE(violation);
  REQUIRE(violation->core.size() == 2);
  CHECK(violation->core[0].result == read("3", 0, 9).result);
  CHECK(violation->earliest == 5);
  CHECK(violation->was_right_at == 3);
  const auto story = describe(*violation, machine("register"));
  CAPTURE(story);
  CHECK(story.find("n1, start 1") != std::string::npos);
  CHECK(story.find("[2]  client 7  between entries 0 and 9  read -> \"2\"") != std::string::npos);
  CHECK(story.find("after entry 5 or later") != std::string::npos);
  CHECK(story.find("for the last time after entry 3") != std::string::npos);
}

TEST_CASE("one read alone can be wrong: too old, from the future, or of no state at all") {
  const auto log = writes({2, 3, 5});
  const auto old = check(log, {read("3", 0, 9), read("1", 3, 9)});
  REQUIRE(old);
  CHECK(old->core.size() == 1);
  CHECK(old->earliest == 3);
  CHECK(old->was_right_at == 2);
  const auto early = check(log, {read("3", 0, 4)});
  REQUIRE(early);
  CHECK(early->core.size() == 1);
  CHECK_FALSE(early->was_right_at);
  CHECK(check(log, {read("never", 0, 9)}));
}

TEST_CASE("three reads may be needed: values that come again hide where a read was") {
  // a b a c: after b, an `a` is the second one; then there is no b any more.
  std::vector<LogCommand> log;
  for (const char* value : {"a", "b", "a", "c"}) {
    log.push_back({log.size() + 1, register_machine::write(value)});
  }
  CHECK_FALSE(check(log, {read("a", 0, 9), read("b", 0, 9), read("a", 0, 9), read("c", 0, 9)}));
  const auto violation =
      check(log, {read("a", 0, 9), read("b", 0, 9), read("a", 0, 9), read("b", 0, 9)});
  REQUIRE(violation);
  CHECK(violation->core.size() == 3);
}

TEST_CASE("each life stands alone: a restart may go back") {
  const auto log = writes({2, 3});
  const auto make = machine("register").make;
  CHECK_FALSE(check_replica_reads(
      make, log, {{"n1, start 1", {read("2", 0, 9)}}, {"n1, start 2", {read("1", 0, 9)}}}));
  CHECK(check_replica_reads(
      make, log,
      {{"n1, start 1", {read("2", 0, 9)}}, {"n2, start 1", {read("2", 0, 9), read("1", 0, 9)}}}));
}

TEST_CASE("the greedy answer is that of trying all positions") {
  // All logs of four writes of two values, all reads of three results: by force and by the check.
  const auto result = [](std::size_t which) {
    return read(which == 0 ? "" : which == 1 ? "a" : "b", 0, 4);
  };
  int violated = 0;
  for (int values = 0; values < 16; ++values) {
    std::vector<LogCommand> log;
    std::vector<std::size_t> shown{0};
    for (int at = 0; at < 4; ++at) {
      shown.push_back((values >> at & 1) + 1);
      log.push_back({static_cast<std::uint64_t>(at) + 1,
                     register_machine::write(shown.back() == 1 ? "a" : "b")});
    }
    for (std::size_t reads = 0; reads < 27; ++reads) {
      const std::size_t wanted[] = {reads % 3, reads / 3 % 3, reads / 9};
      bool possible = false;
      for (std::size_t p = 0; p < 5; ++p) {
        for (std::size_t q = p; q < 5; ++q) {
          for (std::size_t r = q; r < 5; ++r) {
            possible = possible ||
                       (shown[p] == wanted[0] && shown[q] == wanted[1] && shown[r] == wanted[2]);
          }
        }
      }
      const auto found = check(log, {result(wanted[0]), result(wanted[1]), result(wanted[2])});
      CHECK(found.has_value() == !possible);
      violated += possible ? 0 : 1;
    }
  }
  CHECK(violated > 100);
}

}  // namespace
}  // namespace lockstep::chaos
