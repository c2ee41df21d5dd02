// The four session guarantees, each kept and broken.
#include "chaos/check/session_guarantees.h"

#include <doctest/doctest.h>

#include "tests/chaos/check/told_history.h"

namespace lockstep::chaos {
namespace {

std::string broken(const ToldHistory& told, const Versions& versions) {
  const auto violation = check_session_guarantees(told.history(), versions);
  return violation ? std::string(name_of(violation->guarantee)) : "none";
}

TEST_CASE("a session whose operations go forward on every object keeps all four") {
  ToldHistory told;
  told.get(1, "x", std::nullopt);
  told.put(1, "x", "a");
  told.get(1, "x", "a");
  told.get(1, "y", "b");
  told.put(1, "x", "c");
  CHECK(broken(told, {0, 4, 4, 1, 7}) == "none");
}

TEST_CASE("a read that shows less than the session wrote breaks Read Your Writes") {
  ToldHistory told;
  told.put(1, "x", "a");
  told.get(1, "x", std::nullopt);
  CHECK(broken(told, {3, 2}) == "Read Your Writes");
  CHECK(broken(told, {3, 3}) == "none");
  const auto violation = check_session_guarantees(told.history(), {3, 2});
  REQUIRE(violation);
  const auto story = describe(*violation, told.history());
  CHECK(story.find("[1]  client 1") != std::string::npos);
  CHECK(story.find("version 2") != std::string::npos);
}

TEST_CASE("a read that shows less than an earlier one breaks Monotonic Reads") {
  ToldHistory told;
  told.get(1, "x", "b");
  told.get(1, "x", "a");
  CHECK(broken(told, {2, 1}) == "Monotonic Reads");
  CHECK(broken(told, {2, 2}) == "none");
}

TEST_CASE("writes that come in another order than they were made break Monotonic Writes") {
  ToldHistory told;
  told.put(1, "x", "a");
  told.put(1, "x", "b");
  CHECK(broken(told, {2, 1}) == "Monotonic Writes");
  CHECK(broken(told, {2, 2}) == "Monotonic Writes");
  CHECK(broken(told, {1, 2}) == "none");
}

TEST_CASE("a write that comes before what the session had read breaks Writes Follow Reads") {
  ToldHistory told;
  told.get(1, "x", "a");
  told.put(1, "x", "b");
  CHECK(broken(told, {5, 4}) == "Writes Follow Reads");
  CHECK(broken(told, {5, 6}) == "none");
}

TEST_CASE("sessions, objects, open operations and unknown versions do not concern each other") {
  ToldHistory told;
  told.get(1, "x", "b");
  told.get(2, "x", "a");
  told.get(1, "y", "a");
  told.try_put(1, "x", "c");
  told.get(1, "x", "b");
  CHECK(broken(told, {2, 1, 1, 1, std::nullopt}) == "none");
}

}  // namespace
}  // namespace lockstep::chaos
