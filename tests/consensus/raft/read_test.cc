// Reads that pass the log by: dissertation §6.4.
#include <doctest/doctest.h>

#include "tests/consensus/raft/bench.h"

namespace lockstep::consensus::tests {
namespace {

using Level = raft::ReadOptions::Level;

/// A read of client 8.
void read(Bench& bench, std::uint64_t sequence, Level level) {
  raft::ReadOptions options;
  options.set_level(level);
  Request request;
  request.set_client(8);
  request.set_sequence(sequence);
  request.set_read_only(true);
  request.set_command(statemachine::counter::read());
  request.set_options(options.SerializeAsString());
  bench.request(request);
}

Raft::Options with_lease() {
  Raft::Options options = careful_options();
  options.pre_vote = false;
  options.lease = true;
  return options;
}

/// A leader of term 1 whose first entry is committed, with round 1 confirmed.
Bench leading(Raft::Options options = counter_options()) {
  Bench bench(std::move(options));
  bench.lead();
  bench.become_durable();
  bench.deliver(kSecond, accepted(1, 1, 1));
  REQUIRE(bench.number_in("commit") == 1);
  REQUIRE(bench.number_in("confirmed round") == 1);
  return bench;
}

bool is_served(const Bench& bench, std::uint64_t sequence) {
  const auto replies = bench.replies();
  return std::any_of(replies.begin(), replies.end(), [&](const Reply& reply) {
    return reply.sequence() == sequence && reply.status() == Reply::OK;
  });
}

Reply::Status only_status(const Bench& bench) {
  REQUIRE(bench.replies().size() == 1);
  return bench.replies().front().status();
}

TEST_CASE("a read index waits for a round that began after it [dissertation §6.4]") {
  Bench bench = leading();
  read(bench, 1, raft::ReadOptions::READ_INDEX);
  CHECK(bench.replies().empty());
  REQUIRE(bench.sent<raft::AppendEntries>(kSecond).size() == 1);
  CHECK(bench.sent<raft::AppendEntries>(kSecond).front().round() == 2);
  SUBCASE("an answer to the round before says nothing") {
    bench.deliver(kSecond, accepted(1, 1, 1));
    CHECK_FALSE(is_served(bench, 1));
  }
  SUBCASE("an answer to its round does") {
    bench.deliver(kThird, accepted(1, 0, 2));
    CHECK(is_served(bench, 1));
    REQUIRE(bench.claims<transport::Served>().size() == 1);
    CHECK(bench.claims<transport::Served>().front().index == 1);
    CHECK(bench.claims<transport::Served>().front().level == raft::ReadOptions::READ_INDEX);
    bench.deliver(kThird, accepted(1, 0, 2));
    CHECK(bench.replies().empty());
  }
  SUBCASE("so does a rejection in this term") {
    raft::AppendReply rejected;
    rejected.set_term(1);
    rejected.set_round(2);
    bench.deliver(kThird, rejected);
    CHECK(is_served(bench, 1));
  }
  SUBCASE("a read that comes during the round waits for the next") {
    read(bench, 2, raft::ReadOptions::READ_INDEX);
    CHECK(bench.sent<raft::AppendEntries>(kSecond).empty());
    bench.deliver(kSecond, accepted(1, 1, 2));
    CHECK(is_served(bench, 1));
    CHECK_FALSE(is_served(bench, 2));
    REQUIRE(bench.sent<raft::AppendEntries>(kSecond).size() == 1);
    CHECK(bench.sent<raft::AppendEntries>(kSecond).front().round() == 3);
    bench.deliver(kSecond, accepted(1, 1, 3));
    CHECK(is_served(bench, 2));
  }
  SUBCASE("a leader that is deposed sends its readers away") {
    bench.deliver(kThird, entries(2, 0, 0, {}));
    CHECK(only_status(bench) == Reply::UNAVAILABLE);
  }
}

TEST_CASE("a read index waits for the first commit of the term [dissertation §6.4]") {
  Raft::Options options = counter_options();
  SUBCASE("with a no-op at the election") {}
  SUBCASE("with one that the read asks for") { options.noop_on_election = false; }
  Bench bench(options);
  bench.lead();
  Effects written = bench.world.effects;
  read(bench, 1, raft::ReadOptions::READ_INDEX);
  if (!options.noop_on_election) written = bench.world.effects;
  CHECK(bench.number_in("log last") == 1);
  for (std::uint64_t round = 1; round <= 3; ++round) {
    bench.deliver(kSecond, accepted(1, 1, round));
    CHECK_FALSE(is_served(bench, 1));
  }
  bench.world.effects = written;
  bench.become_durable();
  CHECK(bench.number_in("commit") == 1);
  CHECK(is_served(bench, 1));
}

TEST_CASE(
    "a lease answers at once, and ends before voters may elect another [dissertation §6.4.1]") {
  Bench bench = leading(with_lease());
  const auto low = with_lease().election_timeout.low;
  SUBCASE("valid") {
    bench.world.now += low * 90 / 100 - 1ns;
    read(bench, 1, raft::ReadOptions::LEASE);
    CHECK(is_served(bench, 1));
    CHECK(bench.claims<transport::Served>().front().level == raft::ReadOptions::LEASE);
  }
  SUBCASE("over: it asks a quorum") {
    bench.world.now += low * 90 / 100;
    read(bench, 1, raft::ReadOptions::LEASE);
    CHECK(bench.replies().empty());
    bench.deliver(kSecond, accepted(1, 1, 2));
    CHECK(is_served(bench, 1));
    CHECK(bench.claims<transport::Served>().front().level == raft::ReadOptions::READ_INDEX);
  }
  SUBCASE("renewed from when the round began, not from when it was answered") {
    bench.fire(Raft::Timer::Heartbeat);
    bench.world.now += low * 80 / 100;
    bench.deliver(kSecond, accepted(1, 1, 2));
    bench.world.now += low * 10 / 100;
    read(bench, 1, raft::ReadOptions::LEASE);
    CHECK(bench.replies().empty());
  }
  SUBCASE("given up for the rest of the term by a transfer [dissertation §3.10]") {
    Request request;
    request.mutable_admin()->set_transfer(2);
    bench.request(request);
    REQUIRE(bench.sent<raft::TimeoutNow>(kSecond).size() == 1);
    bench.fire(Raft::Timer::Transfer);
    bench.fire(Raft::Timer::Heartbeat);
    bench.deliver(kSecond, accepted(1, 1, 2));
    read(bench, 1, raft::ReadOptions::LEASE);
    CHECK(bench.replies().empty());
  }
}

TEST_CASE("without a commit in the term there is no lease") {
  Bench bench(with_lease());
  bench.lead();
  bench.deliver(kSecond, accepted(1, 1, 1));
  REQUIRE(bench.number_in("confirmed round") == 1);
  read(bench, 1, raft::ReadOptions::LEASE);
  CHECK(bench.replies().empty());
}

TEST_CASE("without the option there is no lease") {
  Bench bench = leading();
  read(bench, 1, raft::ReadOptions::LEASE);
  CHECK(bench.replies().empty());
}

TEST_CASE("a follower asks its leader for a read index and answers itself [dissertation §6.4]") {
  Bench bench;
  bench.deliver(kThird, entries(1, 0, 0, {1, 1}, 1));
  read(bench, 1, raft::ReadOptions::FOLLOWER);
  REQUIRE(bench.sent<raft::ReadIndex>(kThird).size() == 1);
  const std::uint64_t number = bench.sent<raft::ReadIndex>(kThird).front().read();
  raft::ReadIndexReply reply;
  reply.set_term(1);
  reply.set_read(number);
  reply.set_index(2);
  SUBCASE("once it has applied that far") {
    bench.deliver(kThird, reply);
    CHECK(bench.replies().empty());
    bench.deliver(kThird, entries(1, 2, 1, {}, 2));
    CHECK(is_served(bench, 1));
    CHECK(bench.claims<transport::Served>().front().index == 2);
    bench.deliver(kThird, reply);
    CHECK(bench.replies().empty());
  }
  SUBCASE("an answer to another read says nothing") {
    reply.set_read(number + 1);
    reply.set_index(1);
    bench.deliver(kThird, reply);
    CHECK(bench.replies().empty());
  }
  SUBCASE("nor does one to the life before") {
    bench.restart();
    bench.deliver(kThird, entries(1, 2, 1, {}, 1));
    read(bench, 2, raft::ReadOptions::FOLLOWER);
    CHECK(bench.sent<raft::ReadIndex>(kThird).front().read() != number);
    reply.set_index(1);
    bench.deliver(kThird, reply);
    CHECK(bench.replies().empty());
  }
  SUBCASE("a new term sends its readers away") {
    bench.deliver(kSecond, entries(2, 2, 1, {}));
    CHECK(only_status(bench) == Reply::UNAVAILABLE);
    bench.deliver(kThird, reply);
    CHECK(bench.replies().empty());
  }
}

TEST_CASE("a leader answers followers with an index that counts its own term") {
  Bench bench(counter_options());
  bench.lead();
  raft::ReadIndex question;
  question.set_term(1);
  question.set_read(5);
  bench.deliver(kThird, question);
  bench.deliver(kSecond, accepted(1, 0, 1));
  REQUIRE(bench.sent<raft::ReadIndexReply>(kThird).empty());
  bench.deliver(kSecond, accepted(1, 0, 2));
  REQUIRE(bench.sent<raft::ReadIndexReply>(kThird).size() == 1);
  CHECK(bench.sent<raft::ReadIndexReply>(kThird).front().read() == 5);
  CHECK(bench.sent<raft::ReadIndexReply>(kThird).front().index() == 1);
}

TEST_CASE("who cannot answer a read says whom to ask") {
  Bench bench;
  read(bench, 1, raft::ReadOptions::FOLLOWER);
  CHECK(only_status(bench) == Reply::UNAVAILABLE);
  bench.deliver(kThird, entries(1, 0, 0, {}));
  for (const Level level :
       {raft::ReadOptions::READ_INDEX, raft::ReadOptions::LEASE, raft::ReadOptions::LOG}) {
    read(bench, 2, level);
    CHECK(only_status(bench) == Reply::REDIRECT);
    CHECK(bench.replies().front().redirect() == 3);
  }
}

TEST_CASE("a local read shows what is applied, whoever leads") {
  Bench bench;
  bench.deliver(kThird, entries(1, 0, 0, {1, 1}, 1));
  read(bench, 1, raft::ReadOptions::LOCAL);
  CHECK(is_served(bench, 1));
  CHECK(statemachine::counter::parse_result(bench.replies().front().result())->value == 1);
  CHECK(bench.claims<transport::Served>().front().index == 1);
}

TEST_CASE("reads with malformed options, and commands that are no reads, are rejected") {
  Bench bench = leading();
  Request request;
  request.set_read_only(true);
  SUBCASE("options") {
    request.set_command(statemachine::counter::read());
    request.set_options("\xff");
  }
  SUBCASE("level") {
    request.set_command(statemachine::counter::read());
    request.set_options("\x08\x63");
  }
  SUBCASE("command") {
    request.set_command(statemachine::counter::add(1));
    raft::ReadOptions options;
    options.set_level(raft::ReadOptions::LOCAL);
    request.set_options(options.SerializeAsString());
  }
  bench.request(request);
  CHECK(only_status(bench) == Reply::REJECTED);
}

}  // namespace
}  // namespace lockstep::consensus::tests
