// The entry point of the transcripts. `transcripts_test --rewrite` writes the expected files anew,
// of all scenarios or, with doctest's -tc=, of some.
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "tests/transcripts/transcript.h"

int main(int argc, char** argv) {
  std::vector<char*> rest(argv, argv + argc);
  const auto is_ours = [](const char* argument) {
    return std::string_view(argument) == "--rewrite";
  };
  if (std::erase_if(rest, is_ours) > 0) lockstep::tests::rewrite_transcripts();
  return doctest::Context(static_cast<int>(rest.size()), rest.data()).run();
}
