// Whole groups under loss, delay and crashes: what Raft promises, end to end.
#include "tests/consensus/raft/group.h"

#include <doctest/doctest.h>

#include <set>

#include "statemachine/counter.h"
#include "tests/consensus/raft/bench.h"
#include "transport/random.h"

namespace lockstep::consensus::tests {
namespace {

void check_no_violation(const Group& group) {
  if (const auto& violation = group.violation()) {
    FAIL_CHECK(violation->rule << " [" << violation->source << "]: " << violation->story);
  }
  if (group.broken_promise()) FAIL_CHECK(*group.broken_promise());
}

/// Asks until `count` increments are answered; every now and then a node crashes and comes back.
void commit_all(Group& group, std::uint64_t count, std::uint64_t seed, bool crashes) {
  std::uint64_t step = 0;
  for (std::uint64_t sequence = 1; sequence <= count; ++sequence) {
    for (int tries = 0; !group.is_answered(sequence) && tries < 2000; ++tries) {
      if (tries % 20 == 0) group.ask(sequence);
      group.run(5ms);
      const NodeId node = group.nodes()[transport::below(transport::draw(seed, "victim", 0, ++step),
                                                         group.nodes().size())];
      if (!crashes) continue;
      const std::uint64_t toggles = group.is_up(node) ? 30'000 : 200'000;
      if (!transport::chance(transport::draw(seed, "crash", 0, step), toggles)) continue;
      group.is_up(node) ? group.crash(node) : group.restart(node);
    }
    check_no_violation(group);
    REQUIRE_MESSAGE(group.is_answered(sequence), "sequence " << sequence);
  }
}

/// After calm every member has applied the same, and each command once.
void check_agreement(Group& group, std::uint64_t count) {
  group.heal();
  for (const NodeId node : group.nodes()) {
    if (!group.is_up(node)) group.restart(node);
  }
  group.run(5s);
  std::set<std::string> positions;
  for (const NodeId node : group.nodes()) {
    positions.insert(group.field(node, "applied") + "/" + group.field(node, "log last"));
  }
  CHECK(positions.size() == 1);
  for (const auto& [sequence, result] : group.answers()) {
    const auto value = statemachine::counter::parse_result(result);
    REQUIRE(value);
    CHECK(value->value == static_cast<std::int64_t>(sequence));
  }
  CHECK(group.answers().size() == count);
  check_no_violation(group);
}

TEST_CASE("three nodes without faults elect one leader and commit everything") {
  Group group({.raft = counter_options()});
  commit_all(group, 100, 1, false);
  check_agreement(group, 100);
  CHECK(group.count<transport::Leads>() >= 1);
  CHECK(group.probes() > 0);
}

TEST_CASE("a group of one is its own majority") {
  Group group({.nodes = 1, .raft = counter_options()});
  commit_all(group, 20, 1, false);
  check_agreement(group, 20);
}

TEST_CASE("groups of three to five survive loss, repetition, reordering and restarts") {
  std::size_t elections = 0;
  std::size_t truncations = 0;
  std::size_t installs = 0;
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    CAPTURE(seed);
    GroupOptions options{.nodes = 3 + static_cast<std::uint32_t>(seed % 3), .seed = seed};
    options.drop_ppm = 80'000;
    options.duplicate_ppm = 50'000;
    options.delay_high = 20ms;
    options.raft = seed % 2 == 0 ? counter_options() : careful_options();
    options.raft.async_disk_write = seed % 3 != 0;
    options.raft.max_batch = 1 + static_cast<std::uint32_t>(seed % 4);
    options.raft.pipeline = 1 + static_cast<std::uint32_t>(seed % 5);
    options.raft.snapshot_every = seed % 2 == 0 ? 10 : 0;
    options.raft.snapshot_chunk = 5;
    Group group(options);
    commit_all(group, 150, seed, true);
    check_agreement(group, 150);
    elections += group.count<transport::Leads>();
    truncations += group.count<transport::Truncated>();
    installs += group.count<transport::Installed>();
  }
  MESSAGE("elections " << elections << ", truncations " << truncations << ", installs "
                       << installs);
  CHECK(elections >= 24);
  CHECK(truncations >= 1);
  CHECK(installs >= 1);
}

}  // namespace
}  // namespace lockstep::consensus::tests
