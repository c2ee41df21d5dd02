// What protocols cost while nothing goes wrong, and for how long they serve nobody after a fault.
#include <doctest/doctest.h>

#include "chaos/outage.h"
#include "chaos/quiet_run.h"
#include "labs/systems/registry.h"

namespace lockstep::chaos {
namespace {

using namespace std::chrono_literals;

QuietRun quiet(const char* system, OptionValues options = {}) {
  QuietRun run;
  run.system = labs::find_system(system);
  run.options = std::move(options);
  run.nodes = 3;
  run.operations = 50;
  return run;
}

TEST_CASE("formulas are written as papers write them") {
  CHECK(to_string(Linear{-2, 2}) == "2n - 2");
  CHECK(to_string(Linear{3, 1}) == "n + 3");
  CHECK(to_string(Linear{7, 0}) == "7");
  CHECK(to_string(Steps{}) == "0");
  CHECK(to_string(Steps{{2}, {1}}) == "2d + s");
  CHECK(to_string(Steps{{0, 1}, {-1, 1}}) == "n d + (n - 1) s");
  CHECK(to_string(Steps{{}, {2}}) == "2s");
  CHECK(Steps{{2}, {1}}.at(5, 3ms, 1ms) == 7ms);
  CHECK(Linear{-2, 2}.at(5) == 8);
}

TEST_CASE("every system that states its cost pays as much, with three nodes and with five") {
  for (const auto& system : labs::all_systems()) {
    if (!system.cost) continue;
    for (const std::uint32_t nodes : {3u, 5u}) {
      CAPTURE(system.name);
      CAPTURE(nodes);
      auto run = quiet(system.name.c_str());
      run.nodes = nodes;
      const auto measured = measure(run);
      REQUIRE(std::holds_alternative<QuietCosts>(measured));
      const auto& costs = std::get<QuietCosts>(measured);
      const auto cost = *system.cost({});
      const auto messages = static_cast<double>(cost.messages.at(nodes));
      CHECK(static_cast<double>(costs.write.messages_milli) / 1000 ==
            doctest::Approx(messages).epsilon(0.1));
      CHECK(costs.write.latency == cost.write.at(nodes, run.delay, run.sync));
      for (const auto& read : costs.reads) {
        for (const auto& formula : cost.reads) {
          CAPTURE(read.level);
          if (formula.level != read.level) continue;
          CHECK(read.latency == formula.steps.at(nodes, run.delay, run.sync));
        }
      }
    }
  }
}

TEST_CASE("a leader that writes before it sends takes one stable write longer") {
  const auto costs = std::get<QuietCosts>(measure(quiet("raft", {{"async_disk_write", "off"}})));
  CHECK(costs.write.latency == 3ms);
  CHECK(std::get<QuietCosts>(measure(quiet("raft"))).write.latency == 2500us);
}

TEST_CASE("a system that refuses has no costs, and says so") {
  const auto measured = measure(quiet("raft", {{"read", "log"}, {"max_uncommitted", "0"}}));
  CHECK(std::holds_alternative<QuietCosts>(measured));
  System refusing = *labs::find_system("raft");
  refusing.read_levels = [](const OptionValues&) {
    return std::vector<ReadLevel>{{"unknown", "no such options", false, {}}};
  };
  auto run = quiet("raft");
  run.system = &refusing;
  const auto refused = measure(run);
  REQUIRE(std::holds_alternative<std::string>(refused));
  CHECK(std::get<std::string>(refused).find("refuses a read") != std::string::npos);
}

TEST_CASE("a group without its leader serves nobody for a while; without a follower it goes on") {
  const auto outages = outages_of(*labs::find_system("raft"), {}, 3, 1);
  const auto writes = [&](std::string_view fault) {
    for (const auto& outage : outages) {
      if (outage.fault == fault) return outage.writes;
    }
    FAIL("there is no such fault: " << std::string(fault));
    return transport::Duration{};
  };
  for (const auto& outage : outages) {
    CAPTURE(outage.fault);
    CHECK(outage.judgement == Judgement::Holds);
  }
  CHECK(writes("nothing") == 0ms);
  CHECK(writes("crash of the leader") >= 50ms);
  CHECK(writes("crash of the leader") <= 1s);
  CHECK(writes("crash of another node") <= writes("crash of the leader"));
}

}  // namespace
}  // namespace lockstep::chaos
