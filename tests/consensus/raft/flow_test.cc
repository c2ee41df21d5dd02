// How much is on its way and on disk: batches, back-pressure, the asynchronous disk, compaction.
#include <doctest/doctest.h>

#include "tests/consensus/raft/bench.h"

namespace lockstep::consensus::tests {
namespace {

using Terms = std::vector<std::uint64_t>;

/// A leader of term 1 whose first entry is committed; n2 and n3 have it.
Bench leading(Raft::Options options) {
  Bench bench(std::move(options));
  bench.lead();
  bench.become_durable();
  for (const NodeId node : {kSecond, kThird}) bench.deliver(node, accepted(1, 1, 1));
  REQUIRE(bench.number_in("commit") == 1);
  return bench;
}

/// What leaves for n2 in the last step, before the writes of that step are durable.
bool leaves_early(const Bench& bench, NodeId to) {
  for (const Outgoing& outgoing : bench.world.effects.outgoing) {
    if (outgoing.to == to) return outgoing.early;
  }
  FAIL("nothing leaves");
  return false;
}

TEST_CASE("a message holds so many bytes of commands, but at least one entry") {
  Raft::Options options = counter_options();
  options.pipeline = 1;
  std::size_t expected = 0;
  SUBCASE("all") { expected = 3; }
  SUBCASE("one at a time") {
    options.max_batch_bytes = 1;
    expected = 1;
  }
  SUBCASE("so many entries") {
    options.max_batch = 2;
    expected = 2;
  }
  Bench bench = leading(options);
  for (std::uint64_t sequence = 1; sequence <= 4; ++sequence) bench.add(sequence);
  bench.deliver(kSecond, accepted(1, 2));  // The first was sent at once.
  const auto sent = bench.sent<raft::AppendEntries>(kSecond);
  REQUIRE(sent.size() == 1);
  CHECK(static_cast<std::size_t>(sent.front().entries_size()) == expected);
}

TEST_CASE("a leader whose entries do not get committed takes no more, for a while") {
  Raft::Options options = counter_options();
  options.max_uncommitted = 2;
  Bench bench = leading(options);
  bench.add(1);
  bench.add(2);
  CHECK(bench.replies().empty());
  bench.add(3);
  REQUIRE(bench.replies().size() == 1);
  CHECK(bench.replies().front().status() == Reply::UNAVAILABLE);
  CHECK(bench.number_in("log last") == 3);
  bench.deliver(kSelf, accepted(1, 2));
  bench.deliver(kSecond, accepted(1, 2));
  bench.add(3);
  CHECK(bench.number_in("log last") == 4);
}

TEST_CASE("entries leave before they are durable; what the leader says of its own does not") {
  Raft::Options options = counter_options();
  SUBCASE("asynchronous") {}
  SUBCASE("synchronous") { options.async_disk_write = false; }
  Bench bench = leading(options);
  bench.add(1);
  CHECK(leaves_early(bench, kSecond) == options.async_disk_write);
  CHECK_FALSE(leaves_early(bench, kSelf));
  bench.deliver(kSecond, accepted(1, 2));
  CHECK(bench.number_in("commit") == 1);
  bench.deliver(kThird, accepted(1, 2));
  CHECK(bench.number_in("commit") == 2);  // Two of three, without its own.
}

TEST_CASE("a follower's answer waits for its disk") {
  Bench bench;
  bench.deliver(kThird, entries(1, 0, 0, {1}));
  CHECK_FALSE(leaves_early(bench, kThird));
}

TEST_CASE("a log is compacted by entries, by bytes, or never [§7]") {
  Raft::Options options = counter_options();
  std::uint64_t covered = 0;
  SUBCASE("never") {}
  SUBCASE("by entries") {
    options.snapshot_every = 2;
    covered = 2;
  }
  SUBCASE("by bytes") {
    options.snapshot_bytes = 1;
    covered = 3;
  }
  Bench bench(options);
  bench.deliver(kThird, entries(1, 0, 0, {1, 1, 1, 1}, 2));
  if (options.snapshot_bytes != 0) bench.deliver(kThird, entries(1, 4, 1, {}, 3));
  CHECK(bench.number_in("snapshot") == covered);
  CHECK(bench.number_in("log first") == covered + 1);
}

TEST_CASE("entries before a snapshot stay for followers that are a little behind, if asked to") {
  Raft::Options options = counter_options();
  options.snapshot_every = 4;
  options.snapshot_keep = 2;
  Bench bench(options);
  bench.deliver(kThird, entries(1, 0, 0, {1, 1, 1, 1, 1}, 4));
  CHECK(bench.number_in("snapshot") == 4);
  CHECK(bench.number_in("log first") == 3);
  CHECK(bench.stored_terms() == Terms{1, 1, 1});
  bench.restart();
  CHECK(bench.number_in("applied") == 4);
  CHECK(bench.number_in("log first") == 3);
  CHECK(bench.claims<transport::Appended>().size() == 1);
  bench.lead();
  raft::AppendReply behind;
  behind.set_term(bench.term());
  behind.set_prev_index(5);
  SUBCASE("a little") {
    behind.set_conflict_index(3);
    bench.deliver(kSecond, behind);
    CHECK(bench.sent<raft::AppendEntries>(kSecond).size() == 1);
    CHECK(bench.sent<raft::InstallSnapshot>(kSecond).empty());
  }
  SUBCASE("far") {
    behind.set_conflict_index(2);
    bench.deliver(kSecond, behind);
    CHECK(bench.sent<raft::InstallSnapshot>(kSecond).size() == 1);
  }
}

TEST_CASE("an operator may ask for a snapshot") {
  Bench bench = leading(counter_options());
  Request request;
  request.mutable_admin()->mutable_snapshot();
  bench.request(request);
  REQUIRE(bench.replies().size() == 1);
  CHECK(bench.replies().front().status() == Reply::OK);
  CHECK(bench.number_in("snapshot") == 1);
}

}  // namespace
}  // namespace lockstep::consensus::tests
