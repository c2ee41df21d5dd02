// Each rule with a story that keeps it and one that breaks it.
#include "consensus/chain/monitors.h"

#include <doctest/doctest.h>

#include "tests/consensus/chain/bench.h"
#include "tests/consensus/shown.h"

namespace lockstep::consensus::tests {
namespace {

using transport::Appended;
using transport::Committed;
using transport::Compacted;
using transport::Served;
using transport::Truncated;

constexpr transport::GroupId kGroup = Chain::kGroup;

// Node 1 is the master; the chain is 2, 3, 4.
constexpr NodeId kHead{2};
constexpr NodeId kMiddle{3};
constexpr NodeId kTail{4};

class Story : public Shown<ChainMonitor, chain::Message> {
 public:
  Story() : Shown(ChainMonitor(1, kGroup)) { says(chain_of(1, {kHead, kMiddle, kTail})); }

  void says(const chain::Configuration& configuration) {
    Reply reply;
    reply.set_result(chain::record_of(configuration).SerializeAsString());
    tell<Reply>(Witness::Kind::Sent, kSelf, reply);
  }

  void asks(NodeId node, std::uint64_t sequence) {
    Request request;
    request.set_client(7);
    request.set_sequence(sequence);
    request.set_read_only(true);
    tell<Request>(Witness::Kind::Requested, node, request);
  }

  void has(NodeId node, std::uint64_t index, std::uint64_t epoch = 1) {
    claimed(node, Appended{kGroup, index, epoch, index * 100 + epoch});
  }

  /// `node` gets updates from `from` and has the one at `index` now.
  void gets(NodeId node, NodeId from, std::uint64_t index, std::uint64_t epoch = 1) {
    delivered(node, from, updates(epoch, index - 1, {epoch}));
    has(node, index, epoch);
  }

  void all_have(std::uint64_t index) {
    has(kHead, index);
    gets(kMiddle, kHead, index);
    gets(kTail, kMiddle, index);
  }

  void served(NodeId node, std::uint64_t sequence, std::uint64_t index) {
    claimed(node, Served{kGroup, 7, sequence, index, chain::ReadOptions::TAIL});
  }

  std::string rule() const {
    return watcher.violation() ? watcher.violation()->rule : std::string();
  }

 private:
  template <class Plain>
  void tell(Witness::Kind kind, NodeId node, const Plain& plain) {
    const Envelope payload = transport::compose<Plain, Plain>([&](Plain& place) { place = plain; });
    Witness witness;
    witness.kind = kind;
    witness.node = node;
    witness.client = transport::client_of(kHead);
    witness.payload = &payload;
    watcher.see(witness);
  }
};

}  // namespace

TEST_CASE("updates that went down the whole chain may be committed") {
  Story story;
  story.all_have(1);
  story.all_have(2);
  story.claimed(kTail, Committed{kGroup, 2, 1});
  CHECK(story.rule().empty());
}

TEST_CASE("Committed Updates Are On All Servers") {
  Story story;
  story.has(kHead, 1);
  story.gets(kTail, kHead, 1);
  story.claimed(kTail, Committed{kGroup, 1, 1});
  CHECK(story.rule() == "Committed Updates Are On All Servers");
}

TEST_CASE("who was removed need not have what is committed") {
  Story story;
  story.has(kHead, 1);
  story.gets(kTail, kHead, 1);
  story.says(chain_of(2, {kHead, kTail}));
  story.claimed(kTail, Committed{kGroup, 1, 1});
  CHECK(story.rule().empty());
}

TEST_CASE("Update Propagation: an update comes from one who has it") {
  Story story;
  story.has(kHead, 1);
  story.gets(kTail, kMiddle, 1);
  CHECK(story.rule() == "Update Propagation");
}

TEST_CASE("Only The Head Takes Up Updates") {
  Story story;
  story.has(kMiddle, 1);
  CHECK(story.rule() == "Only The Head Takes Up Updates");
}

TEST_CASE("Histories Grow At Their End") {
  Story story;
  story.has(kHead, 1);
  story.has(kHead, 3);
  CHECK(story.rule() == "Histories Grow At Their End");
}

TEST_CASE("Committed Updates Are There") {
  Story story;
  story.claimed(kTail, Committed{kGroup, 1, 1});
  CHECK(story.rule() == "Committed Updates Are There");
}

TEST_CASE("Committed Updates Stay; others may go") {
  Story story;
  story.all_have(1);
  story.claimed(kTail, Committed{kGroup, 1, 1});
  story.claimed(kHead, Truncated{kGroup, 1});
  CHECK(story.rule().empty());
  story.claimed(kTail, Truncated{kGroup, 1});
  CHECK(story.rule() == "Committed Updates Stay");
}

TEST_CASE("Only Committed Updates Are Compacted") {
  Story story;
  story.all_have(1);
  story.claimed(kTail, Committed{kGroup, 1, 1});
  story.claimed(kTail, Compacted{kGroup, 1, 1, 5});
  CHECK(story.rule().empty());
  story.claimed(kHead, Compacted{kGroup, 1, 1, 5});
  CHECK(story.rule() == "Only Committed Updates Are Compacted");
}

TEST_CASE("One Configuration Per Epoch; suspicions are no part of it") {
  Story story;
  auto suspecting = chain_of(1, {kHead, kMiddle, kTail});
  suspecting.suspected = {kTail};
  story.says(suspecting);
  CHECK(story.rule().empty());
  story.says(chain_of(1, {kHead, kTail}));
  CHECK(story.rule() == "One Configuration Per Epoch");
}

TEST_CASE("Updates Go To The Successor") {
  Story story;
  story.sent(kHead, kMiddle, updates(1, 0, {1}));
  CHECK(story.rule().empty());
  story.sent(kHead, kTail, updates(1, 0, {1}));
  CHECK(story.rule() == "Updates Go To The Successor");
}

TEST_CASE("Epochs Only Grow, within one life") {
  Story story;
  story.sent(kMiddle, kHead, update_ack(3, 0, 0));
  story.happened(Witness::Kind::Started, kMiddle);
  story.sent(kMiddle, kHead, update_ack(2, 0, 0));
  story.sent(kMiddle, kHead, update_ack(0, 0, 0));
  CHECK(story.rule().empty());
  story.sent(kMiddle, kHead, update_ack(1, 0, 0));
  CHECK(story.rule() == "Epochs Only Grow");
}

TEST_CASE("Reads See What Was Committed when they were asked for") {
  Story story;
  story.asks(kTail, 1);
  story.all_have(1);
  story.claimed(kTail, Committed{kGroup, 1, 1});
  story.served(kMiddle, 1, 0);
  CHECK(story.rule().empty());
  story.asks(kTail, 2);
  story.served(kTail, 2, 0);
  CHECK(story.rule() == "Reads See What Was Committed");
}

TEST_CASE("Who Was Removed Is Silent") {
  Story story;
  story.served(kTail, 1, 0);
  story.says(chain_of(2, {kHead, kMiddle}));
  story.served(kMiddle, 2, 0);
  CHECK(story.rule().empty());
  story.served(kTail, 3, 0);
  CHECK(story.rule() == "Who Was Removed Is Silent");
}

TEST_CASE("what a monitor remembers is in its digest") {
  Story story;
  const auto before = story.watcher.digest();
  story.has(kHead, 1);
  CHECK(story.watcher.digest() != before);
}

}  // namespace lockstep::consensus::tests
