#include <doctest/doctest.h>

#include "tests/transcripts/transcript.h"

using lockstep::tests::difference;
using lockstep::tests::difference_from_expected;

TEST_CASE("equal texts do not differ") { CHECK(difference("a\nb\n", "a\nb\n").empty()); }

TEST_CASE("a difference shows what changed, and the lines around it") {
  CHECK(difference("1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nfive\n6\n7\n8\n9\n") ==
        "  ...\n  3\n  4\n- 5\n+ five\n  6\n  7\n");
  CHECK(difference("a\n", "a\nb\n") == "  a\n+ b\n");
  CHECK(difference("a\nb\n", "b\n") == "- a\n  b\n");
}

TEST_CASE("a transcript that nobody wrote yet is an error that names the file") {
  const auto problem = difference_from_expected("raft/no_such_figure", "text\n");
  REQUIRE(problem);
  CHECK(problem->find("raft/no_such_figure.txt: cannot be read") != std::string::npos);
}
