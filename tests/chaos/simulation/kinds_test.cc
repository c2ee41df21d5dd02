// Systems whose nodes are of several kinds, and whose clients have a node of their own.
#include <doctest/doctest.h>

#include <set>

#include "chaos/scenario.h"
#include "labs/systems/registry.h"
#include "tests/chaos/simulation/runs.h"

using namespace lockstep;
using transport::ClientId;
using transport::NodeId;
using transport::Witness;

namespace {

/// Whom each client asked.
struct Asked final : transport::Observer {
  void see(const Witness& witness) override {
    if (witness.kind == Witness::Kind::Requested) all.insert({witness.client, witness.node});
  }
  std::set<std::pair<ClientId, NodeId>> all;
};

/// ABD whose nodes are made one by one.
chaos::System abd_by_number(std::set<NodeId>& made) {
  const chaos::System& abd = *labs::find_system("abd");
  chaos::System system = abd;
  system.make_node_for = [&made, &abd](const chaos::OptionValues& options,
                                       const statemachine::MachineKind& machine, NodeId node) {
    made.insert(node);
    return std::get<std::shared_ptr<transport::Node>>(abd.make_node(options, machine));
  };
  return system;
}

}  // namespace

TEST_CASE("a client that has a node of its own asks nobody else") {
  for (const bool has_home : {false, true}) {
    chaos::System system = *labs::find_system("abd");
    if (has_home) {
      system.home = [](ClientId client, std::uint32_t nodes) {
        return NodeId{static_cast<std::uint32_t>(1 + number(client) % nodes)};
      };
    }
    auto run = tests::swarm_run("abd", 7);
    run.system = &system;
    Asked asked;
    const auto result =
        chaos::simulate(run, [&](transport::Cluster& cluster) { cluster.add_observer(&asked); });
    CHECK(result.judgement == chaos::Judgement::Holds);
    bool all_at_home = true;
    for (const auto& [client, node] : asked.all) {
      all_at_home = all_at_home && number(node) == 1 + number(client) % run.nodes;
    }
    CHECK(all_at_home == has_home);
  }
}

TEST_CASE("where nodes are of several kinds, each is made by its number, with the same digest") {
  std::set<NodeId> made;
  const chaos::System system = abd_by_number(made);
  auto run = tests::swarm_run("abd", 7);
  const auto plain = chaos::simulate(run);
  run.system = &system;
  CHECK(chaos::simulate(run).digest == plain.digest);
  CHECK(made.size() == run.nodes);
  made.clear();
  const chaos::Scenario scenario(system, {.nodes = 3, .spares = 1});
  CHECK(made == std::set<NodeId>{NodeId{1}, NodeId{2}, NodeId{3}, NodeId{4}});
}

TEST_CASE(
    "nodes that support others come on top, with the first numbers, and no client asks them") {
  const chaos::System& chain = *labs::find_system("chain");
  auto run = tests::swarm_run("chain", 7);
  run.nodes = 2;
  run.options = {{"masters", "1"}};
  run.plan.clear_fault();
  Asked asked;
  std::set<NodeId> started;
  struct Started final : transport::Observer {
    explicit Started(std::set<NodeId>& into) : all(into) {}
    void see(const Witness& witness) override {
      if (witness.kind == Witness::Kind::Started) all.insert(witness.node);
    }
    std::set<NodeId>& all;
  } watcher(started);
  chaos::simulate(run, [&](transport::Cluster& cluster) {
    cluster.add_observer(&asked);
    cluster.add_observer(&watcher);
  });
  CHECK(started == std::set<NodeId>{NodeId{1}, NodeId{2}, NodeId{3}});
  CHECK(chaos::serving_nodes(chain, run.options, {NodeId{1}, NodeId{2}, NodeId{3}}) ==
        std::vector<NodeId>{NodeId{2}, NodeId{3}});
  for (const auto& [client, node] : asked.all) {
    CHECK((is_node(client) || node != NodeId{1}));
  }
}
