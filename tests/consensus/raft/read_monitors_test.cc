// The monitor's rules on reads that pass the log by, each kept and broken.
#include <doctest/doctest.h>

#include "tests/consensus/raft/story.h"

namespace lockstep::consensus::tests {
namespace {

using Level = raft::ReadOptions::Level;

/// n1 leads term 1; its first entry is committed, and applied by n1.
class Reading : public Story {
 public:
  Reading() {
    commit_first();
    apply(kSelf, 1, 1);
  }

  /// The second entry is committed and applied by n1.
  void commit_second() {
    append(kSelf, 2, 1);
    append(kSecond, 2, 1);
    acknowledge(kSecond, kSelf, 1, 2);
    claimed(kSelf, Committed{{}, 2, 1});
    apply(kSelf, 2, 1);
  }

  /// A read of client 7 reaches the node.
  void ask(NodeId node, std::uint64_t sequence, std::uint64_t acknowledged_below = 0) {
    Request request;
    request.set_client(7);
    request.set_sequence(sequence);
    request.set_acknowledged_below(acknowledged_below);
    request.set_read_only(true);
    const Envelope payload =
        transport::compose<Request, Request>([&](Request& place) { place = request; });
    Witness witness;
    witness.kind = Witness::Kind::Requested;
    witness.node = node;
    witness.client = ClientId{7};
    witness.payload = &payload;
    watcher.see(witness);
  }

