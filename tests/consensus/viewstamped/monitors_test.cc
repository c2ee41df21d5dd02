// Each rule of the monitor keeps a story that follows the paper, and breaks one that does not.
#include "consensus/viewstamped/monitors.h"

#include <doctest/doctest.h>

#include "consensus/viewstamped/viewstamped.messages.h"
#include "tests/consensus/shown.h"
#include "tests/consensus/viewstamped/bench.h"

namespace lockstep::consensus::tests {
namespace {

using transport::Committed;
using transport::Follows;
using transport::Leads;

class Story : public Shown<ViewstampedMonitor, viewstamped::Message> {
 public:
  Story() : Shown(ViewstampedMonitor(first(3))) {
    for (std::uint32_t id = 1; id <= 3; ++id) happened(Witness::Kind::Started, NodeId{id});
    claimed(kSelf, Leads{{}, 0});
  }

  /// n1 commits operation 1 of view 0 with n2, and n3 has it too.
  void commits_first() {
    for (const NodeId backup : {kSecond, kThird}) {
      sent(kSelf, backup, prepare(0, 1, {0}));
      delivered(backup, kSelf, prepare(0, 1, {0}));
      sent(backup, kSelf, prepare_ok(0, 1));
    }
    delivered(kSelf, kSelf, prepare_ok(0, 1));
    delivered(kSelf, kSecond, prepare_ok(0, 1));
    claimed(kSelf, Committed{{}, 1, 0});
  }

  /// n2 and n3 leave view 0 for view 1, and n2 gets both logs.
  void changes_view(const viewstamped::Log& of_second, const viewstamped::Log& of_third) {
    sent(kSecond, kThird, start_view_change(1));
    sent(kThird, kSecond, start_view_change(1));
    delivered(kThird, kSecond, start_view_change(1));
    delivered(kSecond, kThird, start_view_change(1));
    offers(kSecond, of_second);
    offers(kThird, of_third);
    claimed(kSecond, Leads{{}, 1});
  }

  void offers(NodeId node, const viewstamped::Log& log) {
    sent(node, kSecond, do_view_change(1, 0, log));
    delivered(kSecond, node, do_view_change(1, 0, log));
  }

