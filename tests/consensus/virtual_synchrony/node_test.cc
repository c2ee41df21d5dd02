// Handlers of a member alone on a bench: one message, and what it does.
#include <doctest/doctest.h>

#include <string>

#include "consensus/virtual_synchrony/virtual_synchrony.h"
#include "statemachine/counter.h"
#include "statemachine/sessions.h"
#include "tests/consensus/node_bench.h"

namespace lockstep::consensus::tests {
namespace {

using Order = VirtualSynchrony::Order;
using transport::GroupDelivered;
using transport::SafeIndicated;
using transport::ViewInstalled;

VirtualSynchrony::Options counter_options(Order order, bool safe) {
  VirtualSynchrony::Options options;
  options.order = order;
  options.safe = safe;
  options.machine = statemachine::with_sessions(statemachine::counter::make);
  return options;
}

class Bench : public NodeBench<VirtualSynchrony> {
 public:
  explicit Bench(Order order = Order::Sequencer, bool safe = true,
                 Start::Kind kind = Start::Kind::First)
      : NodeBench(counter_options(order, safe), first(3), kind) {}

  void add(std::uint64_t sequence) {
    Request wish;
    wish.set_client(7);
    wish.set_sequence(sequence);
    wish.set_command(statemachine::counter::add(1));
    request(wish);
  }

  /// A message of `sender`, as it is put into a stream.
  static group::Cast cast(NodeId sender, std::uint64_t own, std::uint32_t stream,
                          std::uint64_t position) {
    group::Cast body;
    body.set_view(group::kFirstView);
    body.set_stream(stream);
    body.set_position(position);
    body.set_sender(number(sender));
    body.set_number(own);
    body.set_command(
        statemachine::encode_session_command(8, own, 0, statemachine::counter::add(1)));
    return body;
  }

  static group::CastAck ack(std::uint32_t stream, std::uint64_t position) {
    group::CastAck body;
    body.set_view(group::kFirstView);
    body.set_stream(stream);
    body.set_position(position);
    return body;
  }