  void serve(NodeId node, std::uint64_t sequence, std::uint64_t index, Level level) {
    claimed(node, Served{{}, 7, sequence, index, static_cast<std::uint32_t>(level)});
  }
};

TEST_CASE("monitor: a read sees what was committed when it was asked for [dissertation §6.4]") {
  Reading story;
  SUBCASE("no more than that") {
    story.ask(kSelf, 1);
    story.commit_second();
    story.claimed(kSecond, Committed{{}, 1, 1});
    story.apply(kSecond, 1, 1);
    story.serve(kSecond, 1, 1, raft::ReadOptions::FOLLOWER);
    CHECK(story.rule() == "");
  }
  SUBCASE("what counts is when it first reached a node") {
    story.ask(kThird, 1);
    story.commit_second();
    story.ask(kSecond, 1);
    story.claimed(kSecond, Committed{{}, 1, 1});
    story.apply(kSecond, 1, 1);
    story.serve(kSecond, 1, 1, raft::ReadOptions::FOLLOWER);
    CHECK(story.rule() == "");
  }
  SUBCASE("a follower that is behind") {
    story.commit_second();
    story.ask(kSecond, 1);
    story.claimed(kSecond, Committed{{}, 1, 1});
    story.apply(kSecond, 1, 1);
    story.serve(kSecond, 1, 1, raft::ReadOptions::FOLLOWER);
    CHECK(story.rule() == "Reads See What Was Committed");
  }
  SUBCASE("an old leader that has not heard of the new one") {
    Level level{};
    SUBCASE("by lease") { level = raft::ReadOptions::LEASE; }
    SUBCASE("by read index") { level = raft::ReadOptions::READ_INDEX; }
    story.append(kThird, 1, 1);
    story.elect(kSecond, 2, kThird);
    story.append(kSecond, 2, 2);
    story.append(kThird, 2, 2);
    story.acknowledge(kThird, kSecond, 2, 2);
    story.serve(kSelf, 1, 1, level);
    story.ask(kSelf, 2);
    story.serve(kSelf, 2, 1, level);
    CHECK(story.rule() == "");
    story.claimed(kSecond, Committed{{}, 2, 2});
    story.ask(kSelf, 3);
    story.serve(kSelf, 3, 1, level);
    CHECK(story.rule() == "Reads See What Was Committed");
  }
  SUBCASE("a request that comes late, after its answer, asks for nothing new") {
    story.ask(kSecond, 1);
    story.ask(kSelf, 2, 2);
    story.commit_second();
    story.ask(kSelf, 1);
    story.claimed(kSecond, Committed{{}, 1, 1});
    story.apply(kSecond, 1, 1);
    story.serve(kSecond, 1, 1, raft::ReadOptions::FOLLOWER);
    CHECK(story.rule() == "");
  }
  SUBCASE("of two reads each has its own time") {
    story.ask(kSelf, 2);
    story.commit_second();
    story.ask(kSelf, 3);
    story.claimed(kSecond, Committed{{}, 1, 1});
    story.apply(kSecond, 1, 1);
    story.serve(kSecond, 2, 1, raft::ReadOptions::FOLLOWER);
    CHECK(story.rule() == "");
    story.serve(kSecond, 3, 1, raft::ReadOptions::FOLLOWER);
    CHECK(story.rule() == "Reads See What Was Committed");
  }
}

TEST_CASE("monitor: a read shows what its node has applied") {
  Reading story;
  SUBCASE("committed but not applied") {
    story.claimed(kSecond, Committed{{}, 1, 1});
    story.serve(kSecond, 1, 1, raft::ReadOptions::FOLLOWER);
  }
  SUBCASE("not even committed") { story.serve(kSelf, 1, 2, raft::ReadOptions::LEASE); }
  SUBCASE("local reads too") { story.serve(kSecond, 1, 1, raft::ReadOptions::LOCAL); }
  CHECK(story.rule() == "Reads Show Applied State");
}

TEST_CASE("monitor: entries that are no commands need not be applied before a read") {
  Reading story;
  story.append(kSelf, 2, 1);
  story.append(kSecond, 2, 1);
  story.acknowledge(kSecond, kSelf, 1, 2);
  story.claimed(kSelf, Committed{{}, 2, 1});
  story.serve(kSelf, 1, 2, raft::ReadOptions::READ_INDEX);
  CHECK(story.rule() == "");
}

TEST_CASE("monitor: local reads go forward within a life, and may be old") {
  Reading story;
  story.commit_second();
  story.claimed(kSecond, Committed{{}, 1, 1});
  story.apply(kSecond, 1, 1);
  story.ask(kSecond, 1);
  story.serve(kSecond, 1, 1, raft::ReadOptions::LOCAL);
  story.serve(kSelf, 2, 2, raft::ReadOptions::LOCAL);
  CHECK(story.rule() == "");
  SUBCASE("a life later") {
    story.happened(Witness::Kind::Started, kSelf);
    story.serve(kSelf, 3, 0, raft::ReadOptions::LOCAL);
    CHECK(story.rule() == "");
  }
  SUBCASE("not within it") {
    story.serve(kSelf, 3, 0, raft::ReadOptions::LOCAL);
    CHECK(story.rule() != "");
  }
}

TEST_CASE(
    "monitor: only a leader that knows what is committed confirms reads [dissertation §6.4]") {
  Reading story;
  Level level{};
  SUBCASE("by lease") { level = raft::ReadOptions::LEASE; }
  SUBCASE("by read index") { level = raft::ReadOptions::READ_INDEX; }
  SUBCASE("it does not lead") {
    story.claimed(kSecond, Committed{{}, 1, 1});
    story.apply(kSecond, 1, 1);
    story.serve(kSecond, 1, 1, raft::ReadOptions::LEASE);
    CHECK(story.rule() == "Only Leaders Confirm Reads");
    return;
  }
  story.serve(kSelf, 1, 1, level);
  CHECK(story.rule() == "");
  story.claimed(kSecond, Committed{{}, 1, 1});
  story.apply(kSecond, 1, 1);
  story.elect(kSecond, 2, kThird);
  story.serve(kSecond, 2, 1, level);
  CHECK(story.rule() == "Leaders Commit Before They Read");
}

TEST_CASE("monitor: a read index is of the leader's own term") {
  Reading story;
  raft::ReadIndexReply reply;
  reply.set_term(2);
  reply.set_index(1);
  story.elect(kSecond, 2, kThird);
  SUBCASE("it is not") {
    story.sent(kSecond, kThird, reply);
    CHECK(story.rule() == "Leaders Commit Before They Read");
  }
  SUBCASE("it is") {
    story.append(kSecond, 2, 2);
    reply.set_index(2);
    story.sent(kSecond, kThird, reply);
    CHECK(story.rule() == "");
  }
}

}  // namespace
}  // namespace lockstep::consensus::tests
