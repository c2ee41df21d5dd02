// The monitor's rules on what is committed, applied and compacted, each kept and broken.
#include <doctest/doctest.h>

#include "tests/consensus/raft/story.h"

namespace lockstep::consensus::tests {
namespace {

TEST_CASE("monitor: the commit index only grows within a life [Figure 2]") {
  Story story;
  story.commit_first();
  story.append(kSelf, 2, 1);
  story.append(kSecond, 2, 1);
  story.acknowledge(kSecond, kSelf, 1, 2);
  story.claimed(kSelf, Committed{{}, 2, 1});
  SUBCASE("it begins anew with a restart") {
    story.happened(Witness::Kind::Started, kSelf);
    story.append(kSelf, 1, 1);
    story.claimed(kSelf, Committed{{}, 1, 1});
    CHECK(story.rule() == "");
  }
  SUBCASE("it goes back") {
    story.claimed(kSelf, Committed{{}, 1, 1});
    CHECK(story.rule() == "Commit Index Only Grows");
  }
  SUBCASE("a late snapshot takes it back [§7]") {
    story.claimed(kSelf, Installed{{}, 1, 1, 99});
    CHECK(story.rule() == "Commit Index Only Grows");
  }
}

TEST_CASE("monitor: what is committed stands in the log [§5.3]") {
  Story story;
  story.commit_first();
  SUBCASE("beyond its end") { story.claimed(kSecond, Committed{{}, 2, 1}); }
  SUBCASE("of another term") { story.claimed(kSecond, Committed{{}, 1, 2}); }
  CHECK(story.rule() == "Committed Entries Are Stored");
}

TEST_CASE("monitor: a leader commits entries of its own term by counting [§5.4.2, Figure 8]") {
  Story story;
  story.append(kSelf, 1, 1);
  story.append(kSecond, 1, 1);
  story.elect(kSelf, 2, kSecond);
  story.acknowledge(kSecond, kSelf, 2, 1);
  SUBCASE("not one of an earlier term") {
    story.claimed(kSelf, Committed{{}, 1, 1});
    CHECK(story.rule() == "Commit By Counting Own Term");
  }
  SUBCASE("but with it what stands before") {
    story.append(kSelf, 2, 2);
    story.append(kSecond, 2, 2);
    story.acknowledge(kSecond, kSelf, 2, 2);
    story.claimed(kSelf, Committed{{}, 2, 2});
    story.claimed(kSecond, Committed{{}, 1, 1});
    CHECK(story.rule() == "");
  }
}

TEST_CASE("monitor: a leader commits what a majority acknowledged to it [§5.3]") {
  Story story;
  story.elect(kSelf, 1, kSecond);
  story.append(kSelf, 1, 1);
  story.append(kSecond, 1, 1);
  story.sent(kSecond, kSelf, accepted(1, 1));  // It does not arrive.
  story.claimed(kSelf, Committed{{}, 1, 1});
  CHECK(story.rule() == "Committed By A Quorum");
}

TEST_CASE("monitor: a leader may count its own copy too early, if nobody hears of it") {
  Story story;
  story.elect(kSelf, 1, kSecond);
  story.append(kSelf, 1, 1);
  story.append(kSecond, 1, 1);
  story.sent(kSecond, kSelf, accepted(1, 1));
  story.delivered(kSelf, kSecond, accepted(1, 1));
  story.claimed(kSelf, Committed{{}, 1, 1});
  story.apply(kSelf, 1, 1);
  CHECK(story.rule() == "");
  SUBCASE("it counts once it is durable") {
    story.happened(Witness::Kind::Stored, kSelf);
    story.claimed(kSecond, Committed{{}, 1, 1});
    story.apply(kSecond, 1, 1);
    CHECK(story.rule() == "");
  }
  SUBCASE("a crash undoes it") {
    story.happened(Witness::Kind::Crashed, kSelf);
    story.happened(Witness::Kind::Started, kSelf);
    story.claimed(kSecond, Truncated{{}, 1});
    CHECK(story.rule() == "");
  }
  SUBCASE("others must not hear of it before") {
    story.claimed(kSecond, Committed{{}, 1, 1});
    CHECK(story.rule() == "Leaders Commit First");
  }
}

TEST_CASE("monitor: followers commit what a leader committed [§5.3]") {
  Story story;
  story.append(kSecond, 1, 1);
  story.claimed(kSecond, Committed{{}, 1, 1});
  CHECK(story.rule() == "Leaders Commit First");
}

TEST_CASE("monitor: Leader Completeness [Figure 3]") {
  Story story;
  SUBCASE("elected without a committed entry") {
    story.commit_first();
    story.elect(kThird, 2, kSecond);
    CHECK(story.rule() == "Leader Completeness");
  }
  SUBCASE("elected with another entry in its place") {
    story.append(kThird, 1, 9);
    story.commit_first();
    story.elect(kThird, 10, kSecond);
    CHECK(story.rule() == "Leader Completeness");
  }
  SUBCASE("an older leader learns late what it committed, and the newer has it") {
    story.elect(kSelf, 1, kSecond);
    story.append(kSelf, 1, 1);
    story.append(kSecond, 1, 1);
    story.sent(kSecond, kSelf, accepted(1, 1));
    story.elect(kSecond, 2, kThird);
    story.delivered(kSelf, kSecond, accepted(1, 1));
    story.store_own(kSelf, 1, 1);
    story.claimed(kSelf, Committed{{}, 1, 1});
    CHECK(story.rule() == "");
  }
  SUBCASE("or the newer has it not") {
    story.elect(kSelf, 1, kSecond);
    story.append(kSelf, 1, 1);
    story.append(kSecond, 1, 1);
    story.sent(kSecond, kSelf, accepted(1, 1));
    story.elect(kThird, 2, kSecond);
    story.delivered(kSelf, kSecond, accepted(1, 1));
    story.store_own(kSelf, 1, 1);
    story.claimed(kSelf, Committed{{}, 1, 1});
    CHECK(story.rule() == "Leader Completeness");
  }
  SUBCASE("a leader of an earlier term than the committing one may lack it") {
    story.delivered(kThird, kSelf, vote(1));
    story.elect(kSelf, 2, kSecond);
    story.append(kSelf, 1, 2);
    story.append(kSecond, 1, 2);
    story.acknowledge(kSecond, kSelf, 2, 1);
    story.claimed(kSelf, Committed{{}, 1, 2});
    story.claimed(kThird, Leads{{}, 1});
    CHECK(story.rule() == "");
  }
}

TEST_CASE("monitor: State Machine Safety [Figure 3]") {
  Story story;
  story.commit_first();
  story.apply(kSelf, 1, 1, 7);
  SUBCASE("another entry committed") {
    story.append(kThird, 1, 9);
    story.claimed(kThird, Committed{{}, 1, 9});
  }
  SUBCASE("another command applied") {
    story.claimed(kSecond, Committed{{}, 1, 1});
    story.claimed(kSecond, Applied{{}, 1, 5, 7});
  }
  SUBCASE("another result") {
    story.claimed(kSecond, Committed{{}, 1, 1});
    story.apply(kSecond, 1, 1, 8);
  }
  CHECK(story.rule() == "State Machine Safety");
}

TEST_CASE("monitor: entries are applied in order once they are committed [§5.3]") {
  Story story;
  story.commit_first();
  SUBCASE("too early") { story.apply(kSecond, 1, 1); }
  SUBCASE("twice") {
    story.apply(kSelf, 1, 1);
    CHECK(story.rule() == "");
    story.apply(kSelf, 1, 1);
  }
  CHECK(story.rule() == "Applied In Order Once Committed");
}

TEST_CASE("monitor: committed entries stay [§5.4]") {
  Story story;
  story.commit_first();
  SUBCASE("its own commit index") {
    story.claimed(kSecond, Committed{{}, 1, 1});
    story.claimed(kSecond, Truncated{{}, 1});
    CHECK(story.rule() == "Committed Entries Stay");
  }
  SUBCASE("it did not know that it was committed") {
    story.claimed(kSecond, Truncated{{}, 1});
    CHECK(story.rule() == "Committed Entries Stay");
  }
  SUBCASE("another entry in its place may go") {
    story.append(kThird, 1, 9);
    story.claimed(kThird, Truncated{{}, 1});
    CHECK(story.rule() == "");
  }
  SUBCASE("a node that has not heard of the committing term may still lose its copy") {
    Story other;
    other.append(kThird, 1, 1);
    other.append(kSelf, 1, 1);
    other.append(kSecond, 1, 1);
    other.elect(kSelf, 3, kSecond);
    other.append(kSelf, 2, 3);
    other.append(kSecond, 2, 3);
    other.acknowledge(kSecond, kSelf, 3, 2);
    other.claimed(kSelf, Committed{{}, 2, 3});
    other.delivered(kThird, kSecond, entries(2, 0, 0, {}));
    other.claimed(kThird, Truncated{{}, 1});
    CHECK(other.rule() == "");
  }
}

TEST_CASE("monitor: only committed state is compacted [§7]") {
  Story story;
  story.commit_first();
  story.append(kSelf, 2, 1);
  SUBCASE("it is") {
    story.claimed(kSelf, Compacted{{}, 1, 1, 99});
    CHECK(story.rule() == "");
    return;
  }
  SUBCASE("uncommitted") { story.claimed(kSelf, Compacted{{}, 2, 1, 99}); }
  SUBCASE("uncommitted, and sent to another") { story.claimed(kThird, Installed{{}, 2, 1, 99}); }
  SUBCASE("of another term") { story.claimed(kThird, Installed{{}, 1, 2, 99}); }
  SUBCASE("not yet committed here") { story.claimed(kSecond, Compacted{{}, 1, 1, 99}); }
  CHECK(story.rule() == "Only Committed State Is Compacted");
}

TEST_CASE("monitor: snapshots of one index agree [§7]") {
  Story story;
  story.commit_first();
  story.claimed(kSelf, Compacted{{}, 1, 1, 99});
  SUBCASE("equal") {
    story.claimed(kThird, Installed{{}, 1, 1, 99});
    CHECK(story.rule() == "");
  }
  SUBCASE("different") {
    story.claimed(kThird, Installed{{}, 1, 1, 98});
    CHECK(story.rule() == "Snapshots Agree");
  }
}

TEST_CASE("the monitor's digest follows what it remembers, and copies go on apart") {
  Story one;
  one.commit_first();
  Story other = one;
  CHECK(one.watcher.digest() == other.watcher.digest());
  other.append(kSelf, 2, 1);
  CHECK(one.watcher.digest() != other.watcher.digest());
  one.append(kSelf, 2, 1);
  CHECK(one.watcher.digest() == other.watcher.digest());
}

TEST_CASE("the monitor keeps working when all nodes have compacted") {
  Story story;
  story.commit_first();
  story.claimed(kSecond, Committed{{}, 1, 1});
  for (const NodeId node : {kSelf, kSecond}) story.claimed(node, Compacted{{}, 1, 1, 99});
  story.claimed(kThird, Installed{{}, 1, 1, 99});
  story.claimed(kThird, Configured{{}, 1, 1, 0b1110, 0, 0});
  story.append(kSelf, 2, 1);
  story.append(kSecond, 2, 1);
  story.acknowledge(kSecond, kSelf, 1, 2);
  story.claimed(kSelf, Committed{{}, 2, 1});
  story.apply(kSelf, 2, 1);
  CHECK(story.rule() == "");
  story.elect(kThird, 2, kSecond);
  CHECK(story.rule() == "Leader Completeness");
}

}  // namespace
}  // namespace lockstep::consensus::tests
