// Each rule of the monitor has a story that keeps it and one that breaks it.
#include "consensus/replicated_log_monitor.h"

#include <doctest/doctest.h>

#include "tests/consensus/shown.h"
#include "transport/request.messages.h"

namespace lockstep::consensus::tests {
namespace {

using transport::Applied;
using transport::Committed;
using transport::Compacted;
using transport::GroupId;
using transport::Installed;
using transport::Leads;

constexpr NodeId kFirst{1};
constexpr NodeId kSecond{2};

class Story : public Shown<ReplicatedLogMonitor, transport::Request> {
 public:
  Story() : Shown(ReplicatedLogMonitor({"view", "a paper"})) {
    happened(Witness::Kind::Started, kFirst);
    happened(Witness::Kind::Started, kSecond);
  }

  void apply(NodeId node, std::uint64_t index, std::uint64_t command = 0,
             std::uint64_t result = 7) {
    claimed(node, Applied{{}, index, command == 0 ? index : command, result});
  }

  std::string rule() const { return watcher.violation() ? watcher.violation()->rule : "none"; }
};

TEST_CASE("replicas that apply the same, each at its own time, keep every rule") {
  Story story;
  story.claimed(kFirst, Leads{{}, 1});
  story.claimed(kFirst, Leads{{}, 1});
  story.claimed(kSecond, Leads{{}, 2});
  for (const std::uint64_t index : {1, 2, 4}) {
    story.claimed(kFirst, Committed{{}, index, 1});
    story.apply(kFirst, index);
  }
  story.claimed(kFirst, Compacted{{}, 4, 1, 99});
  story.claimed(kSecond, Installed{{}, 4, 1, 99});
  story.apply(kSecond, 5);
  story.happened(Witness::Kind::Started, kFirst);
  story.claimed(kFirst, Compacted{{}, 4, 1, 99});
  story.apply(kFirst, 5);
  CHECK(story.rule() == "none");
}

TEST_CASE("a snapshot may end with what nobody applies, and nobody may apply anything there") {
  Story story;
  story.claimed(kFirst, Committed{{}, 3, 1});
  story.apply(kFirst, 2);
  story.claimed(kFirst, Compacted{{}, 3, 1, 99});
  story.apply(kFirst, 4);
  CHECK(story.rule() == "Applied In Order");
  Story other;
  other.claimed(kFirst, Committed{{}, 3, 1});
  other.apply(kFirst, 2);
  other.claimed(kFirst, Compacted{{}, 3, 1, 99});
  CHECK(other.rule() == "none");
  other.apply(kSecond, 3);
  CHECK(other.rule() == "No Command Is Skipped");
}

TEST_CASE("two leaders of one view break One Leader Per Term") {
  Story story;
  story.claimed(kFirst, Leads{{}, 3});
  story.claimed(kSecond, Leads{{}, 3});
  REQUIRE(story.rule() == "One Leader Per Term");
  CHECK(story.watcher.violation()->story == "n1 and n2 both lead view 3");
  CHECK(story.watcher.violation()->source == "a paper");
}

TEST_CASE("another command, or another result, breaks State Machine Safety") {
  Story command;
  command.apply(kFirst, 1, 10);
  command.apply(kSecond, 1, 11);
  CHECK(command.rule() == "State Machine Safety");
  Story result;
  result.apply(kFirst, 1, 10, 1);
  result.apply(kSecond, 1, 10, 2);
  CHECK(result.rule() == "State Machine Safety");
}

TEST_CASE("a hole where another node applied a command breaks No Command Is Skipped") {
  Story skips_late;
  skips_late.apply(kFirst, 1);
  skips_late.apply(kFirst, 2);
  skips_late.apply(kSecond, 2);
  CHECK(skips_late.rule() == "No Command Is Skipped");
  Story skips_first;
  skips_first.apply(kSecond, 2);
  skips_first.apply(kFirst, 1);
  CHECK(skips_first.rule() == "No Command Is Skipped");
}

TEST_CASE("going back, or ahead of the commit, breaks Applied In Order") {
  Story twice;
  twice.apply(kFirst, 1);
  twice.apply(kFirst, 1);
  CHECK(twice.rule() == "Applied In Order");
  Story early;
  early.claimed(kFirst, Committed{{}, 1, 1});
  early.apply(kFirst, 2);
  CHECK(early.rule() == "Applied In Order");
  Story back;
  back.apply(kFirst, 3);
  back.claimed(kFirst, Installed{{}, 2, 1, 99});
  CHECK(back.rule() == "Applied In Order");
  Story ahead;
  ahead.apply(kFirst, 3);
  ahead.claimed(kFirst, Compacted{{}, 4, 1, 99});
  CHECK(ahead.rule() == "Applied In Order");
}

TEST_CASE("a commit that goes back breaks Commit Only Grows, but not after a restart") {
  Story story;
  story.claimed(kFirst, Committed{{}, 5, 1});
  story.happened(Witness::Kind::Started, kFirst);
  story.claimed(kFirst, Committed{{}, 4, 1});
  CHECK(story.rule() == "none");
  story.claimed(kFirst, Committed{{}, 3, 1});
  CHECK(story.rule() == "Commit Only Grows");
}

TEST_CASE("different states after one index break Snapshots Agree") {
  Story story;
  story.claimed(kFirst, Installed{{}, 5, 1, 98});
  story.claimed(kSecond, Installed{{}, 5, 1, 99});
  CHECK(story.rule() == "Snapshots Agree");
}

TEST_CASE("other groups' claims are none of its business; its digest tells what it saw") {
  Story story;
  const auto before = story.watcher.digest();
  story.claimed(kFirst, Leads{GroupId{1}, 3});
  story.claimed(kSecond, Leads{GroupId{1}, 3});
  CHECK(story.rule() == "none");
  CHECK(story.watcher.digest() == before);
  story.apply(kFirst, 1);
  CHECK(story.watcher.digest() != before);
}

}  // namespace
}  // namespace lockstep::consensus::tests
