// The oracle of Multi-Paxos: what keeps each rule, and what breaks it.
#include "consensus/paxos/multi_monitors.h"

#include <doctest/doctest.h>

#include "tests/consensus/paxos/multi_messages.h"
#include "tests/consensus/shown.h"

namespace lockstep::consensus::tests {
namespace {

constexpr std::uint64_t kFirst = paxos::kBallotNodes + 1;  // Ballot 1.1.
constexpr std::uint64_t kNext = 2 * paxos::kBallotNodes + 2;

/// A group of three with a window of 4.
class Story : public Shown<MultiPaxosMonitor, multi_paxos::Message> {
 public:
  Story() : Shown(MultiPaxosMonitor(first(3), 4)) {}

  /// Promises of `node` that reach the proposer.
  void promises(NodeId node, std::uint64_t ballot,
                const std::vector<multi_paxos::Vote>& votes = {}) {
    const NodeId proposer = paxos::proposer_of(paxos::Ballot{ballot});
    sent(node, proposer, promise(ballot, votes));
    delivered(proposer, node, promise(ballot, votes));
  }

  /// Ballot 1.1 has the promises of nodes 1 and 2, and proposes these values from slot 1 on.
  void begin(const std::vector<multi_paxos::Value>& values = {adds(1)}) {
    promises(kSelf, kFirst);
    promises(kSecond, kFirst);
    sent(kSelf, kSecond, accept(kFirst, 1, values));
  }

  /// Nodes 1 and 2 vote in ballot 1.1.
  void choose(std::uint64_t first_slot, std::uint64_t last_slot) {
    sent(kSelf, kSelf, accepted(kFirst, first_slot, last_slot));
    sent(kSecond, kSelf, accepted(kFirst, first_slot, last_slot));
  }