  static group::Flush flush(std::uint64_t counter, NodeId coordinator) {
    group::Flush body;
    body.set_ballot(group::ballot_of(counter, coordinator));
    return body;
  }
};

}  // namespace

TEST_CASE("founders begin in the view that their operator wrote down") {
  Bench bench;
  const auto views = bench.claims<ViewInstalled>();
  REQUIRE(views.size() == 1);
  CHECK(views[0].members == 0b1110);
  CHECK(bench.claims<transport::Leads>().size() == 1);
}

TEST_CASE("who starts again is in no view, and says so to clients") {
  Bench bench(Order::Sequencer, true, Start::Kind::Restart);
  CHECK(bench.claims<ViewInstalled>().empty());
  bench.add(1);
  REQUIRE(bench.replies().size() == 1);
  CHECK(bench.replies()[0].status() == Reply::UNAVAILABLE);
}

TEST_CASE("a safe message is delivered when all members have it, not a majority [CKV 5]") {
  Bench bench;
  bench.add(1);
  CHECK(bench.sent<group::Cast>(kSecond).size() == 1);
  CHECK(bench.claims<GroupDelivered>().empty());
  bench.deliver(kSecond, Bench::ack(0, 1));
  CHECK(bench.claims<GroupDelivered>().empty());
  bench.deliver(kThird, Bench::ack(0, 1));
  CHECK(bench.claims<GroupDelivered>().size() == 1);
  CHECK(bench.claims<SafeIndicated>().size() == 1);
  CHECK(bench.replies().size() == 1);
  CHECK(bench.sent<group::Stable>(kThird).size() == 1);
}

TEST_CASE("without safe delivery a sender delivers at once") {
  Bench bench(Order::Fifo, false);
  bench.add(1);
  CHECK(bench.claims<GroupDelivered>().size() == 1);
  CHECK(bench.replies().size() == 1);
}

TEST_CASE("a stream is delivered without gaps [CKV 6.1]") {
  Bench bench(Order::Fifo, false);
  bench.deliver(kSecond, Bench::cast(kSecond, 2, 1, 2));
  CHECK(bench.claims<GroupDelivered>().empty());
  bench.deliver(kSecond, Bench::cast(kSecond, 1, 1, 1));
  CHECK(bench.claims<GroupDelivered>().size() == 2);
  bench.deliver(kSecond, Bench::cast(kSecond, 1, 1, 1));
  CHECK(bench.claims<GroupDelivered>().empty());
}

TEST_CASE("a message waits for what its sender had delivered [CKV 6.2]") {
  Bench bench(Order::Causal, false);
  auto later = Bench::cast(kThird, 1, 2, 1);
  for (const std::uint64_t seen : {0, 1, 0}) later.add_past(seen);
  bench.deliver(kThird, later);
  CHECK(bench.claims<GroupDelivered>().empty());
  bench.deliver(kSecond, Bench::cast(kSecond, 1, 1, 1));
  CHECK(bench.claims<GroupDelivered>().size() == 2);
}

TEST_CASE("who answered a flush is silent in its view [CKV 4.2]") {
  Bench bench(Order::Fifo, false);
  bench.deliver(kSecond, Bench::flush(2, kSecond));
  REQUIRE(bench.sent<group::FlushReply>(kSecond).size() == 1);
  bench.add(1);
  CHECK(bench.sent<group::Cast>(kSecond).empty());
  bench.deliver(kThird, Bench::cast(kThird, 1, 2, 1));
  CHECK(bench.claims<GroupDelivered>().empty());
}

TEST_CASE("a flush of a lower ballot gets no answer") {
  Bench bench;
  bench.deliver(kThird, Bench::flush(5, kThird));
  bench.deliver(kSecond, Bench::flush(4, kSecond));
  CHECK(bench.sent<group::FlushReply>(kSecond).empty());
}

TEST_CASE("a proposal is installed when it is agreed on, after what it says is delivered") {
  Bench bench(Order::Fifo, false);
  bench.deliver(kSecond, Bench::flush(2, kSecond));
  group::NewView news;
  news.set_ballot(group::ballot_of(2, kSecond));
  auto& proposal = *news.mutable_proposal();
  proposal.set_view(news.ballot());
  auto& ending = *proposal.add_endings();
  ending.set_view(group::kFirstView);
  for (const NodeId node : {kSelf, kSecond}) {
    ending.add_node(number(node));
    auto& member = *proposal.add_members();
    member.set_node(number(node));
    member.set_incarnation(1ull << 20);
  }
  *ending.add_cast() = Bench::cast(kThird, 1, 2, 1);
  bench.deliver(kSecond, news);
  CHECK(bench.sent<group::NewViewAck>(kSecond).size() == 1);
  CHECK(bench.claims<ViewInstalled>().empty());
  group::Install install;
  install.set_ballot(news.ballot());
  install.set_view(news.ballot());
  bench.deliver(kSecond, install);
  CHECK(bench.claims<GroupDelivered>().size() == 1);
  const auto views = bench.claims<ViewInstalled>();
  REQUIRE(views.size() == 1);
  CHECK(views[0].members == 0b0110);
  CHECK(views[0].transitional == 0b0110);
}

TEST_CASE("a counter is on disk before it is in a ballot") {
  Bench bench;
  for (int tick = 0; tick < 9; ++tick) bench.fire(VirtualSynchrony::Timer::Tick);
  REQUIRE(bench.sent<group::Flush>(kSecond).size() == 1);
  const auto used = group::counter_of(bench.sent<group::Flush>(kSecond)[0].ballot());
  bench.restart();
  bench.deliver(kSecond, Bench::flush(used + 1, kSecond));
  REQUIRE(bench.sent<group::FlushReply>(kSecond).size() == 1);
  CHECK(bench.sent<group::FlushReply>(kSecond)[0].counter() == used);
  CHECK(!bench.sent<group::FlushReply>(kSecond)[0].remembers());
}

TEST_CASE("who hears of a later view without itself comes back as another process") {
  Bench bench;
  group::Alive alive;
  alive.set_view(group::ballot_of(4, kSecond));
  alive.set_members(0b1100);
  bench.deliver(kSecond, alive);
  CHECK(bench.field("phase") == "joining");
  CHECK(bench.number_in("incarnation") == (1ull << 20) + 1);
}

}  // namespace lockstep::consensus::tests
