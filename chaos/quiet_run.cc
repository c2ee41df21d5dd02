#include "chaos/quiet_run.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <stdexcept>

#include "chaos/scenario.h"
#include "chaos/workload.h"

namespace lockstep::chaos {

using asio::awaitable;
using transport::ClientId;
using transport::ClusterCounts;
using transport::Duration;
using transport::NodeId;
using transport::Reply;
using transport::Request;
using transport::Time;
using transport::Witness;

namespace {

using namespace std::chrono_literals;

constexpr Duration kSettles = 500ms;
constexpr Duration kIdle = 2s;
constexpr Duration kPatience = 2s;

/// How long each client's request took, seen from beside the node that it asked.
class Latencies final : public transport::Observer {
 public:
  explicit Latencies(Duration delay) : delay_(delay) {}

  void see(const Witness& witness) override {
    if (witness.kind == Witness::Kind::Requested) {
      asked_.try_emplace(witness.client, Asked{witness.node, witness.at});
    }
    if (witness.kind != Witness::Kind::Replied) return;
    const auto found = asked_.find(witness.client);
    if (found == asked_.end()) return;
    const bool is_near = witness.node == found->second.node;
    latencies_.push_back(witness.at - found->second.at + (is_near ? Duration{} : delay_));
    asked_.erase(found);
  }

  /// The median of those since the last call.
  Duration take_median() {
    std::vector<Duration> taken = std::exchange(latencies_, {});
    if (taken.empty()) return {};
    std::sort(taken.begin(), taken.end());
    return taken[taken.size() / 2];
  }

 private:
  struct Asked {
    NodeId node{};
    Time at{};
  };
  Duration delay_;
  std::map<ClientId, Asked> asked_;
  std::vector<Duration> latencies_;
};

/// Messages, bytes and syncs, in thousandths of a unit.
struct Traffic {
  std::int64_t messages = 0;
  std::int64_t bytes = 0;
  std::int64_t syncs = 0;

  static Traffic between(const ClusterCounts& from, const ClusterCounts& to) {
    const auto milli = [](std::uint64_t before, std::uint64_t after) {
      return static_cast<std::int64_t>(after - before) * 1000;
    };
    return {milli(from.messages, to.messages), milli(from.message_bytes, to.message_bytes),
            milli(from.syncs, to.syncs)};
  }
};

class Measurement {
 public:
  explicit Measurement(const QuietRun& run)
      : run_(run), latencies_(run.delay), scenario_(*run.system, options()) {}

  QuietCosts take() {
    scenario_.play([this] { return script(); }, 10min);
    if (scenario_.violation()) throw std::runtime_error(scenario_.violation()->story);
    return costs_;
  }

 private:
  ScenarioOptions options() {
    ScenarioOptions options;
    options.nodes = run_.nodes;
    options.seed = run_.seed;
    options.options = run_.options;
    options.network.delay = {run_.delay, run_.delay};
    options.before_start = [this](transport::Cluster& cluster) {
      cluster.set_sync({run_.sync, run_.sync});
      cluster.add_observer(&latencies_);
    };
    return options;
  }

  awaitable<void> script() {
    if (!run_.system->any_node) near_ = co_await scenario_.await_leader();
    co_await scenario_.sleep(kSettles);
    const ReadLevel any;
    co_await operate(0, any, 1, near_);
    co_await scenario_.sleep(kSettles);
    const ClusterCounts before = scenario_.cluster().counts();
    co_await scenario_.sleep(kIdle);
    idle_ = Traffic::between(before, scenario_.cluster().counts());
    costs_.write = co_await cost_of(0, any);
    auto levels = run_.system->read_levels ? run_.system->read_levels(run_.options)
                                           : std::vector<ReadLevel>{};
    if (levels.empty()) levels.emplace_back();
    for (const auto& level : levels) {
      OperationCost cost = co_await cost_of(100, level);
      cost.level = level.name;
      costs_.reads.push_back(std::move(cost));
    }
  }

  awaitable<OperationCost> cost_of(std::uint32_t read_percent, ReadLevel level) {
    // Warms up what it may, and finds who answers.
    const NodeId node = co_await operate(read_percent, level, 1, node_for(level));
    latencies_.take_median();
    const ClusterCounts before = scenario_.cluster().counts();
    const Time since = scenario_.cluster().now();
    co_await operate(read_percent, level, run_.operations, node);
    const auto took = scenario_.cluster().now() - since;
    const Traffic all = Traffic::between(before, scenario_.cluster().counts());
    const auto own = [&](std::int64_t traffic, std::int64_t idle) {
      const std::int64_t rest = traffic - idle * took.count() / Duration(kIdle).count();
      return static_cast<std::uint64_t>(std::max<std::int64_t>(rest, 0)) / run_.operations;
    };
    OperationCost cost;
    cost.messages_milli = own(all.messages, idle_.messages);
    cost.bytes = own(all.bytes, idle_.bytes) / 1000;
    cost.syncs_milli = own(all.syncs, idle_.syncs);
    cost.latency = latencies_.take_median();
    co_return cost;
  }

  /// Reads that any node answers are asked for where nobody leads.
  NodeId node_for(const ReadLevel& level) {
    if (!level.any_node) return near_;
    const auto nodes = serving_nodes(*run_.system, run_.options, scenario_.cluster().founders());
    const auto next = std::upper_bound(nodes.begin(), nodes.end(), near_);
    return next != nodes.end() ? *next : nodes.front();
  }

  /// Returns whom it asked in the end: where another node answers, that is who has to be asked.
  awaitable<NodeId> operate(std::uint32_t read_percent, ReadLevel level, std::uint64_t operations,
                            NodeId node) {
    WorkloadOptions wanted;
    wanted.machine = run_.system->machines.front();
    wanted.clients = 1;
    wanted.operations = operations;
    wanted.read_percent = read_percent;
    wanted.compare_and_set = false;
    // Where a key is decided once and for all, each operation takes the next one.
    wanted.keys = 1;
    Client client(wanted, ClientId{1}, run_.seed + ++batches_);
    const auto& machine = *statemachine::find_machine(wanted.machine);
    while (const auto command = client.next()) {
      const bool is_read = machine.read_only(*command);
      const Scenario::Fill fill = [&](Request& request) {
        request.set_command(*command);
        request.set_read_only(is_read);
        if (is_read) request.set_options(level.options);
      };
      auto reply = co_await scenario_.ask(node, fill, kPatience);
      if (reply && reply->status() == Reply::REDIRECT) {
        node = NodeId{reply->redirect()};
        reply = co_await scenario_.ask(node, fill, kPatience);
      }
      if (!reply || reply->status() != Reply::OK) {
        throw std::runtime_error(fmt::format("{} {} a {} although nothing goes wrong",
                                             to_string(node), reply ? "refuses" : "does not answer",
                                             is_read ? "read" : "write"));
      }
    }
    co_return node;
  }

  const QuietRun& run_;
  Latencies latencies_;
  Scenario scenario_;
  NodeId near_{1};
  Traffic idle_;
  std::uint64_t batches_ = 0;
  QuietCosts costs_;
};

}  // namespace

std::variant<QuietCosts, std::string> measure(const QuietRun& run) {
  try {
    return Measurement(run).take();
  } catch (const std::runtime_error& error) {
    return std::string(error.what());
  }
}

}  // namespace lockstep::chaos
