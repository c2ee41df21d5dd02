// Changes of who takes part: dissertation chapter 4.
#include <doctest/doctest.h>

#include <optional>

#include "tests/consensus/raft/bench.h"

namespace lockstep::consensus::tests {
namespace {

constexpr NodeId kFourth{4};

/// An operator, client 9, asks for a change.
template <class Fill>
void ask(Bench& bench, const Fill& fill) {
  Request request;
  request.set_client(9);
  request.set_sequence(1);
  fill(*request.mutable_admin());
  bench.request(request);
}

void ask_to_add(Bench& bench, std::uint32_t node) {
  ask(bench, [&](transport::Admin& admin) { admin.set_add(node); });
}

void ask_to_remove(Bench& bench, std::uint32_t node) {
  ask(bench, [&](transport::Admin& admin) { admin.set_remove(node); });
}

/// A leader of term 1 whose first entry is committed and stands on n2.
Bench leading(Raft::Options options = counter_options(), std::uint32_t nodes = 3) {
  Bench bench(std::move(options), nodes);
  bench.lead();
  if (nodes > 3) bench.deliver(kThird, vote(1));
  bench.become_durable();
  bench.deliver(kSecond, accepted(1, 1, 1));
  if (nodes > 3) bench.deliver(kThird, accepted(1, 1, 1));
  REQUIRE(bench.number_in("commit") == 1);
  return bench;
}

Raft::Options joint() {
  Raft::Options options = counter_options();
  options.joint_consensus = true;
  return options;
}

/// n2, or who is named, acknowledges the leader's whole log, after the leader itself.
void acknowledge(Bench& bench, std::initializer_list<NodeId> nodes = {kSecond}) {
  const std::uint64_t last = bench.number_in("log last");
  bench.deliver(kSelf, accepted(1, last));
  for (const NodeId node : nodes) bench.deliver(node, accepted(1, last));
}

std::optional<Reply::Status> status(const Bench& bench) {
  const auto replies = bench.replies();
  if (replies.empty()) return std::nullopt;
  return replies.front().status();
}

std::string configuration(const Bench& bench) { return bench.field("configuration"); }

TEST_CASE("a new voter learns the log before it votes [dissertation §4.2.1]") {
  Raft::Options options = counter_options();
  options.max_batch = 1;
  Bench bench = leading(options);
  for (std::uint64_t sequence = 1; sequence <= 4; ++sequence) bench.add(sequence);
  acknowledge(bench);
  ask_to_add(bench, 4);
  CHECK(configuration(bench) == "n1 n2 n3, learning n4");
  bench.fire(Raft::Timer::Heartbeat);
  CHECK(bench.sent<raft::AppendEntries>(kFourth).size() == 1);
  acknowledge(bench);
  CHECK(bench.number_in("commit") == 6);
  CHECK(configuration(bench) == "n1 n2 n3, learning n4");
  bench.deliver(kFourth, accepted(1, 3));
  CHECK(configuration(bench) == "n1 n2 n3, learning n4");
  bench.deliver(kFourth, accepted(1, 5));
  CHECK(configuration(bench) == "n1 n2 n3 n4");
  REQUIRE(bench.claims<transport::Configured>().size() == 1);
  CHECK(bench.claims<transport::Configured>().front().index == 7);
  CHECK(bench.claims<transport::Configured>().front().voters == 0b11110);
  SUBCASE("it is done once that is committed by three of four") {
    acknowledge(bench);
    CHECK(bench.number_in("commit") == 6);
    bench.deliver(kThird, accepted(1, 7));
    CHECK(bench.number_in("commit") == 7);
    CHECK(status(bench) == Reply::OK);
  }
  SUBCASE("a learner's copy does not count before") {
    Bench other = leading(options);
    ask(other, [](transport::Admin& admin) { admin.set_learner(4); });
    REQUIRE(configuration(other) == "n1 n2 n3, learning n4");
    acknowledge(other, {kFourth});
    CHECK(other.number_in("commit") == 1);
    acknowledge(other);
    CHECK(other.number_in("commit") == 2);
    CHECK(status(other) == Reply::OK);
  }
}

TEST_CASE("a newcomer that does not catch up stays a learner, and the operator hears of it") {
  Raft::Options options = counter_options();
  options.max_batch = 1;
  Bench bench = leading(options);
  bench.add(1);
  bench.add(2);
  acknowledge(bench);
  ask_to_add(bench, 4);
  acknowledge(bench);
  bench.fire(Raft::Timer::CatchUp);
  CHECK(status(bench) == Reply::UNAVAILABLE);
  CHECK(configuration(bench) == "n1 n2 n3, learning n4");
  bench.deliver(kFourth, accepted(1, bench.number_in("log last")));
  CHECK(configuration(bench) == "n1 n2 n3, learning n4");
}

TEST_CASE("a server is removed, and gets the log until that is committed [dissertation §4.1]") {
  Bench bench = leading();
  ask_to_remove(bench, 3);
  CHECK(configuration(bench) == "n1 n2");
  bench.deliver(kThird, accepted(1, 1));
  CHECK(bench.sent<raft::AppendEntries>(kThird).size() == 1);
  bench.deliver(kThird, accepted(1, 2));
  CHECK(bench.number_in("commit") == 1);  // It does not count any more.
  acknowledge(bench);
  CHECK(bench.number_in("commit") == 2);
  CHECK(status(bench) == Reply::OK);
  bench.add(1);
  CHECK(bench.sent<raft::AppendEntries>(kThird).empty());
}

TEST_CASE("a leader that is removed goes once that is committed [dissertation §4.2.2]") {
  Bench bench = leading();
  ask_to_remove(bench, 1);
  CHECK(configuration(bench) == "n2 n3");
  CHECK(bench.field("role") == "leader");
  acknowledge(bench);
  CHECK(bench.number_in("commit") == 1);  // It does not count itself.
  bench.deliver(kThird, accepted(1, 2));
  CHECK(bench.number_in("commit") == 2);
  CHECK(status(bench) == Reply::OK);
  CHECK(bench.field("role") == "follower");
  CHECK(bench.sent<raft::TimeoutNow>(kSecond).size() == 1);
  bench.fire(Raft::Timer::Election);
  CHECK(bench.field("role") == "follower");
}

TEST_CASE("who is left out may still be needed until that is committed [dissertation §4.2.2]") {
  raft::AppendEntries append = entries(1, 0, 0, {1, 1});
  append.mutable_entries(1)->clear_command();
  append.mutable_entries(1)->mutable_members()->add_voters(2);
  append.mutable_entries(1)->mutable_members()->add_voters(3);
  Bench bench;
  SUBCASE("uncommitted: it stands") {
    bench.deliver(kThird, append);
    REQUIRE(configuration(bench) == "n2 n3");
    bench.fire(Raft::Timer::Election);
    CHECK(bench.field("role") == "candidate");
    bench.become_durable();
    bench.deliver(kSecond, vote(2));
    CHECK(bench.field("role") == "candidate");  // Its own vote does not count.
    bench.deliver(kThird, vote(2));
    CHECK(bench.field("role") == "leader");
  }
  SUBCASE("committed: it does not") {
    append.set_commit(2);
    bench.deliver(kThird, append);
    bench.fire(Raft::Timer::Election);
    CHECK(bench.field("role") == "follower");
  }
}

TEST_CASE("several voters change through a joint configuration [dissertation §4.3]") {
  Bench bench = leading(joint(), 4);
  ask(bench, [](transport::Admin& admin) {
    for (const std::uint32_t node : {1, 2}) admin.mutable_members()->add_node(node);
  });
  CHECK(configuration(bench) == "n1 n2 n3 n4 -> n1 n2");
  acknowledge(bench);
  CHECK(bench.number_in("commit") == 1);  // Two of two, but two of four.
  bench.deliver(kThird, accepted(1, 2));
  CHECK(bench.number_in("commit") == 2);
  CHECK(configuration(bench) == "n1 n2");
  CHECK(bench.number_in("configuration index") == 3);
  CHECK_FALSE(status(bench));
  acknowledge(bench);
  CHECK(status(bench) == Reply::OK);
}

TEST_CASE("a new leader ends the change that another began [dissertation §4.3]") {
  raft::AppendEntries append = entries(1, 0, 0, {1, 1});
  append.mutable_entries(1)->clear_command();
  for (const std::uint32_t node : {1, 2}) {
    append.mutable_entries(1)->mutable_members()->add_voters(node);
  }
  for (const std::uint32_t node : {1, 2, 3}) {
    append.mutable_entries(1)->mutable_members()->add_outgoing(node);
  }
  Bench bench(joint());
  bench.deliver(kThird, append);
  bench.lead();
  REQUIRE(bench.field("role") == "leader");
  bench.become_durable();
  bench.deliver(kSecond, accepted(2, 3));
  CHECK(bench.number_in("commit") == 3);
  CHECK(configuration(bench) == "n1 n2");
}

TEST_CASE("one change at a time, and none before the term's first commit [raft-dev, July 2015]") {
  SUBCASE("a second one") {
    Bench bench = leading();
    ask_to_remove(bench, 3);
    ask_to_remove(bench, 2);
    CHECK(status(bench) == Reply::UNAVAILABLE);
    CHECK(bench.number_in("log last") == 2);
  }
  SUBCASE("too early in the term") {
    Bench bench;
    bench.lead();
    ask_to_remove(bench, 3);
    CHECK(status(bench) == Reply::UNAVAILABLE);
    CHECK(bench.number_in("log last") == 1);
  }
  SUBCASE("two voters at once need joint consensus") {
    Bench bench = leading(counter_options(), 4);
    ask(bench, [](transport::Admin& admin) { admin.mutable_members()->add_node(1); });
    CHECK(status(bench) == Reply::REJECTED);
  }
  SUBCASE("nobody left") {
    Bench bench = leading();
    ask_to_remove(bench, 3);
    acknowledge(bench);
    ask_to_remove(bench, 2);
    acknowledge(bench);
    ask_to_remove(bench, 1);
    CHECK(status(bench) == Reply::REJECTED);
  }
  SUBCASE("what is so already is done at once") {
    Bench bench = leading();
    ask_to_add(bench, 3);
    CHECK(status(bench) == Reply::OK);
    CHECK(bench.number_in("log last") == 1);
  }
  SUBCASE("no such node") {
    Bench bench = leading();
    ask_to_add(bench, 64);
    CHECK(status(bench) == Reply::REJECTED);
  }
}

TEST_CASE("an operator hears when the leader that was changing the group is deposed") {
  Bench bench = leading();
  ask_to_remove(bench, 3);
  bench.deliver(kSecond, entries(2, 1, 1, {}));
  CHECK(status(bench) == Reply::UNAVAILABLE);
}

TEST_CASE("a configuration is used once it is appended, and no more once it is removed [§4.1]") {
  Bench bench;
  raft::AppendEntries append = entries(1, 0, 0, {1, 1});
  append.mutable_entries(1)->clear_command();
  for (const std::uint32_t node : {1, 2, 3, 4}) {
    append.mutable_entries(1)->mutable_members()->add_voters(node);
  }
  bench.deliver(kThird, append);
  CHECK(configuration(bench) == "n1 n2 n3 n4");
  CHECK(bench.claims<transport::Configured>().size() == 1);
  SUBCASE("it survives a restart") {
    bench.restart();
    CHECK(configuration(bench) == "n1 n2 n3 n4");
    REQUIRE(bench.claims<transport::Configured>().size() == 2);
    CHECK(bench.claims<transport::Configured>().back().index == 2);
  }
  SUBCASE("it goes with its entry") {
    bench.deliver(kSecond, entries(2, 1, 1, {2}));
    CHECK(configuration(bench) == "n1 n2 n3");
    REQUIRE(bench.claims<transport::Configured>().size() == 1);
    CHECK(bench.claims<transport::Configured>().front().index == 0);
  }
  SUBCASE("it survives in a snapshot") {
    bench.deliver(kThird, entries(1, 2, 1, {1}, 3));
    ask(bench, [](transport::Admin&) {});
    Raft::Options options = counter_options();
    options.snapshot_every = 1;
    Bench compacting(options);
    append.set_commit(2);
    compacting.deliver(kThird, append);
    REQUIRE(compacting.number_in("snapshot") == 2);
    compacting.restart();
    CHECK(configuration(compacting) == "n1 n2 n3 n4");
    CHECK(compacting.stored_terms().empty());
  }
}

TEST_CASE("a configuration comes with a snapshot [dissertation §5.1]") {
  Bench bench(counter_options(), {kSecond, kThird}, Start::Kind::Join);
  raft::InstallSnapshot chunk;
  chunk.set_term(1);
  chunk.set_last_index(5);
  chunk.set_last_term(1);
  for (const std::uint32_t node : {1, 2, 3}) chunk.mutable_members()->add_voters(node);
  carry(chunk, counter_options().machine().snapshot());
  bench.deliver(kSecond, chunk);
  CHECK(configuration(bench) == "n1 n2 n3");
  REQUIRE(bench.claims<transport::Configured>().size() == 1);
  CHECK(bench.claims<transport::Configured>().front().index == 5);
  bench.restart();
  CHECK(configuration(bench) == "n1 n2 n3");
  bench.fire(Raft::Timer::Election);
  CHECK(bench.field("role") == "candidate");
}

}  // namespace
}  // namespace lockstep::consensus::tests
