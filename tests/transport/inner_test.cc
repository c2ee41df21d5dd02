// Four registers inside one node: each group has its own storage, timers and messages.
#include "transport/inner.h"

#include <doctest/doctest.h>

#include <set>

#include "consensus/abd/abd.h"
#include "statemachine/register.h"
#include "tests/transport/inner.messages.h"
#include "tests/transport/stage.h"
#include "transport/process/child.h"

namespace lockstep::tests {
namespace {

namespace register_machine = statemachine::register_machine;
using consensus::Abd;
using transport::GroupId;
using transport::NodeId;
using transport::Request;
using transport::Time;

constexpr std::uint32_t kGroups = 4;

/// Groups 1 to 4; a request's options name its group by one letter, '1' to '4'.
class Shards {
 public:
  using Message = inner::Message;
  enum class Timer : std::uint32_t { FirstOfInner = 10 };
  struct Options {
    Abd::Options group;
  };
  using Ctx = transport::Context<Shards>;

  explicit Shards(const Options& options) {
    for (std::uint32_t group = 1; group <= kGroups; ++group) {
      groups_.emplace_back(GroupId{group}, static_cast<std::uint32_t>(Timer::FirstOfInner),
                           options.group);
    }
  }

  void on(Ctx& ctx, transport::Start start) {
    for (auto& group : groups_) group.start(ctx, start, wrap_message);
  }
  void on(Ctx& ctx, const Request& request) {
    const auto group = static_cast<std::size_t>(request.options().at(0) - '1');
    groups_.at(group).request(ctx, request, wrap_message);
  }
  void on(Ctx& ctx, NodeId from, const inner::Sharded& message) {
    groups_.at(message.group() - 1).message(ctx, from, message.inner(), wrap_message);
  }
  void on(Ctx& ctx, Timer timer, std::uint64_t key) {
    for (auto& group : groups_) {
      const auto number = static_cast<std::uint32_t>(timer);
      if (group.owns_timer(number, key)) return group.timer(ctx, number, key, wrap_message);
    }
  }
  void describe(transport::Fields& fields) const {
    for (const auto& group : groups_) group.node().describe(fields);
  }

 private:
  static transport::Envelope wrap_message(GroupId group, const consensus::abd::Message& message) {
    return transport::compose<inner::Message, inner::Sharded>([&](inner::Sharded& sharded) {
      sharded.set_group(number(group));
      *sharded.mutable_inner() = message;
    });
  }

