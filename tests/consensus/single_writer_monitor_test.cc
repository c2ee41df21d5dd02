// Who may still acknowledge writes after somebody else has begun to.
#include "consensus/single_writer_monitor.h"

#include <doctest/doctest.h>

#include "transport/envelope.h"
#include "transport/request.messages.h"

namespace lockstep::consensus::tests {
namespace {

using transport::Leads;

constexpr NodeId kOld{1};
constexpr NodeId kNew{2};

class Story {
 public:
  void leads(NodeId node, std::uint64_t epoch) {
    const transport::Claim claim = Leads{{}, epoch};
    show(Witness::Kind::Observed, node, {}, nullptr, &claim);
  }

  void asks(std::uint64_t client, NodeId node, bool read_only = false, std::uint64_t sequence = 1) {
    const auto request = transport::compose<Request, Request>([&](Request& made) {
      made.set_sequence(sequence);
      made.set_command("x");
      made.set_read_only(read_only);
    });
    show(Witness::Kind::Requested, node, ClientId{client}, &request, nullptr);
  }

  void acknowledges(NodeId node, std::uint64_t client, Reply::Status status = Reply::OK) {
    const auto reply = transport::compose<Reply, Reply>([&](Reply& made) {
      made.set_sequence(1);
      made.set_status(status);
    });
    show(Witness::Kind::Replied, node, ClientId{client}, &reply, nullptr);
  }

  std::string story() const { return monitor_.violation() ? monitor_.violation()->story : ""; }
  std::uint64_t digest() const { return monitor_.digest(); }

 private:
  void show(Witness::Kind kind, NodeId node, ClientId client, const Envelope* payload,
            const transport::Claim* claim) {
    Witness witness;
    witness.kind = kind;
    witness.event = ++event_;
    witness.node = node;
    witness.client = client;
    witness.payload = payload;
    witness.claim = claim;
    monitor_.see(witness);
  }

  SingleWriterMonitor monitor_{"epoch", "a paper"};
  std::uint64_t event_ = 0;
};

/// kOld leads epoch 1, then kNew leads epoch 2 and acknowledges a write of client 9.
Story deposed() {
  Story story;
  story.leads(kOld, 1);
  story.asks(7, kOld);
  story.leads(kNew, 2);
  story.asks(9, kNew);
  story.acknowledges(kNew, 9);
  return story;
}

TEST_CASE("a deposed node may still acknowledge what was asked for before") {
  Story story = deposed();
  story.acknowledges(kOld, 7);
  CHECK(story.story().empty());
}

TEST_CASE("what was asked for later, it may not") {
  Story story = deposed();
  story.asks(8, kOld);
  const auto before = story.digest();
  story.acknowledges(kOld, 8);
  CHECK(story.story() ==
        "n1 acknowledged a write in epoch 1, which c8 asked for after n2 had acknowledged one in "
        "epoch 2");
  CHECK(story.digest() != before);
}

TEST_CASE(
    "refusals, reads, requests that were repeated, and newer epochs are no writes of the old") {
  Story story = deposed();
  story.asks(8, kOld);
  story.acknowledges(kOld, 8, Reply::REDIRECT);
  story.asks(6, kOld, true);
  story.acknowledges(kOld, 6);
  story.asks(7, kOld);
  story.acknowledges(kOld, 7);
  story.leads(kOld, 3);
  story.asks(5, kOld);
  story.acknowledges(kOld, 5);
  CHECK(story.story().empty());
}

}  // namespace
}  // namespace lockstep::consensus::tests
