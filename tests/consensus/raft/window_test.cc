// Values by log index, of which the first are forgotten.
#include "consensus/raft/window.h"

#include <doctest/doctest.h>

namespace lockstep::tests {
namespace {

using consensus::raft::Index;
using consensus::raft::Window;

TEST_CASE("a window keeps what it was not told to forget, however often it moves") {
  Window<std::uint64_t> window;
  std::uint64_t first = 0;
  for (std::uint64_t last = 0; last < 200; ++last) {
    window[Index{last}] = last;
    if (last % 7 == 0) first += last % 11;  // By 0 to 10: at times by more than half.
    REQUIRE(first <= last);
    window.forget_before(Index{first});
    window.forget_before(Index{first / 2});  // Forgotten before: nothing happens.
    REQUIRE(window.first() == Index{first});
    REQUIRE(window.values().size() == last - first + 1);
    for (std::uint64_t index = first; index <= last; ++index) {
      REQUIRE(window[Index{index}] == index);
      REQUIRE(window.values()[index - first] == index);
    }
  }
}

TEST_CASE("a window may forget indices that never had a value") {
  Window<int> window;
  window[Index{3}] = 3;
  window.forget_before(Index{10});
  CHECK(window.values().empty());
  CHECK(window[Index{12}] == 0);
  CHECK(window.values().size() == 3);
}

}  // namespace
}  // namespace lockstep::tests
