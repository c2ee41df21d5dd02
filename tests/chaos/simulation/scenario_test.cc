// Directed scenarios on Raft: what each part of the paper promises, acted out.
#include "chaos/scenario.h"

#include <doctest/doctest.h>

#include <stdexcept>

#include "labs/systems/registry.h"
#include "statemachine/kv.h"
#include "tests/chaos/cases.h"

using namespace lockstep;
using namespace std::chrono_literals;
using asio::awaitable;
using chaos::Direction;
using chaos::Scenario;
using transport::NodeId;

namespace kv = statemachine::kv;

namespace {

void act(std::uint32_t nodes, const std::function<awaitable<void>(Scenario&)>& script) {
  for (std::uint64_t seed = 1; seed <= tests::cases(20); ++seed) {
    CAPTURE(seed);
    Scenario scenario(*labs::find_system("raft"), {.nodes = nodes, .seed = seed});
    scenario.play([&]() { return script(scenario); });
    CHECK_FALSE(scenario.violation());
  }
}

std::string field_of(Scenario& scenario, NodeId node, std::string_view wanted) {
  const auto fields = scenario.cluster().describe(node);
  for (const auto& [name, value] : fields.values()) {
    if (name == wanted) return value;
  }
  return {};
}

awaitable<std::optional<std::string>> value_of(Scenario& scenario, std::string key) {
  const auto result = kv::parse_result(co_await scenario.execute(kv::get(key)));
  co_return result ? result->value : std::nullopt;
}

}  // namespace

TEST_CASE("n=3, nothing fails: one leader, which stays [§5.2]") {
  act(3, [](Scenario& scenario) -> awaitable<void> {
    co_await scenario.await_leader();
    const auto term = scenario.term();
    co_await scenario.sleep(10s);
    CHECK(scenario.term() == term);
  });
}

TEST_CASE("n=3, the leader is cut off: another takes over, and the old one comes back [§5.2]") {
  act(3, [](Scenario& scenario) -> awaitable<void> {
    const NodeId leader = co_await scenario.await_leader();
    scenario.isolate(leader);
    const NodeId next = co_await scenario.await_next_leader();
    CHECK(next != leader);
    scenario.heal();
    co_await scenario.execute(kv::put("a", "1"));
    CHECK(co_await value_of(scenario, "a") == "1");
  });
}

TEST_CASE("n=3, the leader is cut off incoming only: nothing new is committed [§5.3]") {
  act(3, [](Scenario& scenario) -> awaitable<void> {
    const NodeId leader = co_await scenario.await_leader();
    scenario.isolate(leader, Direction::Incoming);
    const auto reply = co_await scenario.ask(leader, kv::put("a", "1"), 2s);
    CHECK((!reply || reply->status() != transport::Reply::OK));
  });
}

TEST_CASE("n=3, two nodes are down: no leader is elected until one is back [§5.2]") {
  act(3, [](Scenario& scenario) -> awaitable<void> {
    const NodeId leader = co_await scenario.await_leader();
    const NodeId other{number(leader) % 3 + 1};
    scenario.cluster().crash(leader);
    scenario.cluster().crash(other);
    const auto term = scenario.term();
    co_await scenario.sleep(5s);
    CHECK(scenario.term() == term);
    scenario.cluster().restart(other);
    co_await scenario.await_next_leader();
    co_await scenario.execute(kv::put("a", "1"));
  });
}

TEST_CASE("n=5, all crash at once: what was acknowledged is there afterwards [§5.1]") {
  act(5, [](Scenario& scenario) -> awaitable<void> {
    for (int round = 0; round < 5; ++round) {
      co_await scenario.execute(kv::put("round", std::to_string(round)));
      for (const NodeId node : scenario.cluster().nodes()) scenario.cluster().crash(node);
      co_await scenario.sleep(50ms);
      for (const NodeId node : scenario.cluster().nodes()) scenario.cluster().restart(node);
      CHECK(co_await value_of(scenario, "round") == std::to_string(round));
    }
  });
}

TEST_CASE("n=5, a leader in the minority commits nothing, and its entries are overwritten [§5.3]") {
  act(5, [](Scenario& scenario) -> awaitable<void> {
    const NodeId leader = co_await scenario.await_leader();
    co_await scenario.execute(kv::put("a", "before"));
    scenario.isolate(leader);
    const auto lost = co_await scenario.ask(leader, kv::put("a", "lost"), 100ms);
    CHECK_FALSE(lost);
    co_await scenario.await_next_leader();
    co_await scenario.execute(kv::put("a", "after"));
    scenario.heal();
    co_await scenario.sleep(1s);
    CHECK(co_await value_of(scenario, "a") == "after");
  });
}

TEST_CASE("n=3, a follower misses more than the log keeps: it gets a snapshot [§7]") {
  Scenario scenario(*labs::find_system("raft"),
                    {.nodes = 3, .options = {{"snapshot_every", "20"}, {"snapshot_chunk", "64"}}});
  scenario.play([&]() -> awaitable<void> {
    const NodeId leader = co_await scenario.await_leader();
    const NodeId behind{number(leader) % 3 + 1};
    scenario.isolate(behind);
    for (int at = 0; at < 100; ++at) {
      co_await scenario.execute(kv::put("k" + std::to_string(at % 7), std::to_string(at)));
    }
    scenario.heal();
    co_await scenario.sleep(2s);
    const std::string applied_here = field_of(scenario, leader, "applied");
    const std::string applied_there = field_of(scenario, behind, "applied");
    CHECK(!applied_here.empty());
    CHECK(applied_there == applied_here);
  });
  CHECK_FALSE(scenario.violation());
}

TEST_CASE("a script that waits in vain ends with an error, and what it throws comes out") {
  Scenario scenario(*labs::find_system("raft"), {.nodes = 3});
  CHECK_THROWS_AS(scenario.play(
                      [&]() -> awaitable<void> {
                        for (;;) co_await scenario.sleep(1s);
                      },
                      5s),
                  std::runtime_error);
  Scenario other(*labs::find_system("raft"), {.nodes = 3});
  CHECK_THROWS_AS(other.play([]() -> awaitable<void> {
    throw std::logic_error("mine");
    co_return;
  }),
                  std::logic_error);
}
