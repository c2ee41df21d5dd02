// Queries: OSDI'04 §3; CRAQ §2.3, §2.4.
#include <doctest/doctest.h>

#include "tests/consensus/chain/bench.h"

namespace lockstep::consensus::tests {
namespace {

using chain::ReadOptions;

/// A settled server in the middle of a chain of three, with one pending update of "k".
ChainBench middle_with_pending() {
  ChainBench bench;
  bench.master_says(chain_of(1, {kSecond, kSelf, kThird}));
  bench.deliver(kSecond, updates(1, 0, {1}));
  return bench;
}

chain::VersionReply version(std::uint64_t read, std::uint64_t committed) {
  chain::VersionReply reply;
  reply.set_epoch(1);
  reply.set_read(read);
  reply.set_committed(committed);
  return reply;
}

}  // namespace

TEST_CASE("a plain chain sends readers to its tail") {
  ChainBench bench(chain_options());
  bench.master_says(chain_of(1, {kSelf, kSecond}));
  bench.get(1);
  CHECK(bench.status() == Reply::REDIRECT);
  bench.get(2, "k", ReadOptions::ANY);
  CHECK(bench.status() == Reply::REJECTED);
}

TEST_CASE("a tail answers within its lease only") {
  ChainBench bench(chain_options());
  bench.master_says(chain_of(1, {kSelf}));
  bench.pass(299ms);
  bench.get(1);
  CHECK(bench.status() == Reply::OK);
  bench.pass(1ms);
  bench.get(2);
  CHECK(bench.status() == Reply::UNAVAILABLE);
}

TEST_CASE("a server that the master calls suspected gets no lease") {
  ChainBench bench(chain_options());
  auto configuration = chain_of(1, {kSecond, kSelf});
  configuration.suspected = {kSelf};
  bench.master_says(configuration);
  bench.deliver(kSecond, updates(1, 0, {}));
  bench.get(1);
  CHECK(bench.status() == Reply::UNAVAILABLE);
}

TEST_CASE("a clean object is answered by any server at once, a dirty one after a question") {
  auto bench = middle_with_pending();
  bench.get(1, "other");
  CHECK(bench.status() == Reply::OK);
  bench.get(2, "k");
  CHECK_FALSE(bench.status().has_value());
  const auto queries = bench.sent<chain::VersionQuery>(kThird);
  REQUIRE(queries.size() == 1);
  bench.deliver(kThird, version(queries[0].read(), 1));
  CHECK(bench.status() == Reply::OK);
  CHECK(bench.committed() == 1);
  bench.get(3, "k");
  CHECK(bench.status() == Reply::OK);
}

TEST_CASE(
    "an answer from another server than the tail, or to an old question, counts for nothing") {
  auto bench = middle_with_pending();
  bench.get(1, "k");
  const auto read = bench.sent<chain::VersionQuery>(kThird)[0].read();
  bench.deliver(kSecond, version(read, 1));
  CHECK(bench.committed() == 0);
  bench.deliver(kThird, version(read + 1, 1));
  CHECK(bench.committed() == 0);
}

TEST_CASE("only a tail with a lease answers for the version") {
  ChainBench bench;
  bench.master_says(chain_of(1, {kSelf}));
  chain::VersionQuery query;
  query.set_epoch(1);
  bench.deliver(kSecond, query);
  CHECK(bench.sent<chain::VersionReply>(kSecond).size() == 1);
  query.set_epoch(2);
  bench.deliver(kSecond, query);
  CHECK(bench.sent<chain::VersionReply>(kSecond).empty());
  query.set_epoch(1);
  bench.pass(1s);
  bench.deliver(kSecond, query);
  CHECK(bench.sent<chain::VersionReply>(kSecond).empty());
}

TEST_CASE("a bounded read takes a version that is dirty for a short while only") {
  auto bench = middle_with_pending();
  bench.pass(20ms);
  bench.get(1, "k", ReadOptions::ANY_BOUNDED, 20'000);
  CHECK(bench.status() == Reply::OK);
  bench.pass(1ms);
  bench.get(2, "k", ReadOptions::ANY_BOUNDED, 20'000);
  CHECK(bench.sent<chain::VersionQuery>(kThird).size() == 1);
}

TEST_CASE("an eventual read needs neither lease nor chain") {
  ChainBench bench;
  bench.get(1, "k", ReadOptions::ANY_EVENTUAL);
  CHECK(bench.status() == Reply::OK);
}

TEST_CASE("malformed options are refused") {
  ChainBench bench;
  Request asked;
  asked.set_read_only(true);
  asked.set_command("x");
  asked.set_options("\xff");
  bench.request(asked);
  CHECK(bench.status() == Reply::REJECTED);
}

}  // namespace lockstep::consensus::tests
