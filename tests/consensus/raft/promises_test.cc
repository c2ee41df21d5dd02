// The restart probes: a faithful node passes, a forgetful one does not.
#include <doctest/doctest.h>

#include "tests/consensus/raft/bench.h"
#include "consensus/raft/promises.h"
#include "tests/consensus/shown.h"

namespace lockstep::consensus::tests {
namespace {

class Probed : public Shown<RaftPromises, raft::Message> {
 public:
  explicit Probed(std::vector<NodeId> nodes = {kSelf, kSecond, kThird}) : Shown(RaftPromises()) {
    for (const NodeId node : nodes) happened(Witness::Kind::Started, node);
  }
};

/// What a shadow of kSelf with these bytes says to the probe.
std::optional<std::string> ask(const Probe& probe, const transport::Image& stored) {
  Bench shadow;
  shadow.world.image = stored;
  shadow.restart();
  const auto& message = static_cast<const raft::Message&>(probe.question.message());
  visit(message, [&](const auto& body) { shadow.deliver(probe.from, body); });
  return probe.contradiction(shadow.world.effects);
}

TEST_CASE("a granted vote survives, and a forgotten one is found out [§5.2]") {
  Bench voter;
  voter.deliver(kSecond, request_vote(4, 0, 0));
  Probed probed;
  const auto probe = probed.sent(kSelf, kSecond, vote(4));
  REQUIRE(probe);
  CHECK(probe->promise == "n1 granted its vote in term 4 to n2");
  CHECK(probe->from == kThird);
  CHECK_FALSE(ask(*probe, voter.world.image));
  SUBCASE("everything forgotten") {
    CHECK(ask(*probe, {}) == "after a restart it grants it to n3 as well");
  }
  SUBCASE("the vote forgotten") {
    auto stored = voter.world.image;
    raft::StoredTerm record;
    record.set_term(4);
    stored["term"] = record.SerializeAsString();
    CHECK(ask(*probe, stored));
  }
  SUBCASE("a later term is no contradiction") {
    voter.deliver(kThird, request_vote(6, 0, 0));
    CHECK_FALSE(ask(*probe, voter.world.image));
  }
}

TEST_CASE("a pre-vote promises nothing, and stickiness does not hide a second vote") {
  Probed probed;
  raft::VoteReply pre_vote = vote(4);
  pre_vote.set_pre_vote(true);
  CHECK_FALSE(probed.sent(kSelf, kSecond, pre_vote));
  const auto probe = probed.sent(kSelf, kSecond, vote(4));
  REQUIRE(probe);
  const auto& message = static_cast<const raft::Message&>(probe->question.message());
  CHECK(message.request_vote().transfer());
  CHECK_FALSE(message.request_vote().pre_vote());
  Raft::Options options = careful_options();
  options.lease = true;
  Bench forgetful(options);
  forgetful.restart();
  forgetful.deliver(probe->from, message.request_vote());
  CHECK(probe->contradiction(forgetful.world.effects));
}

TEST_CASE("refusals promise nothing, and two nodes leave no rival to ask") {
  Probed probed;
  CHECK_FALSE(probed.sent(kSelf, kSecond, vote(4, false)));
  Probed pair({kSelf, kSecond});
  CHECK_FALSE(pair.sent(kSelf, kSecond, vote(4)));
}

TEST_CASE("acknowledged entries survive, and forgotten ones are found out [§5.3]") {
  Bench follower;
  const auto first = entries(3, 0, 0, {1, 3});
  follower.deliver(kSecond, first);
  Probed probed;
  probed.delivered(kSelf, kSecond, first);
  const auto probe = probed.sent(kSelf, kSecond, accepted(3, 2));
  REQUIRE(probe);
  CHECK(probe->from == kSecond);
  CHECK_FALSE(ask(*probe, follower.world.image));
  SUBCASE("the entry forgotten") {
    auto stored = follower.world.image;
    stored.erase(transport::numbered_key("log/", 2));
    CHECK(ask(*probe, stored) == "after a restart it does not hold the entry at index 2");
  }
  SUBCASE("removed by a later leader is no contradiction") {
    follower.deliver(kThird, entries(4, 1, 1, {4}));
    CHECK_FALSE(ask(*probe, follower.world.image));
  }
}

TEST_CASE("answers are probed in the order of the messages, each once; others not at all") {
  Probed probed;
  CHECK_FALSE(probed.sent(kSelf, kSecond, accepted(3, 2)));
  probed.delivered(kSelf, kSecond, entries(3, 0, 0, {3}));
  probed.delivered(kSelf, kSecond, entries(3, 1, 3, {3}));
  CHECK_FALSE(probed.sent(kSelf, kSecond, accepted(2, 2)));
  CHECK(probed.sent(kSelf, kSecond, accepted(3, 1)));
  CHECK(probed.sent(kSelf, kSecond, accepted(3, 2)));
  probed.happened(Witness::Kind::Started, kSelf);
  CHECK_FALSE(probed.sent(kSelf, kSecond, accepted(3, 2)));
}

TEST_CASE("an installed snapshot survives [§7]") {
  raft::InstallSnapshot chunk;
  chunk.set_term(2);
  chunk.set_last_index(5);
  chunk.set_last_term(1);
  carry(chunk, counter_options().machine().snapshot());
  Bench follower;
  follower.deliver(kSecond, chunk);
  REQUIRE(follower.number_in("applied") == 5);
  Probed probed;
  probed.delivered(kSelf, kSecond, chunk);
  raft::SnapshotReply reply;
  reply.set_term(2);
  reply.set_last_index(5);
  CHECK_FALSE(probed.sent(kSelf, kSecond, reply));
  reply.set_installed(true);
  const auto probe = probed.sent(kSelf, kSecond, reply);
  REQUIRE(probe);
  CHECK_FALSE(ask(*probe, follower.world.image));
  CHECK(ask(*probe, {}));
}

}  // namespace
}  // namespace lockstep::consensus::tests
