// What a server finds on its disk after a crash, in order and out of order.
#include <doctest/doctest.h>

#include "tests/consensus/raft/bench.h"

namespace lockstep::consensus::tests {
namespace {

using Terms = std::vector<std::uint64_t>;

TEST_CASE("term and log survive a restart; commit index and role do not [Figure 2]") {
  Bench bench;
  bench.lead();
  bench.become_durable();
  bench.deliver(kSecond, accepted(1, 1));
  REQUIRE(bench.number_in("commit") == 1);
  bench.restart();
  CHECK(bench.field("role") == "follower");
  CHECK(bench.term() == 1);
  CHECK(bench.field("voted for") == "n1");
  CHECK(bench.number_in("log last") == 1);
  CHECK(bench.number_in("commit") == 0);
  CHECK(bench.has_set(Raft::Timer::Election));
}

TEST_CASE("what is written later goes on where the log ended") {
  Bench bench;
  bench.deliver(kSecond, entries(2, 0, 0, {1, 2, 2}));
  bench.restart();
  CHECK(bench.claims<transport::Appended>().size() == 3);
  bench.deliver(kSecond, entries(2, 3, 2, {2}, 4));
  CHECK(bench.stored_terms() == Terms{1, 2, 2, 2});
  CHECK(bench.number_in("applied") == 4);
}

TEST_CASE("removed entries do not come back with a restart") {
  Bench bench;
  bench.deliver(kSecond, entries(2, 0, 0, {1, 2, 2, 2}));
  bench.deliver(kThird, entries(3, 1, 1, {3}));
  bench.restart();
  CHECK(bench.number_in("log last") == 2);
  CHECK(bench.number_in("log last term") == 3);
}

TEST_CASE("a disk that broke its word leaves a shorter log, not a crash") {
  Bench bench;
  bench.deliver(kSecond, entries(2, 0, 0, {1, 2, 2, 2}));
  const std::string third = transport::numbered_key("log/", 3);
  REQUIRE(bench.world.image.contains(third));
  SUBCASE("malformed entry") { bench.world.image[third] = "\xff\xff"; }
  SUBCASE("missing entry") { bench.world.image.erase(third); }
  SUBCASE("term that goes back") {
    bench.world.image[third] = bench.world.image[transport::numbered_key("log/", 1)];
  }
  SUBCASE("foreign key") {
    bench.world.image["log/"] = "x";
    bench.world.image.erase(third);
  }
  bench.restart();
  CHECK(bench.number_in("log last") == 2);
  CHECK(bench.stored_terms() == Terms{1, 2});
}

TEST_CASE("a malformed term record counts as none, and the log's term still holds") {
  Bench bench;
  bench.deliver(kSecond, entries(2, 0, 0, {1, 2}));
  bench.world.image["term"] = "\xff";
  bench.restart();
  CHECK(bench.term() == 2);
}

TEST_CASE("a malformed snapshot leaves an empty node") {
  Raft::Options options = counter_options();
  options.snapshot_every = 2;
  Bench bench(options);
  bench.deliver(kSecond, entries(1, 0, 0, {1, 1, 1}, 2));
  REQUIRE(bench.number_in("snapshot") == 2);
  SUBCASE("record") { bench.world.image["snapshot"] = "\xff"; }
  SUBCASE("state") { bench.world.image["snapshot/state"] = "\xff"; }
  SUBCASE("state missing") { bench.world.image.erase("snapshot/state"); }
  bench.restart();
  CHECK(bench.number_in("log last") == 0);
  CHECK(bench.stored_terms().empty());
}

}  // namespace
}  // namespace lockstep::consensus::tests
