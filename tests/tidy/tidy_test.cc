#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "tests/tidy/rules.h"

namespace fs = std::filesystem;
using lockstep::tests::code_of;
using lockstep::tests::complaints;
using lockstep::tests::SourceFile;

namespace {

const fs::path kRoot = LOCKSTEP_SOURCE_DIR;

bool has_complaint(const SourceFile& file, const std::string& part) {
  const auto found = complaints(file);
  return std::any_of(found.begin(), found.end(), [&](const std::string& complaint) {
    return complaint.find(part) != std::string::npos;
  });
}

SourceFile read(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return {fs::relative(path, kRoot).generic_string(), text.str()};
}

}  // namespace

TEST_CASE("every source file keeps the house rules") {
  std::size_t files = 0;
  for (const char* folder : {"statemachine", "transport", "consensus", "chaos", "labs", "tests"}) {
    for (const auto& entry : fs::recursive_directory_iterator(kRoot / folder)) {
      const auto extension = entry.path().extension();
      if (extension != ".h" && extension != ".cc") continue;
      ++files;
      for (const auto& complaint : complaints(read(entry.path()))) FAIL_CHECK(complaint);
    }
  }
  CHECK(files > 50);
}

TEST_CASE("the top level holds the fixed entries and nothing else") {
  const std::set<std::string> allowed{"CMakeLists.txt", "CMakePresets.json", "LICENSE", "README.md",
                                      "lockstep",       "statemachine",      "transport",
                                      "consensus",      "chaos",             "labs",
                                      "tests",          "docs",              "build"};
  for (const auto& entry : fs::directory_iterator(kRoot)) {
    const std::string name = entry.path().filename().string();
    if (name.front() != '.') CHECK_MESSAGE(allowed.contains(name), name);
  }
}

TEST_CASE("an include against the arrows is found") {
  CHECK(has_complaint({"consensus/x.cc", "#include \"chaos/system.h\"\n"},
                      "consensus must not include chaos"));
  CHECK(has_complaint({"chaos/x.cc", "#include \"consensus/raft/raft.h\"\n"},
                      "chaos must not include consensus"));
  CHECK(has_complaint({"chaos/check/x.cc", "#include \"chaos/system.h\"\n"}, "on their own"));
  CHECK(has_complaint({"consensus/x.cc", "#include <asio/awaitable.hpp>\n"}, "coroutine"));
  CHECK_FALSE(has_complaint({"labs/x.cc", "#include \"chaos/system.h\"\n"}, "include"));
}

TEST_CASE("what breaks determinism is found on the simulated path, and only in code") {
  CHECK(has_complaint({"chaos/x.cc", "double share = 0.5;\n"}, "double"));
  CHECK(has_complaint({"consensus/x.cc", "std::unordered_map<int, int> votes;\n"}, "unordered"));
  CHECK(has_complaint({"transport/x.cc", "auto t = std::chrono::steady_clock::now();\n"},
                      "only a world knows the time"));
  CHECK(has_complaint({"chaos/x.cc", "std::map<Node*, int> by_address;\n"}, "address"));
  CHECK_FALSE(has_complaint({"chaos/x.cc", "// a double vote\n"}, "double"));
  CHECK_FALSE(has_complaint({"chaos/x.cc", "f(\"double vote\");\n"}, "double"));
  CHECK_FALSE(has_complaint({"labs/x.cc", "auto t = std::chrono::steady_clock::now();\n"}, "time"));
}

TEST_CASE("shape and names are checked") {
  CHECK(has_complaint({"chaos/x.cc", std::string(101, 'x') + "\n"}, "100 columns"));
  CHECK(has_complaint({"chaos/x.cc", std::string(401, '\n')}, "split by subject"));
  CHECK(has_complaint({"chaos/x.h", "// What it is.\n"}, "#pragma once"));
  CHECK(has_complaint({"chaos/x.h", "#pragma once\n"}, "begins with"));
  CHECK(has_complaint({"chaos/string_utils.cc", ""}, "says nothing"));
}

TEST_CASE("comments and literals are taken out, lines stay") {
  CHECK(code_of("a // b\nc") == "a \nc");
  CHECK(code_of("a /* b\nc */ d") == "a \n d");
  CHECK(code_of("f(\"x\\\"y\");") == "f(\"\");");
  CHECK(code_of("1'000'000; 'x'") == "1'000'000; ''");
}
