// What changes with the epoch, and how servers leave and join: OSDI'04 §3.1.
#include <doctest/doctest.h>

#include "statemachine/kv.h"
#include "statemachine/sessions.h"
#include "tests/consensus/chain/bench.h"

namespace lockstep::consensus::tests {
namespace {

constexpr NodeId kFourth{4};

chain::Configuration with_joiner(chain::Configuration configuration, NodeId joiner) {
  configuration.joining = chain::Configuration::Place{joiner, configuration.epoch};
  return configuration;
}

}  // namespace

TEST_CASE("before there is a chain, a server asks for that of the founders") {
  ChainBench bench;
  bench.fire(Chain::Timer::Tick);
  REQUIRE(bench.wish().has_value());
  CHECK(bench.wish()->found().node_size() == 3);
}

TEST_CASE("in a new epoch all that is not acknowledged goes to the successor, whoever it is") {
  ChainBench bench;
  bench.master_says(chain_of(1, {kSelf, kSecond, kThird}));
  bench.put(1);
  bench.master_says(chain_of(2, {kSelf, kThird}));
  REQUIRE(bench.sent<chain::Update>(kThird).size() == 1);
  CHECK(bench.sent<chain::Update>(kThird)[0].entries_size() == 1);
  CHECK(bench.sent<chain::Update>(kThird)[0].epoch() == 2);
}

TEST_CASE("whoever becomes the tail commits what it has, but not before its predecessor is there") {
  ChainBench bench;
  bench.master_says(chain_of(1, {kSecond, kSelf, kThird}));
  bench.deliver(kSecond, updates(1, 0, {1}));
  bench.master_says(chain_of(2, {kSecond, kSelf}));
  bench.become_durable();
  CHECK(bench.committed() == 0);
  bench.deliver(kSecond, updates(2, 1, {}));
  CHECK(bench.committed() == 1);
  CHECK(bench.status() == Reply::OK);
}

TEST_CASE("a silent neighbour is suspected, by a server with a lease only") {
  ChainBench bench;
  bench.master_says(chain_of(1, {kSelf, kSecond}));
  bench.fire(Chain::Timer::Tick);
  bench.pass(1s);
  for (int tick = 0; tick < 20; ++tick) bench.fire(Chain::Timer::Tick);
  CHECK_FALSE(bench.wish().has_value());
  for (int tick = 0; tick < 8; ++tick) bench.master_says(chain_of(1, {kSelf, kSecond}));
  bench.fire(Chain::Timer::Tick);
  REQUIRE(bench.wish().has_value());
  CHECK(bench.wish()->has_suspect());
  CHECK(bench.wish()->node() == number(kSecond));
}

TEST_CASE("a suspected server is removed when its lease is over, and not before") {
  ChainBench bench;
  auto configuration = chain_of(1, {kSelf, kSecond});
  configuration.suspected = {kSecond};
  bench.master_says(configuration);
  CHECK(bench.has_set(Chain::Timer::LeaseOver));
  CHECK_FALSE(bench.wish().has_value());
  bench.fire(Chain::Timer::LeaseOver, number(kSecond));
  REQUIRE(bench.wish().has_value());
  CHECK(bench.wish()->has_remove());
}

TEST_CASE("who is removed asks to join, and drops its pending updates when it may") {
  ChainBench bench;
  bench.master_says(chain_of(1, {kSelf, kSecond}));
  bench.put(1);
  bench.master_says(chain_of(2, {kSecond}));
  bench.fire(Chain::Timer::Tick);
  REQUIRE(bench.wish().has_value());
  CHECK(bench.wish()->has_join());
  CHECK(bench.last() == 1);
  bench.master_says(with_joiner(chain_of(3, {kSecond}), kSelf));
  CHECK(bench.last() == 0);
}

TEST_CASE("a restart in between changes nothing for a member") {
  ChainBench bench;
  bench.master_says(chain_of(1, {kSelf, kSecond}));
  bench.put(1);
  bench.restart();
  bench.master_says(chain_of(2, {kSelf, kThird}));
  CHECK(bench.last() == 1);
}

TEST_CASE("a joining server gets the state where updates are gone, then the updates") {
  auto options = craq_options();
  options.snapshot_every = 1;
  ChainBench tail(options);
  tail.master_says(chain_of(1, {kSelf}));
  tail.put(1);
  tail.become_durable();
  CHECK(tail.committed() == 1);
  tail.master_says(with_joiner(chain_of(2, {kSelf}), kFourth));
  auto missing = update_ack(2, 0, 0);
  missing.set_is_missing(true);
  tail.deliver(kFourth, missing);
  REQUIRE(tail.sent<chain::State>(kFourth).size() == 1);

  ChainBench joiner(options);
  joiner.master_says(with_joiner(chain_of(2, {kThird}), kSelf));
  auto state = tail.sent<chain::State>(kFourth)[0];
  joiner.deliver(kThird, state);
  CHECK(joiner.last() == 1);
  CHECK(joiner.claims<transport::Installed>().size() == 1);
  state.set_index(5);
  state.set_machine("\xff");
  joiner.deliver(kThird, state);
  CHECK(joiner.last() == 1);
}

TEST_CASE("once the joining server has nearly all, nothing is committed without it") {
  ChainBench bench;
  bench.master_says(with_joiner(chain_of(2, {kSelf}), kFourth));
  bench.become_durable();
  bench.deliver(kFourth, update_ack(2, 0, 0));
  REQUIRE(bench.wish().has_value());
  CHECK(bench.wish()->has_extend());
  bench.put(1);
  bench.become_durable();
  CHECK(bench.committed() == 0);
  bench.deliver(kFourth, update_ack(2, 0, 1));
  CHECK(bench.committed() == 1);
}

}  // namespace lockstep::consensus::tests
