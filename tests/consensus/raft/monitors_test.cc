// Every rule of the monitor, kept and broken.
#include <doctest/doctest.h>

#include "tests/consensus/raft/bench.h"
#include "tests/consensus/raft/watch.h"

namespace lockstep::consensus::tests {
namespace {

using transport::Appended;
using transport::Applied;
using transport::Committed;
using transport::Compacted;
using transport::Follows;
using transport::Installed;
using transport::Leads;
using transport::Truncated;

/// A group of three under a monitor, with the steps that make up a story.
class Story : public Shown<RaftMonitor> {
 public:
  Story() : Shown(RaftMonitor({kSelf, kSecond, kThird})) {}

  /// `node` is elected in `term` with the vote of `voter`.
  void elect(NodeId node, std::uint64_t term, NodeId voter) {
    sent(node, voter, request_vote(term, 0, 0));
    sent(voter, node, vote(term));
    delivered(node, voter, vote(term));
    claimed(node, Leads{{}, term});
  }

  /// `node` appends an entry whose content is a function of index and term.
  void append(NodeId node, std::uint64_t index, std::uint64_t term) {
    claimed(node, Appended{{}, index, term, index * 1000 + term});
  }

  /// `node` has the leader's log up to `index` and says so.
  void acknowledge(NodeId node, NodeId leader, std::uint64_t term, std::uint64_t index) {
    delivered(node, leader, entries(term, 0, 0, {}));
    sent(node, leader, accepted(term, index));
    delivered(leader, node, accepted(term, index));
  }

  void apply(NodeId node, std::uint64_t index, std::uint64_t term, std::uint64_t result = 7) {
    claimed(node, Applied{{}, index, index * 1000 + term, result});
  }

  /// kSelf leads term 1; index 1 is on kSelf and kSecond and committed by the leader.
  void commit_first() {
    elect(kSelf, 1, kSecond);
    append(kSelf, 1, 1);
    append(kSecond, 1, 1);
    acknowledge(kSecond, kSelf, 1, 1);
    claimed(kSelf, Committed{{}, 1, 1});
  }

  std::string rule() const {
    return watcher.violation() ? watcher.violation()->rule : std::string();
  }
};

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
    CHECK(story.rule() == "Elected By A Majority");
  }
  SUBCASE("not by votes of an earlier term") {
    story.delivered(kSelf, kSecond, vote(1));
    story.claimed(kSelf, Leads{{}, 2});
    CHECK(story.rule() == "Elected By A Majority");
  }
  SUBCASE("not by refusals") {
    story.delivered(kSelf, kSecond, vote(1, false));
    story.claimed(kSelf, Leads{{}, 1});
    CHECK(story.rule() == "Elected By A Majority");
  }
  SUBCASE("and only then it replicates") {
    story.sent(kSelf, kSecond, entries(1, 0, 0, {}));
    CHECK(story.rule() == "Elected By A Majority");
  }
  SUBCASE("and only then it sends snapshots") {
    story.sent(kSelf, kSecond, raft::InstallSnapshot());
    CHECK(story.rule() == "Elected By A Majority");
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
  CHECK(story.rule() == "Committed By A Majority");
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
