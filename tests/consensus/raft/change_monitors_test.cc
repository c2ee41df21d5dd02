// The monitor's rules on configurations and their changes, each kept and broken.
#include <doctest/doctest.h>

#include "tests/consensus/raft/story.h"

namespace lockstep::consensus::tests {
namespace {

constexpr NodeId kFourth{4};
constexpr NodeId kFifth{5};

/// Nodes by number, as a set of bits.
constexpr std::uint64_t set_of(std::initializer_list<std::uint32_t> nodes) {
  std::uint64_t bits = 0;
  for (const std::uint32_t node : nodes) bits |= 1ull << node;
  return bits;
}

constexpr std::uint64_t kFounders = set_of({1, 2, 3});
constexpr std::uint64_t kFour = set_of({1, 2, 3, 4});

/// n1 leads term 1, and its first entry is committed. Nodes 4 and 5 are up, without a log.
class Changing : public Story {
 public:
  Changing() {
    happened(Witness::Kind::Started, kFourth);
    happened(Witness::Kind::Started, kFifth);
    commit_first();
  }

  /// The entry stands in the node's log and is the configuration that it uses now.
  void configure(NodeId node, std::uint64_t index, std::uint64_t term, std::uint64_t voters,
                 std::uint64_t outgoing = 0) {
    append(node, index, term);
    claimed(node, Configured{{}, index, term, voters, outgoing, 0});
  }

