// The oracle of single-decree Paxos: what keeps each rule, and what breaks it.
#include <doctest/doctest.h>

#include "consensus/paxos/monitors.h"
#include "tests/consensus/paxos/single_decree_messages.h"
#include "tests/consensus/shown.h"

namespace lockstep::consensus::tests {
namespace {

using namespace single;

/// A group of three, whose clients wished for "a" and "b".
class Story : public Shown<PaxosMonitor, paxos::Message> {
 public:
  Story() : Shown(PaxosMonitor({2, 2})) {
    for (const auto* value : {"a", "b"}) {
      const Envelope request =
          transport::compose<Request, Request>([&](Request& place) { place = wish(value); });
      Witness witness;
      witness.kind = Witness::Kind::Requested;
      witness.node = kSelf;
      witness.payload = &request;
      watcher.see(witness);
    }
  }

  /// Promises of `node` for a ballot that reach its proposer.
  void promises(NodeId node, std::uint64_t of, std::uint64_t accepted = 0,
                const std::string& value = {}) {
    const NodeId proposer = paxos::proposer_of(paxos::Ballot{of});
    sent(node, proposer, promise(of, accepted, value));
    delivered(proposer, node, promise(of, accepted, value));
  }

  /// Ballot 1.1, promised by nodes 1 and 2 and proposing "a".
  void first_ballot() {
    promises(kSelf, ballot(1, 1));
    promises(kSecond, ballot(1, 1));
    sent(kSelf, kSecond, accept(ballot(1, 1), "a"));
  }

  std::string rule() const { return watcher.violation() ? watcher.violation()->rule : "none"; }
};

TEST_CASE("a ballot that goes as it should keeps every rule") {
  Story story;
  story.first_ballot();
  story.sent(kSelf, kSelf, accepted(ballot(1, 1), "a"));
  story.sent(kSecond, kSelf, accepted(ballot(1, 1), "a"));
  story.sent(kSelf, kThird, decided("a"));
  story.promises(kSecond, ballot(2, 3), ballot(1, 1), "a");
  story.promises(kThird, ballot(2, 3));
  story.sent(kThird, kSecond, accept(ballot(2, 3), "a"));
  story.sent(kSecond, kThird, accepted(ballot(2, 3), "a"));
  CHECK(story.rule() == "none");
}

TEST_CASE("a proposal follows the highest vote that a quorum of its promises reports") {
  Story story;
  story.first_ballot();
  story.sent(kSecond, kSelf, accepted(ballot(1, 1), "a"));
  story.promises(kSecond, ballot(2, 3), ballot(1, 1), "a");
  SUBCASE("the other value") {
    story.promises(kThird, ballot(2, 3));
    story.sent(kThird, kSecond, accept(ballot(2, 3), "b"));
    CHECK(story.rule() == "Values Follow The Promises");
  }
  SUBCASE("some quorum is enough") {
    story.promises(kThird, ballot(2, 3));
    story.promises(kSelf, ballot(2, 3));
    story.sent(kThird, kSecond, accept(ballot(2, 3), "b"));
    CHECK(story.rule() == "none");
  }
  SUBCASE("too few promises") {
    story.sent(kThird, kSecond, accept(ballot(2, 3), "a"));
    CHECK(story.rule() == "Proposals Need A Quorum Of Promises");
  }
}

TEST_CASE("a chosen value stays, whether anybody heard of it or not") {
  Story story;
  story.first_ballot();
  story.promises(kThird, ballot(2, 3));
  story.promises(kSelf, ballot(2, 3));
  story.sent(kThird, kSecond, accept(ballot(2, 3), "b"));
  CHECK(story.rule() == "none");
  SUBCASE("an old vote, cast against a promise") {
    story.sent(kSelf, kSelf, accepted(ballot(1, 1), "a"));
    CHECK(story.rule() == "Promises Are Kept");
  }
  SUBCASE("votes that were late but allowed") {
    story.sent(kSecond, kSelf, accepted(ballot(1, 1), "a"));
    story.promises(kSecond, ballot(3, 3), ballot(1, 1), "a");
    CHECK(story.rule() == "none");
    story.promises(kSelf, ballot(3, 1), ballot(1, 1), "a");
    CHECK(story.rule() == "Later Ballots Carry The Chosen Value");
  }
}

TEST_CASE("each rule about one message is broken by that message") {
  Story story;
  SUBCASE("another's ballot") {
    story.sent(kSelf, kSecond, prepare(ballot(1, 2)));
    CHECK(story.rule() == "Ballots Have One Proposer");
  }
  SUBCASE("a lower promise") {
    story.promises(kSelf, ballot(3, 2));
    story.promises(kSelf, ballot(2, 3));
    CHECK(story.rule() == "Promises Only Grow");
  }
  SUBCASE("two values") {
    story.first_ballot();
    story.sent(kSelf, kThird, accept(ballot(1, 1), "b"));
    CHECK(story.rule() == "One Value Per Ballot");
  }
  SUBCASE("nobody wished it") {
    story.promises(kSelf, ballot(1, 1));
    story.promises(kSecond, ballot(1, 1));
    story.sent(kSelf, kSecond, accept(ballot(1, 1), "z"));
    CHECK(story.rule() == "Only Proposed Values");
  }
  SUBCASE("a vote for nothing") {
    story.sent(kSecond, kSelf, accepted(ballot(1, 1), "a"));
    CHECK(story.rule() == "Votes Are For Proposals");
  }
  SUBCASE("a forgotten vote") {
    story.first_ballot();
    story.sent(kSecond, kSelf, accepted(ballot(1, 1), "a"));
    story.promises(kSecond, ballot(2, 3));
    CHECK(story.rule() == "Promises Report The Last Vote");
  }
  SUBCASE("decided too early") {
    story.first_ballot();
    story.sent(kSecond, kSelf, accepted(ballot(1, 1), "a"));
    story.sent(kSelf, kThird, decided("a"));
    CHECK(story.rule() == "Only Chosen Values Are Learned");
  }
}

}  // namespace
}  // namespace lockstep::consensus::tests
