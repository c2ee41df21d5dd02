#include <doctest/doctest.h>

#include <map>
#include <set>
#include <string>

#include "chaos/run_description.h"
#include "labs/systems/option_reader.h"
#include "labs/systems/registry.h"

using namespace lockstep;
using namespace std::chrono_literals;

TEST_CASE("options of a system are read with their units, or refused by name") {
  const std::vector<chaos::SystemOption> known{
      {"wait", "150ms..300ms", ""}, {"count", "7", ""}, {"loud", "on", ""}};
  const auto problem = [&](const chaos::OptionValues& given) {
    labs::OptionReader reader(given, known);
    reader.range("wait");
    reader.number("count", 1, 10);
    reader.flag("loud");
    return reader.problem().value_or("");
  };
  CHECK(problem({}).empty());
  CHECK(problem({{"wait", "5s"}, {"count", "10"}, {"loud", "no"}}).empty());
  for (const char* wait :
       {"", "5", "ms", "5m", "9ms..3ms", "-5ms", "0ms", "5ms..", "99999999999s"}) {
    CAPTURE(wait);
    CHECK(problem({{"wait", wait}}).find("option wait:") == 0);
  }
  for (const char* count : {"", "0", "11", "7x", "-1", "99999999999999999999"}) {
    CAPTURE(count);
    CHECK(problem({{"count", count}}).find("a whole number from 1 to 10") != std::string::npos);
  }
  CHECK(problem({{"loud", "loud"}}).find("on or off") != std::string::npos);
  chaos::OptionValues given{{"wait", "2ms..1s"}};
  labs::OptionReader reader(given, known);
  CHECK(reader.range("wait") == transport::Between{2ms, 1s});
}

TEST_CASE("every system makes nodes from its defaults and refuses what cannot work") {
  for (const auto& system : labs::all_systems()) {
    for (const auto& machine : system.machines) {
      const auto made = system.make_node({}, *statemachine::find_machine(machine));
      CHECK(std::holds_alternative<std::shared_ptr<transport::Node>>(made));
    }
  }
  const auto* raft = labs::find_system("raft");
  const auto made = raft->make_node({{"heartbeat", "1s"}}, *statemachine::find_machine("kv"));
  REQUIRE(std::holds_alternative<std::string>(made));
  CHECK(std::get<std::string>(made).find("heartbeat") != std::string::npos);
}

TEST_CASE("what a swarm draws for a system's options makes a node, and draws are pure") {
  for (const auto& system : labs::all_systems()) {
    const auto& machine = *statemachine::find_machine(system.machines.front());
    std::map<std::string, std::set<std::string>> drawn;
    for (std::uint64_t seed = 1; seed <= 300; ++seed) {
      const auto values = chaos::swarm_options(system, seed);
      CAPTURE(system.name);
      CAPTURE(seed);
      CHECK(std::holds_alternative<std::shared_ptr<transport::Node>>(
          system.make_node(values, machine)));
      CHECK(chaos::swarm_options(system, seed) == values);
      for (const auto& [name, value] : values) drawn[name].insert(value);
    }
    for (const auto& option : system.options) {
      CAPTURE(option.name);
      CHECK(drawn[option.name] == std::set<std::string>(option.swarm.begin(), option.swarm.end()));
    }
  }
}

TEST_CASE("every aim is about something that is counted") {
  for (const auto& system : labs::all_systems()) {
    for (const auto& aim : system.aims) {
      CAPTURE(aim.what);
      CHECK(chaos::count_of(aim.what, {}, system.reach_names, {}) == 0);
    }
    CHECK_FALSE(chaos::count_of("unheard of", {}, system.reach_names, {}));
  }
}

TEST_CASE("reads by lease bound the drift that Raft survives, other reads do not") {
  const auto& raft = *labs::find_system("raft");
  const auto drift = [&](const char* read, const char* margin) {
    return raft.survives({{"read", read}, {"lease_margin", margin}}).max_drift_ppm();
  };
  CHECK(drift("lease", "10") == 52'631);
  CHECK(drift("mixed", "20") == 111'111);
  CHECK(drift("read_index", "10") == drift("log", "20"));
  CHECK(drift("read_index", "10") > 1'000'000);
  CHECK_FALSE(raft.survives({{"read", "lease"}, {"lease_margin", "0"}})
                  .survives(chaos::FaultKind::ClockDrift));
}
