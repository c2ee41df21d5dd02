#include "tests/bench/seed_run.h"

#include "chaos/fault_plans.h"
#include "chaos/injector.h"
#include "tests/bench/raft_load.h"
#include "transport/random.h"

namespace lockstep::bench {
namespace {

using namespace std::chrono_literals;
using transport::NodeId;
using transport::Time;

constexpr std::uint32_t kSeconds = 10;
constexpr auto kPatience = 60ms;  // Of the client, before it asks another node.

chaos::FaultPlan plan_of(std::uint64_t seed, std::uint32_t nodes) {
  chaos::FaultPlan plan;
  plan.set_storm_ms(kSeconds * 1000);
  plan.mutable_conditions()->set_loss_ppm(20'000);
  plan.mutable_conditions()->set_delay_low_us(1'000);
  plan.mutable_conditions()->set_delay_high_us(3'000);
  for (std::uint32_t second = 0; second < kSeconds; ++second) {
    chaos::Fault& fault = *plan.add_fault();
    fault.set_at_ms(second * 1000);
    fault.set_for_ms(1000);
    const std::uint64_t sides = transport::draw(seed, "sides", 0, second);
    auto& partition = *fault.mutable_partition();
    auto& one = *partition.add_group();
    auto& other = *partition.add_group();
    for (std::uint32_t id = 1; id <= nodes; ++id) {
      ((sides >> id & 1) != 0 ? one : other).add_node()->set_id(id);
    }
  }
  return plan;
}

/// One client with one request under way. It asks again, elsewhere, when it hears nothing.
class Client final : public transport::Event::Target, public transport::ReplySink {
 public:
  Client(transport::EventLoop& loop, transport::Cluster& cluster, const Load& load)
      : loop_(loop), cluster_(cluster), load_(load) {}

  void begin() { ask_next(); }
  std::uint64_t done() const { return done_; }

  void fire(transport::Event& event) override {
    if (loop_.now() >= deadline_) {
      to_ = NodeId{number(to_) % load_.nodes + 1};
      ask();
    }
    loop_.schedule(std::max(deadline_, loop_.now()), std::move(event));
  }

  void on_reply(transport::ClientId, NodeId from, const transport::Reply& reply) override {
    if (reply.sequence() != sequence_) return;
    if (reply.status() == transport::Reply::OK) {
      to_ = from;
      ++done_;
      return ask_next();
    }
    if (reply.status() == transport::Reply::REDIRECT) {
      to_ = NodeId{reply.redirect()};
      ask();
    }
  }

 private:
  void ask_next() {
    ++sequence_;
    const bool is_first = sequence_ == 1;
    ask();
    if (!is_first) return;
    transport::Event event;
    event.target = this;
    loop_.schedule(deadline_, std::move(event));
  }

  void ask() {
    deadline_ = loop_.now() + kPatience;
    cluster_.submit(transport::ClientId{1}, to_,
                    transport::compose<transport::Request, transport::Request>(
                        [&](transport::Request& request) {
                          request.set_client(1);
                          request.set_sequence(sequence_);
                          request.set_acknowledged_below(sequence_);
                          request.set_command(load_.command(sequence_));
                        }));
  }

  transport::EventLoop& loop_;
  transport::Cluster& cluster_;
  const Load& load_;
  NodeId to_{1};
  std::uint64_t sequence_ = 0;
  std::uint64_t done_ = 0;
  Time deadline_{};
};

}  // namespace

SeedRun run_seed(std::uint64_t seed) {
  const Load load = raft_load();
  const chaos::FaultPlan plan = plan_of(seed, load.nodes);
  transport::EventLoop loop;
  transport::ClusterOptions options;
  options.seed = seed;
  transport::Cluster cluster(loop, options);
  for (std::uint32_t id = 1; id <= load.nodes; ++id) cluster.add(NodeId{id}, load.make());
  Monitors monitors(cluster);
  chaos::Injector injector(cluster, plan, seed);
  cluster.add_observer(&injector);
  cluster.add_observer(&monitors);
  cluster.set_interceptor(&injector);
  injector.begin();
  Client client(loop, cluster, load);
  cluster.set_reply_sink(&client);
  for (const NodeId node : cluster.nodes()) cluster.start(node);
  client.begin();
  loop.run_until(Time{} + std::chrono::seconds{kSeconds});
  const SeedRun run{loop.fired(), cluster.counts().handlers, cluster.counts().messages,
                    client.done(), monitors.monitor().violation().has_value()};
  loop.clear();
  return run;
}

}  // namespace lockstep::bench
