// Sessions make a machine exactly-once per (client, sequence), as part of the replicated state.
#include "statemachine/sessions.h"

#include <doctest/doctest.h>

#include <string>

#include "statemachine/counter.h"

namespace lockstep::statemachine {
namespace {

std::int64_t value_in(const SessionResult& result) {
  const auto inner = counter::parse_result(result.result);
  REQUIRE(inner);
  return inner->value;
}

TEST_CASE("a repeated request gets the remembered result and is not applied again") {
  AnyMachine machine = with_sessions(counter::make)();
  const std::string add = encode_session_command(1, 1, 0, counter::add(5));
  const std::string first = machine.apply(add);
  CHECK(session_result(first).status == SessionStatus::Applied);
  CHECK(value_in(session_result(first)) == 5);
  machine.apply(encode_session_command(2, 1, 0, counter::add(10)));
  const std::string again = machine.apply(add);
  CHECK(session_result(again).status == SessionStatus::Repeated);
  CHECK(value_in(session_result(again)) == 5);
  const std::string read = machine.apply(encode_session_command(1, 2, 0, counter::read()));
  CHECK(value_in(session_result(read)) == 15);
}

TEST_CASE("what the client acknowledged is forgotten and never applied again") {
  AnyMachine machine = with_sessions(counter::make)();
  const std::string first = encode_session_command(1, 1, 0, counter::add(5));
  machine.apply(first);
  machine.apply(encode_session_command(1, 3, 3, counter::add(1)));
  const std::string stale = machine.apply(first);
  CHECK(session_result(stale).status == SessionStatus::Forgotten);
  CHECK(session_result(stale).result.empty());
  const std::string skipped = machine.apply(encode_session_command(1, 2, 0, counter::add(1)));
  CHECK(session_result(skipped).status == SessionStatus::Forgotten);
  const std::string read = machine.apply(encode_session_command(1, 4, 3, counter::read()));
  CHECK(value_in(session_result(read)) == 6);
}

TEST_CASE("requests of one client may be applied out of order, each once") {
  AnyMachine machine = with_sessions(counter::make)();
  machine.apply(encode_session_command(1, 2, 0, counter::add(2)));
  machine.apply(encode_session_command(1, 1, 0, counter::add(1)));
  const std::string again = machine.apply(encode_session_command(1, 2, 0, counter::add(2)));
  CHECK(session_result(again).status == SessionStatus::Repeated);
  CHECK(value_in(session_result(again)) == 2);
}

TEST_CASE("the table is part of snapshot and digest") {
  AnyMachine machine = with_sessions(counter::make)();
  const std::string add = encode_session_command(9, 1, 0, counter::add(5));
  machine.apply(add);
  AnyMachine copy = with_sessions(counter::make)();
  REQUIRE(copy.restore(machine.snapshot()));
  CHECK(copy.digest() == machine.digest());
  const std::string again = copy.apply(add);
  CHECK(session_result(again).status == SessionStatus::Repeated);

  AnyMachine other = with_sessions(counter::make)();
  other.apply(encode_session_command(8, 1, 0, counter::add(5)));
  CHECK(other.digest() != machine.digest());
  CHECK(other.snapshot() != machine.snapshot());
}

TEST_CASE("malformed session commands and snapshots change nothing") {
  AnyMachine machine = with_sessions(counter::make)();
  machine.apply(encode_session_command(1, 1, 0, counter::add(5)));
  const std::uint64_t before = machine.digest();
  CHECK(session_result(machine.apply("\xFF")).status == SessionStatus::BadCommand);
  CHECK_FALSE(machine.restore("\xFF"));
  CHECK_FALSE(machine.restore(machine.snapshot() + machine.snapshot()));
  CHECK_FALSE(machine.restore(std::string("\x12\x01\xFF")));
  CHECK(machine.digest() == before);
  CHECK(session_result("").status == SessionStatus::BadCommand);
  CHECK(session_result("\x7F").status == SessionStatus::BadCommand);
}

TEST_CASE("a bad command of the machine inside is applied once, like any other") {
  AnyMachine machine = with_sessions(counter::make)();
  const std::string bad = machine.apply(encode_session_command(1, 1, 0, "\xFF"));
  CHECK(session_result(bad).status == SessionStatus::Applied);
  const auto inner = counter::parse_result(session_result(bad).result);
  REQUIRE(inner);
  CHECK(inner->status == counter::Status::BadCommand);
}

}  // namespace
}  // namespace lockstep::statemachine
