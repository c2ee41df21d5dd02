// Ten million events of Raft with its monitor: memory stays flat, and nothing is found.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>
#include <malloc.h>

#include <memory>

#include "tests/bench/raft_load.h"

using namespace lockstep;

namespace {

/// Bytes that are allocated now. Sanitizers keep their own books and answer 0.
std::size_t allocated() { return ::mallinfo2().uordblks; }

}  // namespace

TEST_CASE("ten million events hold memory flat") {
  constexpr int kEvents = 10'000'000;
  std::unique_ptr<bench::Monitors> monitors;
  bench::Load load = bench::raft_load();
  load.attach = [&](transport::Cluster& cluster) {
    monitors = std::make_unique<bench::Monitors>(cluster);
    cluster.add_observer(monitors.get());
  };
  bench::ClosedLoop running(load);
  // Between two compactions memory goes up and down, so the peaks of two stretches are compared.
  const auto peak = [&](int events) {
    std::size_t most = 0;
    for (int event = 0; event < events; ++event) {
      running.step();
      if (event % 1000 == 0) most = std::max(most, allocated());
    }
    return most;
  };
  const std::size_t early = peak(kEvents / 10);
  const std::size_t late = peak(kEvents - kEvents / 10);
  MESSAGE("peak of the first million events ", early, " bytes, of the rest ", late, " bytes");
  // Pooled messages may still grow to the largest that they ever held. Whatever is kept per event
  // would cost at least a byte for each.
  CHECK(late <= early + kEvents / 10);
  CHECK(running.replies() > 500'000);
  CHECK_FALSE(monitors->monitor().violation());
}
