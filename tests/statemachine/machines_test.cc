// What each machine answers, and what all machines have in common: they are values, their
// snapshots are canonical, and no bytes can break them.
#include <doctest/doctest.h>

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "statemachine/catalog.h"
#include "statemachine/counter.h"
#include "statemachine/decisions.h"
#include "statemachine/kv.h"
#include "statemachine/register.h"

namespace lockstep::statemachine {
namespace {

/// A machine of each kind that holds something.
AnyMachine filled(const MachineKind& kind) {
  AnyMachine machine = kind.make();
  if (kind.name == "register") machine.apply(register_machine::write("a"));
  if (kind.name == "kv") {
    machine.apply(kv::put("b", "2"));
    machine.apply(kv::put("a", "1"));
  }
  if (kind.name == "counter") machine.apply(counter::add(7));
  if (kind.name == "decisions") {
    machine.apply(decisions::propose("b", "2"));
    machine.apply(decisions::propose("a", "1"));
  }
  return machine;
}

std::string say(const MachineKind& kind, AnyMachine& machine, const std::string& command) {
  const std::string result = machine.apply(command);
  return kind.describe(command, &result);
}

TEST_CASE("a register reads what was written last, and nil before") {
  const MachineKind& kind = *find_machine("register");
  AnyMachine machine = kind.make();
  CHECK(say(kind, machine, register_machine::read()) == "read -> nil");
  CHECK(say(kind, machine, register_machine::compare_and_set("x", "y")) ==
        "cas \"x\" \"y\" -> mismatch");
  CHECK(say(kind, machine, register_machine::write("")) == "write \"\" -> ok");
  CHECK(say(kind, machine, register_machine::read()) == "read -> \"\"");
  CHECK(say(kind, machine, register_machine::compare_and_set({}, "z")) ==
        "cas nil \"z\" -> mismatch");
  CHECK(say(kind, machine, register_machine::compare_and_set("", "b\n")) ==
        "cas \"\" \"b\\x0a\" -> ok");
  CHECK(kind.describe_state(machine.snapshot()) == "\"b\\x0a\"");
}

TEST_CASE("what is decided stays, and whoever proposes later hears it") {
  const MachineKind& kind = *find_machine("decisions");
  AnyMachine machine = kind.make();
  CHECK(kind.describe_state(machine.snapshot()) == "nothing decided");
  CHECK(say(kind, machine, decisions::propose("k", "a")) == "propose k \"a\" -> \"a\"");
  CHECK(say(kind, machine, decisions::propose("k", "b")) == "propose k \"b\" -> \"a\"");
  CHECK(say(kind, machine, decisions::propose("j", "c")) == "propose j \"c\" -> \"c\"");
  CHECK(kind.describe_state(machine.snapshot()) == "j = \"c\", k = \"a\"");
  const std::string late = encode(decisions::Result{decisions::Status::Ok, "a"});
  CHECK(kind.unchanged(decisions::propose("k", "b"), late));
  CHECK_FALSE(kind.unchanged(decisions::propose("k", "a"), late));
  CHECK(kind.partition(decisions::propose("k", "b")) == "k");
}

TEST_CASE("a store keeps its keys apart") {
  const MachineKind& kind = *find_machine("kv");
  AnyMachine machine = kind.make();
  CHECK(say(kind, machine, kv::get("k")) == "get k -> nil");
  CHECK(say(kind, machine, kv::get_or_empty("k")) == "get k -> \"\"");
  CHECK(say(kind, machine, kv::append("k", "ab")) == "append k \"ab\" -> ok");
  CHECK(say(kind, machine, kv::append("k", "c")) == "append k \"c\" -> ok");
  CHECK(say(kind, machine, kv::put("a key", "1")) == "put \"a key\" \"1\" -> ok");
  CHECK(say(kind, machine, kv::get("k")) == "get k -> \"abc\"");
  CHECK(say(kind, machine, kv::compare_and_set("k", {}, "d")) == "cas k nil \"d\" -> mismatch");
  CHECK(say(kind, machine, kv::compare_and_set("k", "abc", "d")) == "cas k \"abc\" \"d\" -> ok");
  CHECK(kind.describe_state(machine.snapshot()) == "\"a key\" = \"1\", k = \"d\"");
  CHECK(say(kind, machine, kv::remove("k")) == "delete k -> ok");
  CHECK(say(kind, machine, kv::remove("k")) == "delete k -> ok");
  CHECK(say(kind, machine, kv::compare_and_set("k", {}, "e")) == "cas k nil \"e\" -> ok");
}

TEST_CASE("a counter returns the sum and wraps around") {
  const MachineKind& kind = *find_machine("counter");
  AnyMachine machine = kind.make();
  CHECK(say(kind, machine, counter::add(5)) == "add 5 -> 5");
  CHECK(say(kind, machine, counter::add(-7)) == "add -7 -> -2");
  CHECK(say(kind, machine, counter::read()) == "read -> -2");
  machine.apply(counter::add(2));
  machine.apply(counter::add(std::numeric_limits<std::int64_t>::max()));
  const auto result = counter::parse_result(machine.apply(counter::add(1)));
  REQUIRE(result);
  CHECK(result->value == std::numeric_limits<std::int64_t>::min());
}

TEST_CASE("machines are values: a copy lives its own life") {
  for (const MachineKind& kind : all_machines()) {
    CAPTURE(kind.name);
    AnyMachine machine = filled(kind);
    const AnyMachine copy = machine;
    CHECK(copy.digest() == machine.digest());
    machine = kind.make();
    CHECK(copy.digest() != machine.digest());
    CHECK(copy.snapshot() != machine.snapshot());
    machine = copy;
    CHECK(copy.snapshot() == machine.snapshot());
  }
}

TEST_CASE("a snapshot restores the state, also over another state") {
  for (const MachineKind& kind : all_machines()) {
    CAPTURE(kind.name);
    const AnyMachine machine = filled(kind);
    AnyMachine empty = kind.make();
    const std::string nothing = empty.snapshot();
    REQUIRE(empty.restore(machine.snapshot()));
    CHECK(empty.snapshot() == machine.snapshot());
    CHECK(empty.digest() == machine.digest());
    REQUIRE(empty.restore(nothing));
    CHECK(empty.digest() == kind.make().digest());
  }
}

TEST_CASE("malformed bytes give a defined result and change nothing") {
  std::vector<std::string> malformed = {"", "\xFF", std::string(3, '\0'), "\x08\x63",
                                        "\x12\x7F"
                                        "a"};
  for (const MachineKind& kind : all_machines()) {
    CAPTURE(kind.name);
    AnyMachine machine = filled(kind);
    const std::uint64_t before = machine.digest();
    for (const std::string& bytes : malformed) {
      CHECK(say(kind, machine, bytes) == "bad command -> bad command");
      CHECK(machine.digest() == before);
      CHECK(kind.read_only(bytes));
      CHECK_FALSE(kind.partition(bytes));
    }
    CHECK_FALSE(machine.restore("\xFF"));
    CHECK_FALSE(machine.restore(machine.snapshot() + "\x78\x01"));
    CHECK(machine.digest() == before);
  }
}

TEST_CASE("a store refuses snapshots with keys out of order or given twice") {
  const std::string a =
      "\x0A\x06\x0A\x01"
      "a\x12\x01"
      "1";
  const std::string b =
      "\x0A\x06\x0A\x01"
      "b\x12\x01"
      "2";
  AnyMachine machine = kv::make();
  CHECK(machine.restore(a + b));
  CHECK_FALSE(machine.restore(b + a));
  CHECK_FALSE(machine.restore(a + a));
  CHECK(kv::describe_state(machine.snapshot()) == "a = \"1\", b = \"2\"");
}

TEST_CASE("commands and results survive being encoded") {
  const register_machine::Command set{register_machine::Operation::CompareAndSet, "v", "e"};
  CHECK(register_machine::parse_command(register_machine::encode(set)) == set);
  const kv::Command get{kv::Operation::GetOrEmpty, "k", "", {}};
  CHECK(kv::parse_command(kv::encode(get)) == get);
  const counter::Command add{counter::Operation::Add, -3};
  CHECK(counter::parse_command(counter::encode(add)) == add);
  for (const auto status : {kv::Status::Ok, kv::Status::BadCommand, kv::Status::Mismatch}) {
    const kv::Result result{status, "v"};
    CHECK(kv::parse_result(kv::encode(result)) == result);
  }
  AnyMachine machine = kv::make();
  CHECK(machine.apply(kv::get("k")) == kv::encode(kv::Result{}));
}

TEST_CASE("the catalog says what a checker needs to know") {
  CHECK(find_machine("queue") == nullptr);
  const MachineKind& kind = *find_machine("kv");
  CHECK(kind.partition(kv::append("k", "v")) == "k");
  CHECK(kind.partition(kv::get("")) == "");
  CHECK(kind.read_only(kv::get("k")));
  CHECK_FALSE(kind.read_only(kv::remove("k")));
  const std::string set = kv::compare_and_set("k", "a", "b");
  CHECK_FALSE(kind.read_only(set));
  CHECK(kind.unchanged(set, kv::encode(kv::Result{kv::Status::Mismatch, {}})));
  CHECK_FALSE(kind.unchanged(set, kv::encode(kv::Result{})));
  CHECK_FALSE(find_machine("register")->partition(register_machine::read()));
  CHECK(kind.overwrites(kv::put("k", "v")));
  CHECK(kind.overwrites(kv::remove("k")));
  CHECK_FALSE(kind.overwrites(kv::append("k", "v")));
  CHECK_FALSE(kind.overwrites(set));
}

TEST_CASE("what a checker relies on: results tell whether the state changed") {
  for (const MachineKind& kind : all_machines()) {
    CAPTURE(kind.name);
    AnyMachine machine = filled(kind);
    for (const std::string& command :
         {kv::get("a"), kv::put("a", "9"), kv::compare_and_set("a", "1", "3"),
          register_machine::compare_and_set("q", "r"), counter::read(), counter::add(1)}) {
      const std::uint64_t before = machine.digest();
      const std::string result = machine.apply(command);
      if (kind.unchanged(command, result)) CHECK(machine.digest() == before);
    }
  }
}

}  // namespace
}  // namespace lockstep::statemachine
