// Witnesses are small and say what happened.
#include <doctest/doctest.h>

#include <string>

#include "chaos/check/explain.h"
#include "chaos/check/formats.h"

namespace lockstep::chaos {
namespace {

/// The violation in a register's history of jepsen.util's kind, written with spaces for tabs.
std::string explanation(const std::string& lines) {
  std::string log;
  for (const char byte : lines) log += byte == ' ' ? '\t' : byte;
  std::string text;
  for (std::size_t at = 0; at < log.size();) {
    const std::size_t end = log.find('\n', at);
    text += "INFO  jepsen.util - " + log.substr(at, end + 1 - at);
    at = end + 1;
  }
  const auto parsed = parse_history(text, "test");
  REQUIRE(std::holds_alternative<History>(parsed));
  const History& history = std::get<History>(parsed);
  const Verdict verdict = check_linearizability(history);
  REQUIRE(verdict.violation() != nullptr);
  return describe(*verdict.violation(), history);
}

TEST_CASE("the witness of a stale read is the two writes and the read") {
  const std::string text = explanation(
      "0 :invoke :write 7\n0 :ok :write 7\n"
      "1 :invoke :read nil\n1 :ok :read 7\n"
      "0 :invoke :write 1\n0 :ok :write 1\n"
      "2 :invoke :write 5\n"
      "0 :invoke :write 2\n0 :ok :write 2\n"
      "1 :invoke :read nil\n1 :ok :read 2\n"
      "1 :invoke :read nil\n1 :ok :read 1\n"
      "0 :invoke :write 3\n0 :ok :write 3\n");
  CHECK(text ==
        "Not linearizable: no order of these 3 operations explains their results:\n"
        "  [1]  client 0     events 4 - 5          write \"1\" -> ok  (line 5)\n"
        "  [2]  client 0     events 7 - 8          write \"2\" -> ok  (line 8)\n"
        "  [3]  client 1     events 11 - 12        read -> \"1\"  (line 12)\n"
        "At best, in this order, [1], [2] take effect.\n"
        "Then [3] must take effect before event 12, but cannot return that: the state is \"2\".\n"
        "The 4 others up to there cannot help, even if free to take effect at any time after the\n"
        "invocation, or never, and to return anything.\n");
}

TEST_CASE("a write that need not be held stands in the witness without its end") {
  const std::string text = explanation(
      "0 :invoke :write 1\n0 :ok :write 1\n"
      "0 :invoke :write 2\n"
      "1 :invoke :read nil\n1 :ok :read 2\n"
      "1 :invoke :read nil\n1 :ok :read 1\n"
      "0 :ok :write 2\n");
  CHECK(text ==
        "Not linearizable: no order of these 4 operations explains their results:\n"
        "  [1]  client 0     events 0 - 1          write \"1\" -> ok  (line 1)\n"
        "  [2]  client 0     events 2 -            write \"2\"  (line 3)\n"
        "  [3]  client 1     events 3 - 4          read -> \"2\"  (line 4)\n"
        "  [4]  client 1     events 5 - 6          read -> \"1\"  (line 6)\n"
        "At best, in this order, [1], [2], [3] take effect.\n"
        "Then [4] must take effect before event 6, but cannot return that: the state is \"2\".\n");
}

TEST_CASE("a value that was never written needs no other operation to refute it") {
  const std::string text = explanation(
      "0 :invoke :write 7\n0 :ok :write 7\n"
      "1 :invoke :read nil\n1 :ok :read 8\n");
  CHECK(
      text.starts_with("Not linearizable: nothing explains the result of this operation:\n"
                       "  [1]  client 1     events 2 - 3          read -> \"8\"  (line 3)\n"
                       "[1] must take effect before event 3, but cannot return that: the state is "
                       "nil.\n"
                       "The other operation up to there cannot help"));
}

TEST_CASE("what happened after the violation is not part of the witness") {
  const std::string late = "0 :invoke :write 8\n0 :ok :write 8\n";
  const std::string early = "1 :invoke :read nil\n1 :ok :read 8\n";
  CHECK(explanation(early + late) == explanation(early));
}

}  // namespace
}  // namespace lockstep::chaos
