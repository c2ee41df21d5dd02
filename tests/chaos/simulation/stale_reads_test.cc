// Reads that may be stale by a bound, for a checker that knows no bounds.
#include "chaos/stale_reads.h"

#include <doctest/doctest.h>

#include "chaos/check/linearizability.h"
#include "statemachine/register.h"

using namespace lockstep;
using chaos::HistoryRecorder;
namespace reg = statemachine::register_machine;

namespace {

constexpr std::int64_t kMillisecond = 1'000'000;

/// A write of "b" after "a", then at 30 ms a read that sees "a".
chaos::History stale_by_ten_ms() {
  HistoryRecorder recorder(*statemachine::find_machine("register"));
  const auto write = [&](const char* value, std::int64_t at) {
    const auto operation = recorder.invoke(1, reg::write(value), at * kMillisecond);
    recorder.complete(operation, reg::encode(reg::Result{}), (at + 1) * kMillisecond);
  };
  write("a", 0);
  write("b", 19);
  const auto read = recorder.invoke(2, reg::read(), 30 * kMillisecond, 0, "bounded");
  reg::Result result;
  result.value = "a";
  recorder.complete(read, reg::encode(result), 31 * kMillisecond);
  return recorder.history();
}

bool holds(std::chrono::milliseconds bound, const char* level = "bounded") {
  const auto history = chaos::asked_earlier(stale_by_ten_ms(), {{level, bound}});
  return chaos::check_linearizability(history, {}).holds();
}

}  // namespace

TEST_CASE("a read may be as stale as its bound allows, and no staler") {
  CHECK(holds(std::chrono::milliseconds(10)));
  CHECK_FALSE(holds(std::chrono::milliseconds(9)));
}

TEST_CASE("reads of other levels stay where they are") {
  CHECK_FALSE(holds(std::chrono::milliseconds(100), "another"));
}

TEST_CASE("every event keeps a place of its own, and operations their order") {
  const auto history =
      chaos::asked_earlier(stale_by_ten_ms(), {{"bounded", std::chrono::milliseconds(30)}});
  REQUIRE(history.operations.size() == 3);
  CHECK(history.operations[0].level == "bounded");
  CHECK(history.operations[0].invoked == 0);
  CHECK(history.operations[1].invoked == 1);
  CHECK(*history.operations[0].returned == 5);
}