  std::vector<transport::Inner<Abd>> groups_;
};

struct Shard : transport::ReplySink {
  explicit Shard(transport::ClusterOptions options) : cluster(loop, std::move(options)) {
    cluster.set_reply_sink(this);
    cluster.add_observer(&recorder);
    for (std::uint32_t id = 1; id <= 3; ++id) {
      cluster.add(node(id), std::make_unique<transport::Hosted<Shards>>(Shards::Options{}));
    }
    for (std::uint32_t id = 1; id <= 3; ++id) cluster.start(node(id));
  }
  ~Shard() override { loop.clear(); }
  void on_reply(transport::ClientId, NodeId, const transport::Reply& reply) override {
    const auto result = register_machine::parse_result(reply.result());
    REQUIRE(result);
    last = result->value.value_or("nil");
  }
  /// Gives what the operation returned; "none" if nothing came back.
  std::string call(std::uint32_t at, char group, std::string command) {
    last = "none";
    cluster.submit(transport::ClientId{1}, node(at),
                   transport::compose<Request, Request>([&](Request& request) {
                     request.set_client(1);
                     request.set_sequence(++sequence);
                     request.set_options(std::string(1, group));
                     request.set_command(std::move(command));
                   }));
    loop.run_until(loop.now() + 500ms);
    return last;
  }
  transport::EventLoop loop;
  transport::Cluster cluster;
  Recorder recorder;
  std::string last;
  std::uint64_t sequence = 0;
};

/// Writes and reads all groups, with crashes; gives the digest.
std::uint64_t exercise(transport::HostFactory host) {
  auto options = exact();
  options.host = std::move(host);
  Shard shard(options);
  for (const char group : {'1', '2', '3', '4'}) {
    CHECK(shard.call(1, group, register_machine::read()) == "nil");
    shard.call(1, group, register_machine::write(std::string("v") + group));
  }
  for (const std::uint32_t id : {1u, 2u, 3u}) shard.cluster.crash(node(id));
  for (const std::uint32_t id : {1u, 2u, 3u}) shard.cluster.restart(node(id));
  for (const char group : {'1', '2', '3', '4'}) {
    CHECK(shard.call(2, group, register_machine::read()) == std::string("v") + group);
  }
  CHECK(shard.recorder.count("stored n1 group/3/version=") == 1);
  CHECK(shard.recorder.count("stored n1 version=") == 0);
  return shard.cluster.digest();
}

TEST_CASE("four registers in one node keep apart what they store, and find it after a restart") {
  const std::uint64_t digest = exercise(transport::in_process());
  CHECK(digest == exercise(transport::in_process({.wire = true, .check = true})));
  CHECK(digest == exercise(transport::child_processes()));
}

TEST_CASE("an inner node's timers come back to it: a lost round is retried") {
  Shard shard(exact());
  auto lossy = shard.cluster.network();
  lossy.loss_ppm = 1'000'000;
  shard.cluster.submit(transport::ClientId{1}, node(1),
                       transport::compose<Request, Request>([](Request& request) {
                         request.set_options("3");
                         request.set_command(register_machine::write("retried"));
                       }));
  shard.cluster.set_network(lossy);
  shard.loop.run_until(Time{30ms});
  CHECK(shard.cluster.counts().lost == 2);
  lossy.loss_ppm = 0;
  shard.cluster.set_network(lossy);
  shard.loop.run_until(Time{1s});
  CHECK(shard.recorder.count("fired n1") == 1);
  CHECK(shard.call(2, '3', register_machine::read()) == "retried");
  CHECK(shard.call(2, '2', register_machine::read()) == "nil");
}

/// Sets and erases keys, claims, logs and sets a timer, as one inner node.
class Busy {
 public:
  using Message = toy::Message;
  enum class Timer { Tick };
  struct Options {};
  using Ctx = transport::Context<Busy>;
  explicit Busy(Options) {}
  void on(Ctx& ctx, transport::Start) {
    ctx.storage().erase("old");
    ctx.storage().put("new", "1");
    ctx.set_timer(Timer::Tick, {1ms, 2ms}, 5);
    ctx.cancel_timer(Timer::Tick, 6);
    ctx.observe(transport::Leads{GroupId{}, 9});
    ctx.log("busy {}", 1);
    static_cast<void>(ctx.now());
    stored = ctx.storage().image().size();
  }
  void on(Ctx&, const Request&) {}
  void on(Ctx&, NodeId, const toy::Say&) {}
  void on(Ctx&, NodeId, const toy::Phase2a&) {}
  void on(Ctx&, Timer, std::uint64_t key) { fired = key; }
  std::size_t stored = 0;
  std::uint64_t fired = 0;
};

TEST_CASE("an inner node's effects are mapped one by one onto the outer node's") {
  transport::World world;
  world.keeps_log = true;
  world.image = {{"group/7/old", "x"}, {"group/70/old", "x"}, {"old", "x"}};
  transport::Context<Toy> ctx(world);
  transport::Inner<Busy> busy(GroupId{7}, 100, {});
  const auto wrap = [](GroupId, const toy::Message&) { return transport::Envelope{}; };
  busy.start(ctx, {}, wrap);
  CHECK(busy.node().stored == 1);
  CHECK(world.image == transport::Image{{"group/7/new", "1"}, {"group/70/old", "x"}, {"old", "x"}});
  CHECK(world.effects.writes.at(0).replaced == "x");
  CHECK(world.effects.writes.size() == 2);
  CHECK(std::get<transport::Leads>(world.effects.claims.at(0)).group == GroupId{7});
  CHECK(world.effects.log == std::vector<std::string>{"busy 1"});
  CHECK(world.clock_was_read);
  const auto& timers = world.effects.timers;
  REQUIRE(timers.size() == 2);
  CHECK(timers[0].timer == 100);
  CHECK_FALSE(timers[0].cancel);
  CHECK(timers[1].cancel);
  CHECK(busy.owns_timer(100, timers[0].key));
  CHECK_FALSE(busy.owns_timer(99, timers[0].key));
  CHECK_FALSE(busy.owns_timer(100, 5));
  busy.timer(ctx, 100, timers[0].key, wrap);
  CHECK(busy.node().fired == 5);
}

}  // namespace
}  // namespace lockstep::tests
