// Suspicion by silence, counted in ticks.
#include "consensus/failure_detector.h"

#include <doctest/doctest.h>

namespace lockstep::consensus {
namespace {

using transport::NodeId;

constexpr NodeId kFirst{1};
constexpr NodeId kSecond{2};

TEST_CASE("who is silent for as many ticks as the patience is suspected, once") {
  FailureDetector detector(2);
  detector.watch({kFirst, kSecond});
  CHECK(detector.tick().empty());
  CHECK_FALSE(detector.heard(kFirst));
  CHECK(detector.tick() == Nodes{kSecond});
  CHECK(detector.suspects(kSecond));
  CHECK_FALSE(detector.suspects(kFirst));
  CHECK(detector.tick() == Nodes{kFirst});
  CHECK(detector.tick().empty());
}

TEST_CASE("a word from the suspect ends the suspicion") {
  FailureDetector detector(1);
  detector.watch({kFirst});
  CHECK(detector.tick() == Nodes{kFirst});
  CHECK(detector.heard(kFirst));
  CHECK_FALSE(detector.suspects(kFirst));
  CHECK(detector.tick() == Nodes{kFirst});
}

TEST_CASE("who is watched anew has the whole patience; who is not watched is never suspected") {
  FailureDetector detector(2);
  detector.watch({kFirst});
  detector.tick();
  detector.watch({kFirst, kSecond});
  CHECK(detector.tick() == Nodes{kFirst});
  CHECK(detector.tick() == Nodes{kSecond});
  detector.watch({kFirst});
  CHECK_FALSE(detector.suspects(kSecond));
  CHECK_FALSE(detector.heard(kSecond));
}

}  // namespace
}  // namespace lockstep::consensus
