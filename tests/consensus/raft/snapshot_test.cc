// Compaction and the transfer of snapshots.
#include <doctest/doctest.h>

#include "tests/consensus/raft/bench.h"

namespace lockstep::consensus::tests {
namespace {

using Terms = std::vector<std::uint64_t>;

Raft::Options compacting() {
  Raft::Options options = counter_options();
  options.snapshot_every = 4;
  options.snapshot_chunk = 6;
  return options;
}

/// A leader of term 2 that has compacted its log up to index 4 and holds one more entry.
Bench compacted_leader() {
  Bench leader(compacting());
  leader.deliver(kThird, entries(1, 0, 0, {1, 1, 1, 1}, 4));
  REQUIRE(leader.number_in("snapshot") == 4);
  leader.lead();
  return leader;
}

/// The chunks of its snapshot, all of them, in order.
std::vector<raft::InstallSnapshot> chunks() {
  Bench leader = compacted_leader();
  raft::AppendReply empty;
  empty.set_term(2);
  empty.set_prev_index(4);
  empty.set_conflict_index(1);
  leader.deliver(kSecond, empty);
  std::vector<raft::InstallSnapshot> all = leader.sent<raft::InstallSnapshot>(kSecond);
  while (!all.empty() && all.back().offset() + all.back().data().size() < all.back().size()) {
    raft::SnapshotReply reply;
    reply.set_term(2);
    reply.set_last_index(4);
    reply.set_next_offset(all.back().offset() + all.back().data().size());
    leader.deliver(kSecond, reply);
    const auto next = leader.sent<raft::InstallSnapshot>(kSecond);
    REQUIRE(next.size() == 1);
    all.push_back(next.front());
  }
  REQUIRE(all.size() >= 3);
  return all;
}

raft::SnapshotReply only_reply(const Bench& bench) {
  const auto replies = bench.sent<raft::SnapshotReply>(kThird);
  REQUIRE(replies.size() == 1);
  return replies.front();
}

TEST_CASE("what is applied is compacted, on disk too, and survives a restart [§7]") {
  Bench bench(compacting());
  bench.deliver(kSecond, entries(1, 0, 0, {1, 1, 1, 1, 1, 1}, 5));
  CHECK(bench.number_in("snapshot") == 5);
  CHECK(bench.number_in("log first") == 6);
  CHECK(bench.stored_terms() == Terms{1});
  REQUIRE(bench.claims<transport::Compacted>().size() == 1);
  const auto digest = bench.claims<transport::Compacted>().front().state_digest;
  bench.restart();
  CHECK(bench.number_in("applied") == 5);
  CHECK(bench.number_in("log last") == 6);
  REQUIRE(bench.claims<transport::Compacted>().size() == 1);
  CHECK(bench.claims<transport::Compacted>().front().state_digest == digest);
}

TEST_CASE("what a snapshot covers is no conflict [§7]") {
  Bench bench(compacting());
  bench.deliver(kSecond, entries(1, 0, 0, {1, 1, 1, 1, 1}, 4));
  REQUIRE(bench.number_in("snapshot") == 4);
  bench.deliver(kSecond, entries(1, 1, 1, {1, 1, 1, 1, 1}));
  const auto replies = bench.sent<raft::AppendReply>(kSecond);
  REQUIRE(replies.size() == 1);
  CHECK(replies.front().success());
  CHECK(replies.front().match_index() == 6);
  bench.deliver(kSecond, entries(1, 1, 1, {1}));
  CHECK(bench.sent<raft::AppendReply>(kSecond).front().match_index() == 4);
}

TEST_CASE("a snapshot in chunks replaces an empty log [§7]") {
  Bench bench;
  const auto all = chunks();
  for (const auto& chunk : all) bench.deliver(kThird, chunk);
  CHECK(only_reply(bench).installed());
  CHECK(bench.number_in("applied") == 4);
  CHECK(bench.number_in("log last") == 4);
  CHECK(bench.claims<transport::Installed>().size() == 1);
  bench.restart();
  CHECK(bench.number_in("applied") == 4);
  bench.deliver(kThird, entries(2, 4, 1, {2}, 5));
  CHECK(bench.number_in("applied") == 5);
}

TEST_CASE("chunks may come twice, out of order, or not at all") {
  Bench bench;
  const auto all = chunks();
  bench.deliver(kThird, all[1]);
  CHECK(only_reply(bench).next_offset() == 0);
  bench.deliver(kThird, all[0]);
  CHECK(only_reply(bench).next_offset() == all[1].offset());
  bench.deliver(kThird, all[0]);
  CHECK(only_reply(bench).next_offset() == all[1].offset());
  bench.deliver(kThird, all.back());
  CHECK_FALSE(only_reply(bench).installed());
  CHECK(bench.number_in("applied") == 0);
  for (std::size_t at = 1; at < all.size(); ++at) bench.deliver(kThird, all[at]);
  CHECK(only_reply(bench).installed());
  CHECK(bench.number_in("applied") == 4);
  bench.deliver(kThird, all.back());
  CHECK(only_reply(bench).installed());
  CHECK(bench.claims<transport::Installed>().empty());
}

TEST_CASE("half a snapshot survives a restart, and the transfer goes on") {
  Bench bench;
  const auto all = chunks();
  bench.deliver(kThird, all[0]);
  bench.restart();
  SUBCASE("with the next chunk") {
    bench.deliver(kThird, all[1]);
    CHECK(only_reply(bench).next_offset() == all[2].offset());
  }
  SUBCASE("with whatever another leader begins with") {
    auto again = all[0];
    again.set_term(7);
    bench.deliver(kSecond, again);
    const auto replies = bench.sent<raft::SnapshotReply>(kSecond);
    REQUIRE(replies.size() == 1);
    CHECK(replies.front().next_offset() == all[1].offset());
    REQUIRE(bench.claims<transport::Reached>().size() == 1);
    CHECK(bench.claims<transport::Reached>().front().kind ==
          static_cast<std::uint32_t>(RaftReach::SnapshotResumed));
  }
  for (std::size_t at = 1; at < all.size(); ++at) {
    auto chunk = all[at];
    chunk.set_term(7);
    bench.deliver(kThird, chunk);
  }
  CHECK(only_reply(bench).installed());
  CHECK(bench.number_in("applied") == 4);
}

TEST_CASE("another snapshot does not go on where this one stopped") {
  Bench bench;
  const auto all = chunks();
  bench.deliver(kThird, all[0]);
  auto other = all[1];
  SUBCASE("of another state") { other.set_digest(all[1].digest() + 1); }
  SUBCASE("of another index") { other.set_last_index(5); }
  bench.deliver(kThird, other);
  CHECK(only_reply(bench).next_offset() == 0);
}

TEST_CASE("a late snapshot does not take back what was committed since [§7]") {
  Bench bench;
  bench.deliver(kThird, entries(2, 0, 0, {1, 1, 1, 1, 2, 2}, 6));
  for (const auto& chunk : chunks()) bench.deliver(kThird, chunk);
  CHECK(only_reply(bench).installed());
  CHECK(bench.number_in("applied") == 6);
  CHECK(bench.number_in("snapshot") == 0);
}

TEST_CASE("entries after a snapshot stay if the log agrees with it, and go if not [§7]") {
  Bench bench;
  SUBCASE("it agrees") {
    bench.deliver(kThird, entries(2, 0, 0, {1, 1, 1, 1, 2, 2}));
    for (const auto& chunk : chunks()) bench.deliver(kThird, chunk);
    CHECK(bench.number_in("log last") == 6);
    CHECK(bench.stored_terms() == Terms{2, 2});
  }
  SUBCASE("it does not") {
    bench.deliver(kThird, entries(2, 0, 0, {2, 2, 2, 2, 2, 2}));
    for (const auto& chunk : chunks()) bench.deliver(kThird, chunk);
    CHECK(bench.number_in("log last") == 4);
    CHECK(bench.stored_terms().empty());
  }
}

TEST_CASE("a malformed snapshot is not installed") {
  Bench bench;
  raft::InstallSnapshot chunk;
  chunk.set_term(1);
  chunk.set_last_index(3);
  chunk.set_last_term(1);
  carry(chunk, "\xff\xff");
  bench.deliver(kThird, chunk);
  CHECK_FALSE(only_reply(bench).installed());
  CHECK(bench.number_in("applied") == 0);
}

TEST_CASE("a leader sends each chunk once, and repeats it with a heartbeat") {
  Bench leader = compacted_leader();
  raft::AppendReply empty;
  empty.set_term(2);
  empty.set_prev_index(4);
  empty.set_conflict_index(1);
  leader.deliver(kSecond, empty);
  REQUIRE(leader.sent<raft::InstallSnapshot>(kSecond).size() == 1);
  leader.add(1);
  CHECK(leader.sent<raft::InstallSnapshot>(kSecond).empty());
  leader.fire(Raft::Timer::Heartbeat);
  REQUIRE(leader.sent<raft::InstallSnapshot>(kSecond).size() == 1);
  CHECK(leader.sent<raft::InstallSnapshot>(kSecond).front().offset() == 0);

  raft::SnapshotReply reply;
  reply.set_term(2);
  reply.set_last_index(4);
  reply.set_next_offset(6);
  leader.deliver(kSecond, reply);
  CHECK(leader.sent<raft::InstallSnapshot>(kSecond).size() == 1);
  leader.deliver(kSecond, reply);
  CHECK(leader.sent<raft::InstallSnapshot>(kSecond).empty());

  reply.set_installed(true);
  leader.deliver(kSecond, reply);
  CHECK(leader.number_in("n2 match") == 4);
  REQUIRE(leader.sent<raft::AppendEntries>(kSecond).size() == 1);
  CHECK(leader.sent<raft::AppendEntries>(kSecond).front().prev_index() == 4);
}

}  // namespace
}  // namespace lockstep::consensus::tests