  std::string broken() const {
    return watcher.violation() ? watcher.violation()->rule : std::string();
  }
};

TEST_CASE("a story by the paper breaks no rule") {
  Story story;
  story.commits_first();
  story.changes_view(log_of(0, {0}), log_of(0, {0}));
  story.sent(kSecond, kThird, start_view(1, log_of(0, {0})));
  story.delivered(kThird, kSecond, start_view(1, log_of(0, {0})));
  story.sent(kThird, kSecond, prepare_ok(1, 1));
  story.delivered(kSecond, kThird, prepare_ok(1, 1));
  story.delivered(kSecond, kSecond, prepare_ok(1, 1));
  story.claimed(kSecond, Committed{{}, 1, 0});
  CHECK(story.broken().empty());
}

TEST_CASE("Views Only Grow") {
  Story story;
  story.sent(kThird, kSecond, start_view_change(2));
  story.sent(kThird, kSecond, start_view_change(1));
  CHECK(story.broken() == "Views Only Grow");
}

TEST_CASE("One Primary Per View") {
  Story story;
  story.sent(kSecond, kThird, prepare(0, 1, {0}));
  CHECK(story.broken() == "One Primary Per View");
}

TEST_CASE("Views Begin With A Quorum") {
  Story story;
  story.sent(kSecond, kThird, start_view_change(1));
  story.offers(kSecond, log_of(0, {}));
  story.claimed(kSecond, Leads{{}, 1});
  CHECK(story.broken() == "A Quorum Leaves Its Views First");
  Story other;
  other.claimed(kSecond, Leads{{}, 1});
  other.sent(kSecond, kThird, start_view(1, log_of(0, {})));
  CHECK(other.broken() == "Views Begin With A Quorum");
}

TEST_CASE("Acknowledged Operations Are Offered") {
  Story story;
  story.commits_first();
  story.changes_view(log_of(0, {0}), log_of(0, {}));
  CHECK(story.broken() == "Acknowledged Operations Are Offered");
}

TEST_CASE("The Latest View's Longest Log Is Taken") {
  Story story;
  story.changes_view(log_of(0, {}), log_of(0, {0}));
  SUBCASE("it is") { story.sent(kSecond, kThird, start_view(1, log_of(0, {0}))); }
  SUBCASE("it is not") {
    story.sent(kSecond, kThird, start_view(1, log_of(0, {})));
    CHECK(story.broken() == "The Latest View's Longest Log Is Taken");
    return;
  }
  CHECK(story.broken().empty());
}

TEST_CASE("Operations Are Acknowledged In Order") {
  Story story;
  story.delivered(kThird, kSelf, prepare(0, 1, {0}));
  SUBCASE("with all before") {
    story.delivered(kThird, kSelf, prepare(0, 2, {0}));
    story.sent(kThird, kSelf, prepare_ok(0, 2));
    CHECK(story.broken().empty());
  }
  SUBCASE("with a gap") {
    story.delivered(kThird, kSelf, prepare(0, 3, {0}));
    story.sent(kThird, kSelf, prepare_ok(0, 3));
    CHECK(story.broken() == "Operations Are Acknowledged In Order");
  }
}

TEST_CASE("Committed By A Quorum") {
  Story story;
  story.delivered(kSelf, kSelf, prepare_ok(0, 1));
  story.claimed(kSelf, Committed{{}, 1, 0});
  CHECK(story.broken() == "Committed By A Quorum");
}

TEST_CASE("Primaries Commit First") {
  Story story;
  story.claimed(kThird, Committed{{}, 1, 0});
  CHECK(story.broken() == "Primaries Commit First");
}

TEST_CASE("Committed Operations Stay") {
  Story story;
  story.commits_first();
  story.claimed(kSecond, Committed{{}, 1, 0});
  CHECK(story.broken().empty());
  story.claimed(kThird, Committed{{}, 1, 1});
  CHECK(story.broken() == "Committed Operations Stay");
}

TEST_CASE("One Operation Per Viewstamp") {
  Story story;
  story.sent(kSelf, kSecond, prepare(0, 1, {0}));
  story.sent(kSelf, kThird, prepare(0, 1, {0}));
  CHECK(story.broken().empty());
  auto other = prepare(0, 1, {0});
  other.mutable_entries(0)->set_command("something else");
  story.sent(kSelf, kThird, other);
  CHECK(story.broken() == "One Operation Per Viewstamp");
}

TEST_CASE("Recovering Replicas Take No Part") {
  Story story;
  story.happened(Witness::Kind::Started, kThird);
  viewstamped::Recovery question;
  question.set_nonce(2);
  story.sent(kThird, kSelf, question);
  const auto answer = [&](NodeId from, std::uint64_t nonce, bool has_log) {
    viewstamped::RecoveryResponse response;
    response.set_nonce(nonce);
    if (has_log) response.mutable_log();
    story.delivered(kThird, from, response);
  };
  SUBCASE("until they have recovered") {
    answer(kSelf, 2, true);
    answer(kSecond, 2, false);
    story.claimed(kThird, Follows{{}, 0});
    CHECK(story.broken().empty());
  }
  SUBCASE("with too few answers") {
    answer(kSelf, 2, true);
    story.claimed(kThird, Follows{{}, 0});
    CHECK(story.broken() == "Recovering Replicas Take No Part");
  }
  SUBCASE("with an answer to an earlier life") {
    answer(kSelf, 2, true);
    answer(kSecond, 1, false);
    story.sent(kThird, kSelf, prepare_ok(0, 0));
    CHECK(story.broken() == "Recovering Replicas Take No Part");
  }
  SUBCASE("without the primary") {
    answer(kSelf, 2, false);
    answer(kSecond, 2, false);
    story.sent(kThird, kSelf, start_view_change(1));
    CHECK(story.broken() == "Recovering Replicas Take No Part");
  }
}

TEST_CASE("what all replicated machines keep is watched too") {
  Story story;
  story.claimed(kSecond, Leads{{}, 0});
  CHECK(story.broken() == "One Leader Per Term");
}

TEST_CASE("the digest tells stories apart, and copies go on alike") {
  Story one;
  Story other = one;
  CHECK(one.watcher.digest() == other.watcher.digest());
  one.commits_first();
  CHECK(one.watcher.digest() != other.watcher.digest());
  other.commits_first();
  CHECK(one.watcher.digest() == other.watcher.digest());
}

}  // namespace
}  // namespace lockstep::consensus::tests
