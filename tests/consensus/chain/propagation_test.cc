// Updates down the chain, acknowledgements back: OSDI'04 §3.1, §3.2.
#include <doctest/doctest.h>

#include "tests/consensus/chain/bench.h"

namespace lockstep::consensus::tests {

TEST_CASE("the head takes an update up and passes it on; nobody hears of it yet") {
  ChainBench bench;
  bench.master_says(chain_of(1, {kSelf, kSecond, kThird}));
  bench.put(1);
  CHECK(bench.last() == 1);
  CHECK(bench.committed() == 0);
  REQUIRE(bench.sent<chain::Update>(kSecond).size() == 1);
  CHECK(bench.sent<chain::Update>(kSecond)[0].entries_size() == 1);
  CHECK(bench.replies().empty());
}

TEST_CASE("who is not the head sends writers to it") {
  ChainBench bench;
  bench.put(1);
  CHECK(bench.status() == Reply::UNAVAILABLE);
  bench.master_says(chain_of(1, {kSecond, kSelf, kThird}));
  bench.put(2);
  CHECK(bench.status() == Reply::REDIRECT);
  CHECK(bench.replies()[0].redirect() == number(kSecond));
}

TEST_CASE("a server in the middle passes updates on and answers when the tail has them") {
  ChainBench bench;
  bench.master_says(chain_of(1, {kSecond, kSelf, kThird}));
  bench.deliver(kSecond, updates(1, 0, {1, 1}));
  CHECK(bench.sent<chain::Update>(kThird)[0].entries_size() == 2);
  CHECK(bench.sent<chain::UpdateAck>(kSecond).empty());
  bench.deliver(kThird, update_ack(1, 1, 2));
  CHECK(bench.committed() == 1);
  REQUIRE(bench.sent<chain::UpdateAck>(kSecond).size() == 1);
  CHECK(bench.sent<chain::UpdateAck>(kSecond)[0].committed() == 1);
  CHECK(bench.replies().empty());
}

TEST_CASE("the tail commits, answers and acknowledges once its own write is durable") {
  ChainBench bench;
  bench.master_says(chain_of(1, {kSecond, kThird, kSelf}));
  bench.deliver(kThird, updates(1, 0, {1}));
  CHECK(bench.committed() == 0);
  bench.become_durable();
  CHECK(bench.committed() == 1);
  CHECK(bench.status() == Reply::OK);
  CHECK(bench.sent<chain::UpdateAck>(kThird)[0].committed() == 1);
}

TEST_CASE("updates with a gap before them are not taken, and the predecessor hears of it") {
  ChainBench bench;
  bench.master_says(chain_of(1, {kSecond, kSelf, kThird}));
  bench.deliver(kSecond, updates(1, 3, {1}));
  CHECK(bench.last() == 0);
  CHECK(bench.sent<chain::UpdateAck>(kSecond)[0].is_missing());
}

TEST_CASE("updates that come again are the same, and what follows them is taken") {
  ChainBench bench;
  bench.master_says(chain_of(1, {kSecond, kSelf, kThird}));
  bench.deliver(kSecond, updates(1, 0, {1, 1}));
  bench.deliver(kSecond, updates(1, 0, {1, 1, 1}));
  CHECK(bench.last() == 3);
  CHECK(bench.sent<chain::Update>(kThird)[0].previous() == 2);
}

TEST_CASE("updates of another epoch, or not from the predecessor, are not taken") {
  ChainBench bench;
  bench.master_says(chain_of(4, {kSecond, kSelf, kThird}));
  for (const std::uint64_t epoch : {3, 5}) bench.deliver(kSecond, updates(epoch, 0, {1}));
  bench.deliver(kThird, updates(4, 0, {1}));
  CHECK(bench.last() == 0);
  bench.deliver(kSecond, updates(4, 0, {1}));
  CHECK(bench.last() == 1);
}

TEST_CASE("a successor that misses updates gets them again, at once but once") {
  ChainBench bench;
  bench.master_says(chain_of(1, {kSelf, kSecond, kThird}));
  for (std::uint64_t sequence = 1; sequence <= 3; ++sequence) bench.put(sequence);
  auto missing = update_ack(1, 0, 1);
  missing.set_is_missing(true);
  bench.deliver(kSecond, missing);
  REQUIRE(bench.sent<chain::Update>(kSecond).size() == 1);
  CHECK(bench.sent<chain::Update>(kSecond)[0].previous() == 1);
  CHECK(bench.sent<chain::Update>(kSecond)[0].entries_size() == 2);
  bench.deliver(kSecond, missing);
  CHECK(bench.sent<chain::Update>(kSecond).empty());
}

TEST_CASE("what the successor does not say it has is sent again at the second tick") {
  ChainBench bench;
  bench.master_says(chain_of(1, {kSelf, kSecond, kThird}));
  bench.put(1);
  bench.fire(Chain::Timer::Tick);
  CHECK(bench.sent<chain::Update>(kSecond)[0].entries().empty());
  bench.fire(Chain::Timer::Tick);
  CHECK(bench.sent<chain::Update>(kSecond)[0].entries_size() == 1);
}

TEST_CASE("a full window sends writers away") {
  auto options = craq_options();
  options.window = 2;
  ChainBench bench(options);
  bench.master_says(chain_of(1, {kSelf, kSecond}));
  for (std::uint64_t sequence = 1; sequence <= 2; ++sequence) bench.put(sequence);
  CHECK(bench.replies().empty());
  bench.put(3);
  CHECK(bench.status() == Reply::UNAVAILABLE);
}

TEST_CASE("a restart keeps the history and what is known to be committed, snapshots included") {
  auto options = craq_options();
  options.snapshot_every = 2;
  ChainBench bench(options);
  bench.master_says(chain_of(1, {kSelf, kSecond}));
  for (std::uint64_t sequence = 1; sequence <= 3; ++sequence) bench.put(sequence);
  bench.deliver(kSecond, update_ack(1, 2, 3));
  bench.put(4);
  bench.restart();
  CHECK(bench.number_in("history first") == 3);
  CHECK(bench.last() == 4);
  CHECK(bench.committed() == 2);
}

}  // namespace lockstep::consensus::tests
