// Our own format: reading, writing, and what is wrong with bad files.
#include <doctest/doctest.h>

#include <string>

#include "statemachine/counter.h"
#include "statemachine/kv.h"
#include "tests/chaos/check/parsing.h"
#include "tests/chaos/check/simulated_history.h"

namespace lockstep::chaos {
namespace {

namespace kv = statemachine::kv;

std::string with_header(const std::string& machine, const std::string& lines) {
  return "{\"lockstep_history\":1,\"machine\":\"" + machine + "\"}\n" + lines;
}

TEST_CASE("a key-value history, with everything that a line can say") {
  CHECK(read_as(with_header("kv", R"(
{"process":0,"type":"invoke","f":"put","key":"a","value":"1","time":5,"note":"the first"}
{"process":0,"type":"ok","f":"put","time":9}
{"process":0,"type":"invoke","f":"get","key":"a"}
{"process":0,"type":"ok","f":"get","key":"a","value":"1"}
{"process":0,"type":"invoke","f":"get","key":"a"}
{"process":0,"type":"ok","f":"get"}
{"process":0,"type":"invoke","f":"cas","key":"a","expected":null,"value":{"hex":"00ff"}}
{"process":0,"type":"ok","f":"cas","swapped":false}
{"process":0,"type":"invoke","f":"delete","key":"a"}
{"process":0,"type":"fail","f":"delete"}
{"process":0,"type":"invoke","f":"append","key":"a","value":2}
{"process":0,"type":"info","f":"append"}
{"process":0,"type":"invoke","f":"get","key":"b"}
{"process":0,"type":"ok","f":"get","value":null}
)")) == "kv\n"
        "0-1 client 0  put a \"1\" -> ok\n"
        "2-3 client 0  get a -> \"1\"\n"
        "4-5 client 0  get a -> ?\n"
        "6-7 client 0  cas a nil \"\\x00\\xff\" -> mismatch\n"
        "9- client 0  append a \"2\" -> ?\n"
        "10-11 client 0  get b -> nil\n");
}

TEST_CASE("a register and a counter") {
  CHECK(read_as(with_header("register", R"({"process":3,"type":"invoke","f":"read"}
{"process":3,"type":"ok","f":"read","value":"x"}
)")) == "register\n0-1 client 3  read -> \"x\"\n");
  CHECK(read_as(with_header("counter", R"({"process":3,"type":"invoke","f":"add","value":-4}
{"process":3,"type":"ok","f":"add","value":-4}
{"process":3,"type":"invoke","f":"add","value":1}
{"process":3,"type":"ok","f":"add"}
)")) == "counter\n0-1 client 3  add -4 -> -4\n2-3 client 3  add 1 -> ?\n");
}

TEST_CASE("what is written is read back as the same operations") {
  for (const char* machine : {"register", "kv", "counter", "decisions"}) {
    for (std::uint64_t seed = 0; seed < 30; ++seed) {
      const History history = simulate({.machine = machine, .operations = 30}, seed);
      const std::string text = write_json_lines(history);
      const auto parsed = parse_history(text, "file");
      REQUIRE(std::holds_alternative<History>(parsed));
      const History& read = std::get<History>(parsed);
      CHECK(write_json_lines(read) == text);
      REQUIRE(read.operations.size() == history.operations.size());
      for (std::size_t at = 0; at < read.operations.size(); ++at) {
        const Operation& operation = read.operations[at];
        CHECK(operation.command == history.operations[at].command);
        CHECK(operation.result == history.operations[at].result);
        CHECK(operation.process == history.operations[at].process);
        CHECK(operation.invoked == history.operations[at].invoked);
        CHECK(operation.returned == history.operations[at].returned);
      }
    }
  }
}

TEST_CASE("bytes that are no text, bad commands and clients that give up survive being written") {
  HistoryRecorder recorder(*statemachine::find_machine("kv"));
  recorder.invoke(0, kv::put("\xFF", std::string("a\0b", 3)), 77);
  const std::size_t bad = recorder.invoke(0, "\xFF", 78);
  recorder.complete(bad, kv::encode(kv::Result{kv::Status::BadCommand, {}}), 79);
  const std::string text = write_json_lines(recorder.history());
  CHECK(text ==
        R"({"lockstep_history":1,"machine":"kv"}
{"process":0,"type":"invoke","f":"put","key":{"hex":"ff"},"value":"a\u0000b","time":77}
{"process":0,"type":"info","f":"put"}
{"process":0,"type":"invoke","f":"raw","command":{"hex":"ff"},"time":78}
{"process":0,"type":"ok","f":"raw","result":{"hex":"0801"},"time":79}
)");
  CHECK(read_as(text) ==
        "kv\n0- client 0  put \"\\xff\" \"a\\x00b\" -> ?\n1-2 client 0  bad command -> bad "
        "command\n");
}

TEST_CASE("a write without a known result cannot be told as `ok`, so its bytes are written") {
  HistoryRecorder recorder(*statemachine::find_machine("kv"));
  recorder.complete(recorder.invoke(0, kv::put("k", "v")), {});
  const std::string text = write_json_lines(recorder.history());
  CHECK(read_as(text) == "kv\n0-1 client 0  put k \"v\" -> ?\n");
}

std::string second_line(const std::string& line) { return read_as(with_header("kv", line)); }

TEST_CASE("what is wrong with bad files") {
  CHECK(read_as("{\"process\":0}") ==
        "file:1: expected a header such as {\"lockstep_history\":1,\"machine\":\"kv\"}");
  CHECK(read_as("{\"lockstep_history\":2,\"machine\":\"kv\"}") ==
        "file:1: the version of the format must be 1");
  CHECK(read_as("{\"lockstep_history\":1}") ==
        "file:1: the header needs the name of a \"machine\"");
  CHECK(read_as(with_header("toaster", "")) ==
        "file:1: unknown machine `toaster`; expected one of counter decisions kv register");
  CHECK(second_line("{\"process\":0,") ==
        "file:2: not a JSON object, or more than one in the line");
  CHECK(second_line("{} {}") == "file:2: not a JSON object, or more than one in the line");
  CHECK(second_line("[1]") == "file:2: not a JSON object, or more than one in the line");
  CHECK(second_line("{\"f\":\"\xFF\"}") ==
        "file:2: not a JSON object, or more than one in the line");
  CHECK(second_line("{\"vlaue\":1}") == "file:2: unknown field \"vlaue\"");
  for (const char* process : {"-1", "1.5", "\"0\"", "18446744073709551616", "1e400"}) {
    const std::string text =
        second_line("{\"process\":" + std::string(process) + ",\"type\":\"invoke\",\"f\":\"get\"}");
    const bool is_refused =
        text == "file:2: \"process\" must be a whole number from 0 to 2^64 - 1" ||
        text == "file:2: not a JSON object, or more than one in the line";
    CHECK_MESSAGE(is_refused, text);
  }
  CHECK(second_line(R"({"process":0,"type":"start","f":"get"})") ==
        "file:2: \"type\" must be invoke, ok, fail or info");
  CHECK(second_line(R"({"process":0,"type":"invoke"})") == "file:2: \"f\" must name the operation");
  CHECK(second_line(R"({"process":0,"type":"invoke","f":"pop","key":"a"})") ==
        "file:2: unknown operation `pop` of a kv; expected get, put, append, cas or delete");
  CHECK(second_line(R"({"process":0,"type":"invoke","f":"put","key":"a"})") ==
        "file:2: `put` needs a value that is not nil");
  CHECK(second_line(R"({"process":0,"type":"invoke","f":"put","key":{"hex":"0"},"value":"1"})") ==
        "file:2: \"key\" must be a string, a whole number, null or {\"hex\":\"00ff\"}");
  CHECK(second_line(R"({"process":0,"type":"invoke","f":"put","key":1.5,"value":"1"})") ==
        "file:2: \"key\" must be a string, a whole number, null or {\"hex\":\"00ff\"}");
  CHECK(second_line(R"({"process":0,"type":"invoke","f":"raw"})") ==
        "file:2: `raw` needs a \"command\"");
  CHECK(second_line(R"({"process":0,"type":"invoke","f":"cas","key":"a","value":1,"swapped":1})") ==
        "file:2: \"swapped\" must be true or false");
  CHECK(second_line(R"({"process":0,"type":"ok","f":"get"})").starts_with("file:2: process 0 ret"));
  CHECK(read_as(with_header("counter", R"({"process":0,"type":"invoke","f":"add","value":"x"})")) ==
        "file:2: `add` needs a whole number of 64 bits");
}

TEST_CASE("very deep nesting is an error, not a crash") {
  const std::string deep(2'000'000, '[');
  CHECK(second_line(deep) == "file:2: not a JSON object, or more than one in the line");
  const std::string closed = deep + std::string(2'000'000, ']');
  CHECK(second_line("{\"value\":" + closed + "}").starts_with("file:2: "));
}

}  // namespace
}  // namespace lockstep::chaos
