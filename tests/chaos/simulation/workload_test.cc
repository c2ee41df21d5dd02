#include "chaos/workload.h"

#include <doctest/doctest.h>

#include <map>
#include <set>

#include "chaos/statistics.h"
#include "statemachine/kv.h"
#include "transport/random.h"

using namespace lockstep;
namespace kv = statemachine::kv;

TEST_CASE("clients share the operations and no two write the same value") {
  chaos::WorkloadOptions options;
  options.clients = 3;
  options.operations = 100;
  std::uint64_t total = 0;
  std::set<std::string> values;
  for (std::uint64_t id = 1; id <= options.clients; ++id) {
    chaos::Client client(options, transport::ClientId{id}, 7);
    while (const auto bytes = client.next()) {
      ++total;
      const auto command = kv::parse_command(*bytes);
      REQUIRE(command);
      if (!command->value.empty()) CHECK(values.insert(command->value).second);
    }
  }
  CHECK(total == options.operations);
  CHECK(values.size() > 20);
}

TEST_CASE("a copy of a client goes on as the original does") {
  chaos::WorkloadOptions options;
  chaos::Client client(options, transport::ClientId{1}, 7);
  client.next();
  chaos::Client copy = client;
  for (int at = 0; at < 50; ++at) CHECK(copy.next() == client.next());
}

TEST_CASE("the read share is kept") {
  for (const std::uint32_t share : {0u, 30u, 100u}) {
    chaos::WorkloadOptions options;
    options.clients = 1;
    options.operations = 2000;
    options.read_percent = share;
    chaos::Client client(options, transport::ClientId{1}, 1);
    std::uint64_t reads = 0;
    while (const auto command = client.next()) reads += kv::read_only(*command);
    CHECK(reads * 100 / options.operations <= share + 4);
    CHECK(reads * 100 / options.operations + 4 >= share);
  }
}

TEST_CASE("a skewed table prefers the first keys in proportion to 1/k, an even one none") {
  std::map<std::uint32_t, int> skewed;
  std::map<std::uint32_t, int> even;
  const chaos::KeyTable zipf(4, true);
  const chaos::KeyTable flat(4, false);
  constexpr int kDraws = 25'000;
  for (int draw = 0; draw < kDraws; ++draw) {
    const auto value = transport::draw(1, "test", 0, static_cast<std::uint64_t>(draw));
    ++skewed[zipf.pick(value)];
    ++even[flat.pick(value)];
  }
  // Weights 1, 1/2, 1/3, 1/4 of 25/12.
  CHECK(skewed[0] == doctest::Approx(12'000).epsilon(0.05));
  CHECK(skewed[3] == doctest::Approx(3'000).epsilon(0.1));
  CHECK(even[0] == doctest::Approx(6'250).epsilon(0.05));
}

TEST_CASE("latencies, gaps and open operations are what the history says") {
  using namespace std::chrono_literals;
  const auto* machine = statemachine::find_machine("kv");
  chaos::HistoryRecorder recorder(*machine);
  const auto ns = [](std::chrono::nanoseconds at) { return at.count(); };
  const auto first = recorder.invoke(1, kv::get("a"), ns(0ms));
  recorder.complete(first, std::nullopt, ns(10ms));
  const auto second = recorder.invoke(1, kv::get("a"), ns(500ms));
  recorder.complete(second, std::nullopt, ns(530ms));
  recorder.invoke(2, kv::get("a"), ns(540ms));
  const auto seen =
      chaos::statistics_of(recorder.history(), {}, transport::Time{std::chrono::milliseconds(600)});
  CHECK(seen.completed == 2);
  CHECK(seen.indeterminate == 1);
  CHECK(seen.latency_p50 == 10ms);
  CHECK(seen.latency_p99 == 30ms);
  CHECK(seen.longest_gap == 520ms);
  CHECK(seen.unavailable == 520ms);
  CHECK(seen.operations_per_second() == 3);
}
