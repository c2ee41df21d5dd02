// The monitor's rules on terms, votes, leaders and logs, each kept and broken.
#include <doctest/doctest.h>

#include "tests/consensus/raft/story.h"

namespace lockstep::consensus::tests {
namespace {

TEST_CASE("an ordinary story breaks no rule") {
  Story story;
  story.commit_first();
  story.apply(kSelf, 1, 1);
  story.claimed(kSecond, Committed{{}, 1, 1});
  story.apply(kSecond, 1, 1);
  story.claimed(kSelf, Compacted{{}, 1, 1, 99});
  story.claimed(kThird, Installed{{}, 1, 1, 99});
  story.elect(kSecond, 2, kThird);
  story.claimed(kSelf, Follows{{}, 2});
  story.append(kSecond, 2, 2);
  story.append(kThird, 2, 2);
  story.acknowledge(kThird, kSecond, 2, 2);
  story.claimed(kSecond, Committed{{}, 2, 2});
  CHECK(story.rule() == "");
}

TEST_CASE("monitor: terms only grow, across restarts too [§5.1]") {
  Story story;
  story.sent(kSelf, kSecond, vote(5, false));
  story.sent(kSelf, kSecond, vote(5, false));
  CHECK(story.rule() == "");
  story.happened(Witness::Kind::Crashed, kSelf);
  story.happened(Witness::Kind::Started, kSelf);
  story.sent(kSelf, kSecond, vote(4, false));
  CHECK(story.rule() == "Terms Only Grow");
}

TEST_CASE("monitor: one vote per term, across restarts too [§5.2]") {
  Story story;
  story.sent(kSelf, kSecond, vote(1));
  story.happened(Witness::Kind::Started, kSelf);
  SUBCASE("again for the same") {
    story.sent(kSelf, kSecond, vote(1));
    story.sent(kSelf, kThird, vote(1, false));
    story.sent(kSelf, kThird, vote(2));
    CHECK(story.rule() == "");
  }
  SUBCASE("for another") {
    story.sent(kSelf, kThird, vote(1));
    CHECK(story.rule() == "One Vote Per Term");
  }
  SUBCASE("for itself, by standing") {
    story.sent(kSelf, kThird, request_vote(1, 0, 0));
    CHECK(story.rule() == "One Vote Per Term");
  }
}

TEST_CASE("monitor: a leader was elected by a majority [§5.2]") {
  Story story;
  SUBCASE("by votes that reached it") {
    story.elect(kSelf, 1, kSecond);
    story.sent(kSelf, kSecond, entries(1, 0, 0, {}));
    CHECK(story.rule() == "");
  }
  SUBCASE("not by a claim") {
    story.claimed(kSelf, Leads{{}, 1});
    CHECK(story.rule() == "Elected By A Quorum");
  }
  SUBCASE("not by votes of an earlier term") {
    story.delivered(kSelf, kSecond, vote(1));
    story.claimed(kSelf, Leads{{}, 2});
    CHECK(story.rule() == "Elected By A Quorum");
  }
  SUBCASE("not by refusals") {
    story.delivered(kSelf, kSecond, vote(1, false));
    story.claimed(kSelf, Leads{{}, 1});
    CHECK(story.rule() == "Elected By A Quorum");
  }
  SUBCASE("and only then it replicates") {
    story.sent(kSelf, kSecond, entries(1, 0, 0, {}));
    CHECK(story.rule() == "Elected By A Quorum");
  }
  SUBCASE("and only then it sends snapshots") {
    raft::InstallSnapshot chunk;
    chunk.set_term(1);
    story.sent(kSelf, kSecond, chunk);
    CHECK(story.rule() == "Elected By A Quorum");
  }
}

TEST_CASE("monitor: votes go to logs that are up to date [§5.4.1]") {
  Story story;
  story.elect(kSelf, 2, kThird);
  story.append(kSelf, 1, 2);
  story.append(kThird, 1, 2);
  SUBCASE("a later last term is as good as a longer log") {
    story.delivered(kThird, kSecond, request_vote(3, 1, 3));
    story.sent(kThird, kSecond, vote(3));
    CHECK(story.rule() == "");
  }
  SUBCASE("a refusal is no vote") {
    story.delivered(kThird, kSecond, request_vote(3, 0, 0));
    story.sent(kThird, kSecond, vote(3, false));
    CHECK(story.rule() == "");
  }
  SUBCASE("the log counts as it was when the candidate asked") {
    story.delivered(kThird, kSecond, request_vote(3, 1, 2));
    story.append(kThird, 2, 3);
    story.sent(kThird, kSecond, vote(3));
    CHECK(story.rule() == "");
  }
  SUBCASE("a longer log of an earlier term is behind") {
    story.delivered(kThird, kSecond, request_vote(3, 9, 1));
    story.sent(kThird, kSecond, vote(3));
    CHECK(story.rule() == "Votes Go To Up-To-Date Logs");
  }
  SUBCASE("so is a shorter one of the same term") {
    story.delivered(kThird, kSecond, request_vote(3, 0, 2));
    story.sent(kThird, kSecond, vote(3));
    CHECK(story.rule() == "Votes Go To Up-To-Date Logs");
  }
}

TEST_CASE("monitor: Election Safety [Figure 3]") {
  Story story;
  story.elect(kSelf, 1, kSecond);
  story.elect(kSecond, 2, kThird);
  CHECK(story.rule() == "");
  story.delivered(kThird, kSelf, vote(2));
  SUBCASE("by a claim") { story.claimed(kThird, Leads{{}, 2}); }
  SUBCASE("by a message") { story.sent(kThird, kSelf, entries(2, 0, 0, {})); }
  CHECK(story.rule() == "Election Safety");
}

TEST_CASE("monitor: Leader Append-Only [Figure 3]") {
  Story story;
  story.elect(kSelf, 1, kSecond);
  story.append(kSelf, 1, 1);
  story.append(kSelf, 2, 1);
  CHECK(story.rule() == "");
  SUBCASE("a leader overwrites") { story.append(kSelf, 1, 1); }
  SUBCASE("a leader removes") { story.claimed(kSelf, Truncated{{}, 2}); }
  SUBCASE("a former leader may remove") {
    story.claimed(kSelf, Follows{{}, 2});
    story.claimed(kSelf, Truncated{{}, 2});
    CHECK(story.rule() == "");
    return;
  }
  CHECK(story.rule() == "Leader Append-Only");
}

TEST_CASE("monitor: logs grow at their end [§5.3]") {
  Story story;
  story.append(kSelf, 1, 1);
  SUBCASE("no gap") { story.append(kSelf, 3, 1); }
  SUBCASE("no overwriting") { story.append(kSelf, 1, 2); }
  CHECK(story.rule() == "Logs Grow At Their End");
}

TEST_CASE("monitor: Log Matching [Figure 3]") {
  Story story;
  story.append(kSelf, 1, 1);
  story.append(kSelf, 2, 2);
  SUBCASE("equal logs, and other terms") {
    story.append(kSecond, 1, 1);
    story.append(kSecond, 2, 2);
    story.append(kThird, 1, 3);
    CHECK(story.rule() == "");
  }
  SUBCASE("equal position, other content") {
    story.claimed(kSecond, Appended{{}, 1, 1, 5});
    CHECK(story.rule() == "Log Matching");
  }
  SUBCASE("equal entry, other predecessor") {
    story.append(kSecond, 1, 2);
    story.append(kSecond, 2, 2);
    CHECK(story.rule() == "Log Matching");
  }
}

TEST_CASE("monitor: what is acknowledged is stored [§5.3]") {
  Story story;
  story.elect(kSelf, 1, kSecond);
  story.append(kSelf, 1, 1);
  story.append(kSelf, 2, 1);
  story.append(kSecond, 1, 1);
  SUBCASE("it is") {
    story.acknowledge(kSecond, kSelf, 1, 1);
    CHECK(story.rule() == "");
  }
  SUBCASE("it is not") {
    story.acknowledge(kSecond, kSelf, 1, 2);
    CHECK(story.rule() == "Acknowledged Entries Are Stored");
  }
  SUBCASE("an answer of an earlier term may be overtaken by a newer leader") {
    story.delivered(kSecond, kThird, entries(2, 0, 0, {}));
    story.sent(kSecond, kSelf, accepted(1, 2));
    CHECK(story.rule() == "");
  }
}

TEST_CASE("monitor: what is acknowledged is the leader's [§5.3]") {
  Story story;
  story.append(kSecond, 1, 1);
  story.append(kSecond, 2, 1);
  story.append(kSelf, 1, 1);
  story.elect(kSelf, 2, kThird);
  SUBCASE("no more than checked") {
    story.acknowledge(kSecond, kSelf, 2, 1);
    CHECK(story.rule() == "");
  }
  SUBCASE("an entry that the leader has not") {
    story.acknowledge(kSecond, kSelf, 2, 2);
    CHECK(story.rule() == "Acknowledged Entries Match");
  }
  SUBCASE("an entry that the leader has in another term") {
    story.append(kSelf, 2, 2);
    story.acknowledge(kSecond, kSelf, 2, 2);
    CHECK(story.rule() == "Acknowledged Entries Match");
  }
}

}  // namespace
}  // namespace lockstep::consensus::tests
