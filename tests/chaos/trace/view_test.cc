#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/chaos/trace/samples.h"

namespace lockstep::chaos {
namespace {

using transport::NodeId;
using transport::Witness;

std::string first_lines(const std::string& text, std::size_t count) {
  std::istringstream in(text);
  std::string lines;
  std::string line;
  while (count-- > 0 && std::getline(in, line)) lines += line + "\n";
  return lines;
}

/// Columns, if what is not ASCII is the ellipsis.
std::size_t columns(const std::string& line) {
  return line.find("…") == std::string::npos ? line.size() : line.size() - 2;
}

/// LOCKSTEP_REWRITE=1 rewrites the file instead.
void check_golden(const std::string& name, const std::string& text) {
  const std::string path = std::string(LOCKSTEP_GOLDEN_FOLDER) + "/" + name;
  if (std::getenv("LOCKSTEP_REWRITE") != nullptr) {
    std::ofstream(path) << text;
    return;
  }
  std::ifstream in(path);
  std::ostringstream expected;
  expected << in.rdbuf();
  CHECK(text == expected.str());
}

TEST_CASE("a small run of ABD looks as pinned (LOCKSTEP_REWRITE=1 rewrites)") {
  check_golden("abd.txt", first_lines(printed(small_trace()), 60));
}

TEST_CASE("a trace from a file and a trace of the same run look the same") {
  const auto first = record(run_of("raft", 4));
  const auto second = record(run_of("raft", 4));
  CHECK(printed(first.trace) == printed(second.trace));
  CHECK(printed(first.trace, {}, {120, false, true}) ==
        printed(second.trace, {}, {120, false, true}));
}

TEST_CASE("lines fit the width unless everything is asked for") {
  const auto run = record(run_of("raft", 1));
  std::istringstream in(printed(run.trace));
  std::string line;
  std::getline(in, line);  // the command that repeats the run is never cut
  std::size_t cut = 0;
  while (std::getline(in, line) && line.find("digest") == std::string::npos) {
    CAPTURE(line);
    CHECK(columns(line) <= 120);
    if (line.ends_with("…")) ++cut;
  }
  CHECK(cut > 0);
  CHECK(lines_with(printed(run.trace, {}, {120, true, false}), "…").empty());
}

TEST_CASE("commands and results read as the machine describes them") {
  const auto text = printed(record(run_of("raft", 1)).trace, {}, {120, true, false});
  CHECK(lines_with(text, "AppendEntries{term: 1").size() > 0);
  CHECK(lines_with(text, "{term: 1 command: c1:1 get k3}").size() > 0);
  CHECK(lines_with(text, "store    log/2 (").size() > 0);
  CHECK(lines_with(text, "-> ok}").size() + lines_with(text, "-> \"").size() > 0);
  CHECK(lines_with(text, "claim    Leads{term: ").size() > 0);
  CHECK(lines_with(text, "| role follower -> pre-candidate").size() > 0);
}

TEST_CASE("whatever a node says stays on its line, in ASCII") {
  std::vector<Witness> seen(2);
  seen[0].kind = Witness::Kind::Logged;
  seen[0].node = NodeId{1};
  seen[0].text = "two\nlines\x1b[31m and \xff";
  const std::vector<transport::Write> writes = {{"key\n", "value", {}}, {"gone", {}, {}}};
  seen[1].kind = Witness::Kind::Stored;
  seen[1].node = NodeId{1};
  seen[1].writes = writes;
  const auto text = printed(hand_made(seen));
  CHECK(lines_with(text, "> two\\x0alines\\x1b[31m and \\xff").size() == 1);
  CHECK(lines_with(text, "store    \"key\\x0a\" (5 bytes), gone erased").size() == 1);
}

TEST_CASE("JSON is one object per line, with payloads by field") {
  std::istringstream in(printed(record(run_of("raft", 1)).trace, {}, {120, false, true}));
  std::size_t lines = 0;
  std::size_t votes = 0;
  std::string last;
  for (std::string line; std::getline(in, line); ++lines) {
    const auto json = nlohmann::json::parse(line, nullptr, false);
    REQUIRE(json.is_object());
    last = json.at("kind");
    if (lines == 0) CHECK(last == "run");
    if (json.contains("payload") && json["payload"].contains("request_vote")) ++votes;
  }
  CHECK(last == "end");
  CHECK(lines > 100);
  CHECK(votes > 0);
}

TEST_CASE("printing stops when nobody listens any more") {
  Trace trace = read_back(small_trace());
  int calls = 0;
  print(trace, {}, {}, [&](std::string_view) { return ++calls < 3; });
  CHECK(calls == 3);
}

}  // namespace
}  // namespace lockstep::chaos
