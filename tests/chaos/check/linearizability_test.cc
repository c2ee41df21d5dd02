// Verdicts on histories small enough to judge by eye, and on ones too large for that.
#include "chaos/check/linearizability.h"

#include <doctest/doctest.h>

#include <string>

#include "statemachine/counter.h"
#include "statemachine/kv.h"
#include "statemachine/register.h"
#include "tests/chaos/check/simulated_history.h"

namespace lockstep::chaos {
namespace {

namespace counter = statemachine::counter;
namespace kv = statemachine::kv;
namespace register_machine = statemachine::register_machine;
using register_machine::read;
using register_machine::write;

/// Records a register's history with little ink.
class Notes {
 public:
  std::size_t begin(std::string command) {
    return recorder_.invoke(next_process_++, std::move(command));
  }
  void wrote(std::size_t operation) {
    recorder_.complete(operation, register_machine::encode(register_machine::Result{}));
  }
  void read_value(std::size_t operation, std::optional<std::string> value) {
    recorder_.complete(operation, register_machine::encode(register_machine::Result{
                                      register_machine::Status::Ok, std::move(value)}));
  }
  void returned(std::size_t operation) { recorder_.complete(operation, {}); }
  void fail(std::size_t operation) { recorder_.fail(operation); }
  void write_now(const std::string& value) { wrote(begin(write(value))); }
  void read_now(std::optional<std::string> value) { read_value(begin(read()), std::move(value)); }
  Verdict verdict() const { return check_linearizability(recorder_.history()); }

 private:
  HistoryRecorder recorder_{*statemachine::find_machine("register")};
  std::uint64_t next_process_ = 0;
};

TEST_CASE("an empty history is linearizable") { CHECK(Notes().verdict().holds()); }

TEST_CASE("a read sees the last write") {
  Notes notes;
  notes.read_now({});
  notes.write_now("1");
  notes.read_now("1");
  CHECK(notes.verdict().holds());
}

TEST_CASE("a stale read is a violation") {
  Notes notes;
  notes.write_now("1");
  notes.write_now("2");
  notes.read_now("1");
  CHECK(notes.verdict().violation() != nullptr);
}

TEST_CASE("a read that overlaps a write may see either value, but not go back") {
  for (const bool goes_back : {false, true}) {
    Notes notes;
    const std::size_t slow = notes.begin(write("1"));
    notes.read_now(goes_back ? std::optional<std::string>("1") : std::nullopt);
    notes.read_now(goes_back ? std::nullopt : std::optional<std::string>("1"));
    notes.wrote(slow);
    CHECK(notes.verdict().holds() == !goes_back);
  }
}

TEST_CASE("a write that never returned may take effect late, once, or never") {
  Notes notes;
  notes.begin(write("1"));
  notes.read_now({});
  notes.write_now("2");
  CHECK(notes.verdict().holds());
  notes.read_now("1");
  CHECK(notes.verdict().holds());
  notes.write_now("2");
  notes.read_now("1");
  CHECK(notes.verdict().violation() != nullptr);
}

TEST_CASE("two equal writes that never returned may take effect twice, not three times") {
  Notes notes;
  notes.begin(write("1"));
  notes.begin(write("1"));
  for (int times = 1; times <= 3; ++times) {
    notes.write_now("2");
    notes.read_now("1");
    CHECK(notes.verdict().holds() == (times < 3));
  }
}

TEST_CASE("a write cannot take effect before it was invoked") {
  Notes notes;
  notes.read_now("1");
  notes.begin(write("1"));
  CHECK(notes.verdict().violation() != nullptr);
}

TEST_CASE("an operation that failed has no effect") {
  Notes notes;
  notes.fail(notes.begin(write("1")));
  CHECK(notes.verdict().holds());
  notes.read_now("1");
  CHECK(notes.verdict().violation() != nullptr);
}

TEST_CASE("a write with an unknown result has still taken effect before it returned") {
  Notes notes;
  notes.returned(notes.begin(write("1")));
  notes.returned(notes.begin(read()));
  CHECK(notes.verdict().holds());
  notes.read_now({});
  CHECK(notes.verdict().violation() != nullptr);
}

TEST_CASE("an addition may not be lost or counted twice") {
  for (const int second : {2, 1, 3}) {
    HistoryRecorder recorder(*statemachine::find_machine("counter"));
    for (const std::int64_t value : {1, second}) {
      const std::size_t add = recorder.invoke(0, counter::add(1));
      recorder.complete(add, counter::encode(counter::Result{counter::Status::Ok, value}));
    }
    CHECK(check_linearizability(recorder.history()).holds() == (second == 2));
  }
}

TEST_CASE("a violation at one key is found among others, and named") {
  History history = simulate({.operations = 50, .keys = 5, .unique_values = true}, 1);
  REQUIRE(check_linearizability(history).holds());
  HistoryRecorder recorder(*history.machine);
  const std::size_t get = recorder.invoke(1000, kv::get("k3"));
  recorder.complete(get, kv::encode(kv::Result{kv::Status::Ok, "never written"}));
  Operation impossible = recorder.history().operations[0];
  impossible.invoked += 1'000'000;
  *impossible.returned += 1'000'000;
  history.operations.push_back(impossible);
  const Verdict verdict = check_linearizability(history);
  REQUIRE(verdict.violation() != nullptr);
  CHECK(verdict.violation()->key == "k3");
  CHECK(verdict.violation()->core.size() == 1);
  CHECK(verdict.violation()->is_minimal);
}

TEST_CASE("the answer is unknown when the budget of steps or bytes is used up") {
  const History history = simulate({.operations = 300, .clients = 5, .keys = 1}, 1);
  REQUIRE(check_linearizability(history).holds());
  for (const bool few_steps : {true, false}) {
    CheckOptions options;
    (few_steps ? options.steps : options.bytes) = 100;
    const Verdict verdict = check_linearizability(history, options);
    REQUIRE(verdict.is_unknown());
    const auto& unknown = std::get<Unknown>(verdict.answer);
    CHECK(unknown.key == "k0");
    CHECK(unknown.reason ==
          (few_steps ? "the budget of steps was used up" : "the budget of bytes was used up"));
  }
}

TEST_CASE("the same history gives the same verdict after the same number of steps") {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    History history = simulate({.operations = 60, .clients = 5, .keys = 2}, seed);
    spoil(history, seed);
    const Verdict first = check_linearizability(history);
    const Verdict second = check_linearizability(history);
    CHECK(first.steps == second.steps);
    CHECK(first.answer.index() == second.answer.index());
    if (first.violation() != nullptr) CHECK(first.violation()->core == second.violation()->core);
  }
}

TEST_CASE("a long history with many open operations takes few steps") {
  std::uint64_t most = 0;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    const Recipe recipe{.operations = 2000,
                        .clients = 4,
                        .keys = 5 + seed % 6,
                        .lost_in_1000 = 20,
                        .unknown_in_1000 = 0,
                        .unique_values = true};
    const Verdict verdict = check_linearizability(simulate(recipe, seed));
    CAPTURE(seed);
    CHECK(verdict.holds());
    most = std::max(most, verdict.steps);
  }
  MESSAGE("at most ", most, " steps");
  CHECK(most < 100'000);
}

}  // namespace
}  // namespace lockstep::chaos