  std::string rule() const { return watcher.violation() ? watcher.violation()->rule : "none"; }
};

transport::Applied applies(std::uint64_t slot, const multi_paxos::Value& value) {
  return {{}, slot, statemachine::digest_of(value.command()), 0};
}

TEST_CASE("slots that get chosen, applied and recovered keep every rule") {
  Story story;
  story.begin({adds(1), adds(2)});
  story.choose(1, 1);
  story.sent(kSelf, kThird, heartbeat(kFirst, 1));
  story.claimed(kSelf, transport::Committed{{}, 1, kFirst});
  story.claimed(kSelf, applies(1, adds(1)));
  story.sent(kSecond, kSelf, accepted(kFirst, 2, 2));
  story.promises(kSecond, kNext, {vote(1, kFirst, adds(1)), vote(2, kFirst, adds(2))});
  story.promises(kThird, kNext);
  story.sent(kSecond, kThird, accept(kNext, 2, {adds(2)}, 1));
  story.sent(kThird, kSecond, accepted(kNext, 2, 2));
  CHECK(story.rule() == "none");
}

TEST_CASE("a leader that died before it asked anybody has voted for its proposal all the same") {
  Story story;
  story.promises(kSelf, kFirst);
  story.promises(kSecond, kFirst);
  story.promises(kSelf, kNext, {vote(1, kFirst, adds(1))});
  CHECK(story.rule() == "none");
  story.promises(kThird, kNext, {vote(2, kFirst, adds(1))});
  CHECK(story.rule() == "Votes Are For Proposals");
}

TEST_CASE("a value that the promises report has to be proposed again") {
  Story story;
  story.begin();
  story.sent(kSecond, kSelf, accepted(kFirst, 1, 1));
  story.promises(kSecond, kNext, {vote(1, kFirst, adds(1))});
  SUBCASE("another value") {
    story.promises(kThird, kNext);
    story.sent(kSecond, kThird, accept(kNext, 1, {adds(2)}));
    CHECK(story.rule() == "Values Follow The Promises");
  }
  SUBCASE("no quorum") {
    story.sent(kSecond, kThird, accept(kNext, 1, {adds(1)}));
    CHECK(story.rule() == "Proposals Need A Quorum Of Promises");
  }
}

TEST_CASE("each rule about one message is broken by that message") {
  Story story;
  SUBCASE("another's ballot") {
    story.sent(kSecond, kThird, heartbeat(kFirst, 0));
    CHECK(story.rule() == "Ballots Have One Proposer");
  }
  SUBCASE("a lower promise") {
    story.promises(kThird, kNext);
    story.promises(kThird, kFirst);
    CHECK(story.rule() == "Promises Only Grow");
  }
  SUBCASE("a vote against a promise") {
    story.begin();
    story.promises(kSecond, kNext);
    story.sent(kSecond, kSelf, accepted(kFirst, 1, 1));
    CHECK(story.rule() == "Promises Are Kept");
  }
  SUBCASE("a vote left out") {
    story.begin();
    story.sent(kSecond, kSelf, accepted(kFirst, 1, 1));
    story.promises(kSecond, kNext);
    CHECK(story.rule() == "Promises Report All Votes");
  }
  SUBCASE("a vote for nothing") {
    story.sent(kSecond, kSelf, accepted(kFirst, 1, 1));
    CHECK(story.rule() == "Votes Are For Proposals");
  }
  SUBCASE("two values in a ballot") {
    story.begin();
    story.sent(kSelf, kThird, accept(kFirst, 1, {adds(2)}));
    CHECK(story.rule() == "One Value Per Ballot And Slot");
  }
  SUBCASE("beyond the window") {
    story.begin({adds(1), adds(2), adds(3), adds(4), adds(5)});
    CHECK(story.rule() == "Only So Many Slots Ahead");
  }
  SUBCASE("committed too early") {
    story.begin();
    story.sent(kSecond, kSelf, accepted(kFirst, 1, 1));
    story.sent(kSelf, kThird, heartbeat(kFirst, 1));
    CHECK(story.rule() == "Only Chosen Slots Are Committed");
  }
  SUBCASE("committed past a hole") {
    story.begin({adds(1), adds(2)});
    story.choose(2, 2);
    story.claimed(kSelf, transport::Committed{{}, 2, kFirst});
    CHECK(story.rule() == "Only Chosen Slots Are Committed");
  }
  SUBCASE("compacted too early") {
    story.sent(kThird, kSecond, promise(kNext, {}, 1));
    CHECK(story.rule() == "Only Chosen Slots Are Compacted");
  }
}

TEST_CASE("what nodes learn, apply and answer is what was chosen") {
  Story story;
  story.begin();
  story.choose(1, 1);
  story.claimed(kSelf, transport::Committed{{}, 1, kFirst});
  SUBCASE("told otherwise") {
    multi_paxos::Chosen chosen;
    *chosen.add_votes() = vote(1, kFirst, adds(2));
    story.sent(kSelf, kThird, chosen);
    CHECK(story.rule() == "Only Chosen Values Are Learned");
  }
  SUBCASE("applied otherwise") {
    story.claimed(kThird, applies(1, adds(2)));
    CHECK(story.rule() == "Only Chosen Values Are Applied");
  }
  SUBCASE("a quorum read that is told too little") {
    story.sent(kSecond, kThird, multi_paxos::ReadReply());
    CHECK(story.rule() == "Quorum Reads See The Last Vote");
  }
  SUBCASE("a read of the past") {
    const Envelope request = transport::compose<Request, Request>(
        [&](Request& place) { place = read_by(multi_paxos::ReadOptions::LEASE); });
    Witness witness;
    witness.kind = Witness::Kind::Requested;
    witness.node = kSelf;
    witness.payload = &request;
    story.watcher.see(witness);
    story.claimed(kSelf, transport::Served{{}, 8, 1, 1, 2});
    CHECK(story.rule() == "none");
    story.claimed(kSelf, transport::Served{{}, 8, 1, 0, 2});
    CHECK(story.rule() == "Reads See What Was Committed");
  }
}

TEST_CASE("who governs a slot follows from what was chosen a window before it") {
  Story story;
  story.begin({members({1, 2, 3, 4}), no_op(), no_op(), no_op()});
  story.choose(1, 4);
  story.sent(kSelf, kSecond, accept(kFirst, 5, {adds(1)}, 4));
  CHECK(story.rule() == "Proposals Need A Quorum Of Promises");
  Story other;
  other.begin({members({1, 2, 3, 4}), no_op(), no_op(), no_op()});
  other.choose(1, 4);
  other.promises(NodeId{4}, kFirst);
  other.sent(kSelf, kSecond, accept(kFirst, 5, {adds(1)}, 4));
  other.choose(5, 5);
  CHECK(other.rule() == "none");
  other.sent(kSelf, kThird, heartbeat(kFirst, 5));
  CHECK(other.rule() == "Only Chosen Slots Are Committed");
}

}  // namespace
}  // namespace lockstep::consensus::tests