  /// n1 and the others hold the configuration at `index`, and n1 commits it.
  void commit_configuration(std::uint64_t index, std::uint64_t voters, std::uint64_t outgoing,
                            std::initializer_list<NodeId> others) {
    configure(kSelf, index, 1, voters, outgoing);
    for (const NodeId node : others) {
      configure(node, index, 1, voters, outgoing);
      acknowledge(node, kSelf, 1, index);
    }
    claimed(kSelf, Committed{{}, index, 1});
  }
};

TEST_CASE("monitor: a group grows one by one [dissertation §4.1]") {
  Changing story;
  story.append(kThird, 1, 1);
  story.append(kFourth, 1, 1);
  story.append(kFifth, 1, 1);
  story.commit_configuration(2, kFour, 0, {kSecond, kThird});
  story.commit_configuration(3, kFour | set_of({5}), 0, {kSecond, kThird});
  CHECK(story.rule() == "");
  SUBCASE("three of five elect") {
    story.configure(kFourth, 2, 1, kFour);
    story.configure(kFourth, 3, 1, kFour | set_of({5}));
    story.delivered(kFourth, kFifth, vote(2));
    story.elect(kFourth, 2, kSecond);
    CHECK(story.rule() == "");
  }
  SUBCASE("two of five do not") {
    story.elect(kSecond, 2, kThird);
    CHECK(story.rule() == "Elected By A Quorum");
  }
  SUBCASE("what two of five have is not committed") {
    story.append(kSelf, 4, 1);
    story.append(kSecond, 4, 1);
    story.acknowledge(kSecond, kSelf, 1, 4);
    story.claimed(kSelf, Committed{{}, 4, 1});
    CHECK(story.rule() == "Committed By A Quorum");
  }
}

TEST_CASE("monitor: quorums are of the latest configuration in the log [dissertation §4.1]") {
  Changing story;
  SUBCASE("a leader's, committed or not") {
    story.configure(kSelf, 2, 1, kFour);
    story.configure(kSecond, 2, 1, kFour);
    story.acknowledge(kSecond, kSelf, 1, 2);
    story.claimed(kSelf, Committed{{}, 2, 1});
    CHECK(story.rule() == "Committed By A Quorum");
  }
  SUBCASE("a candidate's") {
    story.configure(kSelf, 2, 1, kFour);
    story.configure(kSecond, 2, 1, kFour);
    story.elect(kSecond, 2, kThird);
    CHECK(story.rule() == "Elected By A Quorum");
  }
  SUBCASE("whoever has an older one in its log goes by that") {
    story.configure(kSelf, 2, 1, kFour);
    story.elect(kSecond, 2, kThird);
    CHECK(story.rule() == "");
  }
  SUBCASE("the one before, once the latest is removed") {
    story.configure(kSelf, 2, 1, kFour);
    story.configure(kSecond, 2, 1, kFour);
    story.claimed(kSecond, Truncated{{}, 2});
    story.claimed(kSecond, Configured{{}, 0, 0, kFounders, 0, 0});
    story.elect(kSecond, 2, kThird);
    CHECK(story.rule() == "");
  }
  SUBCASE("learners and nodes outside do not count") {
    story.append(kSelf, 2, 1);
    story.claimed(kSelf, Configured{{}, 2, 1, kFounders, 0, set_of({4})});
    story.append(kFourth, 1, 1);
    story.configure(kFourth, 2, 1, kFounders);
    CHECK(story.rule() == "Configurations Match");
  }
}

TEST_CASE("monitor: who does not see the members does not judge who elects") {
  Changing story;
  story.watcher.lose_sight_of_members();
  story.elect(kSecond, 2, kFourth);
  CHECK(story.rule() == "");
  story.elect(kThird, 2, kFourth);
  CHECK(story.rule() == "One Vote Per Term");
}

TEST_CASE("monitor: a leader that leaves does not count itself [dissertation §4.2.2]") {
  Changing story;
  story.append(kThird, 1, 1);
  story.configure(kSelf, 2, 1, set_of({2, 3}));
  story.configure(kSecond, 2, 1, set_of({2, 3}));
  story.acknowledge(kSecond, kSelf, 1, 2);
  SUBCASE("both others have it") {
    story.configure(kThird, 2, 1, set_of({2, 3}));
    story.acknowledge(kThird, kSelf, 1, 2);
    story.claimed(kSelf, Committed{{}, 2, 1});
    CHECK(story.rule() == "");
  }
  SUBCASE("one other has it") {
    story.claimed(kSelf, Committed{{}, 2, 1});
    CHECK(story.rule() == "Committed By A Quorum");
  }
}

TEST_CASE("monitor: a joint configuration needs both majorities [dissertation §4.3]") {
  Changing story;
  const std::uint64_t next = set_of({1, 4, 5});
  for (const NodeId node : {kThird, kFourth, kFifth}) story.append(node, 1, 1);
  story.configure(kSelf, 2, 1, next, kFounders);
  const auto hold = [&](NodeId node) {
    story.configure(node, 2, 1, next, kFounders);
    story.acknowledge(node, kSelf, 1, 2);
  };
  SUBCASE("only the old one") {
    hold(kSecond);
    hold(kThird);
    story.claimed(kSelf, Committed{{}, 2, 1});
    CHECK(story.rule() == "Committed By A Quorum");
  }
  SUBCASE("only the new one") {
    hold(kFourth);
    hold(kFifth);
    story.claimed(kSelf, Committed{{}, 2, 1});
    CHECK(story.rule() == "Committed By A Quorum");
  }
  SUBCASE("both, and then the change ends") {
    hold(kSecond);
    hold(kFourth);
    story.claimed(kSelf, Committed{{}, 2, 1});
    story.commit_configuration(3, next, 0, {kFourth});
    CHECK(story.rule() == "");
  }
  SUBCASE("and it ends in one of its sides") {
    hold(kSecond);
    hold(kFourth);
    story.claimed(kSelf, Committed{{}, 2, 1});
    story.configure(kSelf, 3, 1, set_of({1, 5}));
    CHECK(story.rule() == "Configurations Overlap");
  }
}

TEST_CASE("monitor: configurations in a row overlap [dissertation §4.1, §4.3]") {
  Changing story;
  SUBCASE("two voters more") { story.configure(kSelf, 2, 1, kFour | set_of({5})); }
  SUBCASE("one for another") { story.configure(kSelf, 2, 1, set_of({1, 2, 4})); }
  SUBCASE("joint with another configuration") {
    story.configure(kSelf, 2, 1, set_of({1, 4, 5}), set_of({1, 2}));
  }
  CHECK(story.rule() == "Configurations Overlap");
}

TEST_CASE("monitor: one change at a time [dissertation §4.1]") {
  Changing story;
  SUBCASE("the last one is not committed") {
    story.configure(kSelf, 2, 1, kFour);
    story.configure(kSelf, 3, 1, kFour | set_of({5}));
    CHECK(story.rule() == "One Change At A Time");
  }
  SUBCASE("nothing of its term is committed, as in the single-server bug [raft-dev, July 2015]") {
    story.elect(kSecond, 2, kThird);
    story.configure(kSecond, 2, 2, set_of({2, 3}));
    CHECK(story.rule() == "One Change At A Time");
  }
  SUBCASE("something of its term is") {
    story.append(kThird, 1, 1);
    story.elect(kSecond, 2, kThird);
    story.append(kSecond, 2, 2);
    story.append(kThird, 2, 2);
    story.acknowledge(kThird, kSecond, 2, 2);
    story.claimed(kSecond, Committed{{}, 2, 2});
    story.configure(kSecond, 3, 2, set_of({2, 3}));
    CHECK(story.rule() == "");
  }
}

TEST_CASE("monitor: the latest configuration in the log counts, and no other") {
  Changing story;
  SUBCASE("a leader uses one only when it is committed") {
    story.append(kSelf, 2, 1);
    raft::AppendEntries append;
    append.set_term(1);
    append.set_prev_index(1);
    append.set_prev_term(1);
    raft::Entry& entry = *append.add_entries();
    entry.set_term(1);
    for (const std::uint32_t node : {1, 2, 3, 4}) entry.mutable_members()->add_voters(node);
    story.sent(kSelf, kSecond, append);
    CHECK(story.rule() == "");
    story.claimed(kSelf, Committed{{}, 2, 1});
    CHECK(story.rule() == "The Latest Configuration Counts");
  }
  SUBCASE("a node that comes back knows only of its founders") {
    story.configure(kSelf, 2, 1, kFour);
    story.happened(Witness::Kind::Started, kSelf);
    story.append(kSelf, 1, 1);
    story.append(kSelf, 2, 1);
    story.delivered(kSelf, kThird, vote(2));
    story.elect(kSelf, 2, kSecond);
    CHECK(story.rule() == "The Latest Configuration Counts");
  }
  SUBCASE("a node goes back to an older one") {
    story.configure(kSelf, 2, 1, kFour);
    story.claimed(kSelf, Configured{{}, 0, 0, kFounders, 0, 0});
    CHECK(story.rule() == "The Latest Configuration Counts");
  }
  SUBCASE("a node that tells of none may be pardoned, one that tells of a wrong one not") {
    story.watcher.pardon_silence_about_members();
    story.append(kSecond, 2, 1);
    story.configure(kSelf, 2, 1, kFour);
    story.delivered(kSecond, kThird, vote(2));
    SUBCASE("none") {
      story.delivered(kSecond, kFourth, vote(2));
      story.elect(kSecond, 2, kThird);
      CHECK(story.rule() == "");
    }
    SUBCASE("a wrong one") {
      story.claimed(kSecond, Configured{{}, 0, 0, kFounders, 0, 0});
      CHECK(story.rule() == "The Latest Configuration Counts");
    }
  }
  SUBCASE("a node keeps one that was removed") {
    story.configure(kSecond, 2, 1, kFour);
    story.claimed(kSecond, Truncated{{}, 2});
    story.elect(kSecond, 2, kThird);
    CHECK(story.rule() == "The Latest Configuration Counts");
  }
  SUBCASE("a node uses one that its log does not hold") {
    story.claimed(kSecond, Configured{{}, 2, 1, kFour, 0, 0});
    CHECK(story.rule() == "The Latest Configuration Counts");
  }
}

TEST_CASE("monitor: an entry is the same configuration everywhere") {
  Changing story;
  story.configure(kSelf, 2, 1, kFour);
  SUBCASE("by a claim") { story.configure(kSecond, 2, 1, kFounders); }
  SUBCASE("by a message") {
    raft::AppendEntries append;
    append.set_term(1);
    append.set_prev_index(1);
    append.add_entries()->set_term(1);
    append.mutable_entries(0)->mutable_members()->add_voters(1);
    story.sent(kSelf, kSecond, append);
  }
  CHECK(story.rule() == "Configurations Match");
}

TEST_CASE("monitor: a snapshot holds the configuration of its index [dissertation §5.1]") {
  Changing story;
  story.append(kThird, 1, 1);
  story.commit_configuration(2, kFour, 0, {kSecond, kThird});
  raft::InstallSnapshot chunk;
  chunk.set_term(1);
  chunk.set_last_index(2);
  chunk.set_last_term(1);
  SUBCASE("in the message") {
    for (const std::uint32_t node : {1, 2, 3, 4}) chunk.mutable_members()->add_voters(node);
    story.sent(kSelf, kFourth, chunk);
    CHECK(story.rule() == "");
  }
  SUBCASE("not in the message") {
    for (const std::uint32_t node : {1, 2, 3}) chunk.mutable_members()->add_voters(node);
    story.sent(kSelf, kFourth, chunk);
    CHECK(story.rule() == "Snapshots Hold Their Configuration");
  }
  SUBCASE("an earlier snapshot, an earlier configuration") {
    chunk.set_last_index(1);
    for (const std::uint32_t node : {1, 2, 3}) chunk.mutable_members()->add_voters(node);
    story.sent(kSelf, kFourth, chunk);
    CHECK(story.rule() == "");
  }
  SUBCASE("once installed") {
    story.claimed(kFourth, Installed{{}, 2, 1, 99});
    story.claimed(kFourth, Configured{{}, 2, 1, kFour, 0, 0});
    CHECK(story.rule() == "");
    story.claimed(kSelf, Compacted{{}, 2, 1, 99});
    story.happened(Witness::Kind::Started, kFourth);
    story.claimed(kFourth, Compacted{{}, 2, 1, 99});
    story.claimed(kFourth, Configured{{}, 2, 1, kFour, 0, 0});
    CHECK(story.rule() == "");
  }
  SUBCASE("another one once installed") {
    story.claimed(kFourth, Installed{{}, 2, 1, 99});
    story.claimed(kFourth, Configured{{}, 2, 1, kFounders, 0, 0});
    CHECK(story.rule() == "Configurations Match");
  }
  SUBCASE("a node that keeps its old one") {
    story.claimed(kFourth, Installed{{}, 2, 1, 99});
    story.delivered(kFourth, kSecond, vote(2));
    story.elect(kFourth, 2, kThird);
    CHECK(story.rule() == "The Latest Configuration Counts");
  }
}

TEST_CASE("monitor: a crash may take back a compaction that all had followed") {
  Changing story;
  story.append(kThird, 1, 1);
  story.commit_configuration(2, kFour, 0, {kSecond, kThird});
  story.append(kSelf, 3, 1);
  story.append(kSecond, 3, 1);
  story.append(kThird, 3, 1);
  story.acknowledge(kSecond, kSelf, 1, 3);
  story.acknowledge(kThird, kSelf, 1, 3);
  story.claimed(kSelf, Committed{{}, 3, 1});
  for (const NodeId node : {kSecond, kThird}) story.claimed(node, Committed{{}, 3, 1});
  for (const NodeId node : {kFourth, kFifth}) {
    story.claimed(node, Installed{{}, 3, 1, 99});
    story.claimed(node, Configured{{}, 3, 1, kFour, 0, 0});
  }
  for (const NodeId node : {kSelf, kSecond, kThird}) {
    story.claimed(node, Compacted{{}, 3, 1, 99});
  }
  CHECK(story.rule() == "");
  // Its snapshot of index 3 was not durable, but that of index 1 was.
  story.happened(Witness::Kind::Started, kSecond);
  story.claimed(kSecond, Compacted{{}, 1, 1, 98});
  story.claimed(kSecond, Configured{{}, 1, 1, kFounders, 0, 0});
  story.configure(kSecond, 2, 1, kFour);
  story.append(kSecond, 3, 1);
  CHECK(story.rule() == "");
  story.delivered(kSecond, kFourth, vote(2));
  story.elect(kSecond, 2, kThird);
  CHECK(story.rule() == "");
}

}  // namespace
}  // namespace lockstep::consensus::tests
