#include "chaos/scenario.h"

#include <fmt/core.h>

#include <map>
#include <stdexcept>
#include <utility>
#include <vector>

#include "chaos/link_faults.h"
#include "transport/check.h"
#include "transport/simulated/executor.h"

namespace lockstep::chaos {

using asio::awaitable;
using transport::ClientId;
using transport::Duration;
using transport::NodeId;
using transport::Reply;
using transport::Time;
using transport::Witness;

class Scenario::Stage final : public transport::Observer,
                              public transport::Interceptor,
                              public transport::ReplySink {
 public:
  Stage(const System& of, const ScenarioOptions& options)
      : system(of),
        events_max(options.events_max),
        cluster(loop, cluster_options(options)),
        time(loop),
        monitors(monitors_of(of, options.nodes, options.options)),
        on_deed(options.on_deed),
        links(options.seed) {
    const auto& machine = *statemachine::find_machine(options.machine.empty() ? of.machines.front()
                                                                              : options.machine);
    const auto made = [&](std::uint32_t id) {
      return make_node_of(of, options.options, machine, NodeId{id});
    };
    const std::uint32_t nodes = all_nodes(of, options.options, options.nodes);
    for (std::uint32_t id = 1; id <= nodes; ++id) cluster.add(NodeId{id}, made(id));
    for (std::uint32_t id = nodes + 1; id <= nodes + options.spares; ++id) {
      cluster.add_spare(NodeId{id}, made(id));
    }
    cluster.add_observer(this);
    cluster.set_interceptor(this);
    cluster.set_reply_sink(this);
    if (options.before_start) options.before_start(cluster);
    for (const NodeId node : cluster.founders()) cluster.start(node);
  }
  ~Stage() override { time.finish(); }

  static transport::ClusterOptions cluster_options(const ScenarioOptions& options) {
    transport::ClusterOptions wanted;
    wanted.seed = options.seed;
    wanted.network = options.network;
    wanted.host = options.host;
    wanted.keeps_log = options.keeps_log;
    return wanted;
  }

  void see(const Witness& witness) override {
    if (witness.kind == Witness::Kind::Observed) {
      if (const auto* leads = std::get_if<transport::Leads>(witness.claim)) {
        if (leads->group == system.group && (!leader || leads->term > term)) {
          term = leads->term;
          leader = witness.node;
        }
      }
    }
    for (auto& monitor : monitors) {
      monitor.see(witness);
      if (!violation && monitor.violation()) violation = monitor.violation();
    }
  }

  void on_transmission(const transport::Transmission& transmission,
                       transport::Fate& fate) override {
    if (lost && lost(transmission)) fate.lost = true;
    if (held_back && held_back(transmission)) {
      fate.held = true;
      held.push_back({transmission.from, transmission.to, transmission.payload, transmission.kind});
    }
    std::vector<std::size_t> bitten;
    if (!links.empty()) links.apply(transmission, cluster.network().delay.high, fate, bitten);
  }

  transport::CrashPoint on_effects(NodeId, const transport::Effects&) override { return {}; }

  void on_reply(ClientId client, NodeId, const Reply& reply) override {
    answers[number(client)] = reply;
  }

  void submit(ClientId client, NodeId node, const Fill& fill) {
    cluster.submit(client, node,
                   transport::compose<transport::Request, transport::Request>(
                       [&](transport::Request& request) {
                         request.set_client(number(client));
                         request.set_sequence(1);
                         fill(request);
                       }));
  }

  template <class... Values>
  void tell(fmt::format_string<Values...> deed, const Values&... values) const {
    if (on_deed) on_deed(fmt::vformat(deed, fmt::make_format_args(values...)));
  }

  void cut(std::size_t name, const std::vector<std::pair<NodeId, NodeId>>& pairs) {
    LinkSet cut_off(number(cluster.nodes().back()));
    for (const auto& [from, to] : pairs) cut_off.add(from, to);
    links.begin({name, LinkFaults::Effect::Cut, std::move(cut_off)});
  }

  struct Held {
    NodeId from{};
    NodeId to{};
    transport::Envelope payload;
    transport::Outgoing::Kind kind{};
  };

  const System& system;
  const std::uint64_t events_max;
  transport::EventLoop loop;
  transport::Cluster cluster;
  transport::VirtualTime time;
  std::vector<AnyMonitor> monitors;
  const std::function<void(const std::string&)> on_deed;
  LinkFaults links;
  Matches lost;
  Matches held_back;
  std::vector<Held> held;
  std::uint64_t term = 0;
  std::optional<NodeId> leader;
  std::optional<transport::Violation> violation;
  std::uint64_t next_client = 1;
  std::map<std::uint64_t, Reply> answers;  ///< by client; each client asks once
};

namespace {

constexpr Duration kTick = std::chrono::milliseconds(1);
constexpr Duration kBackoff = std::chrono::milliseconds(20);
/// Cuts of single links are named above all nodes.
constexpr std::size_t kLinkCuts = 1 << 20;

}  // namespace

Scenario::Scenario(const System& system, ScenarioOptions options)
    : stage_(std::make_unique<Stage>(system, options)) {}

Scenario::~Scenario() = default;

void Scenario::play(std::function<awaitable<void>()> script, Duration limit) {
  stage_->time.spawn(script());
  const Time end = stage_->loop.now() + limit;
  const auto give_up = [this](const char* budget, const char* happened) {
    stage_->time.finish();  // Nobody may resume a script whose owner is gone.
    throw ScenarioOver(budget, happened);
  };
  while (stage_->time.running() > 0) {
    if (stage_->loop.fired() > stage_->events_max) {
      give_up("event budget", "the scenario does not end: something happens again and again");
    }
    if (stage_->loop.now() > end || !stage_->loop.step()) {
      give_up("virtual time", "the scenario waits for something that does not happen");
    }
  }
  stage_->time.rethrow();
}

awaitable<void> Scenario::sleep(Duration duration) { return stage_->time.sleep(duration); }

awaitable<NodeId> Scenario::await_leader() {
  while (!leader()) co_await sleep(kTick);
  co_return *stage_->leader;
}

awaitable<NodeId> Scenario::await_next_leader() {
  const std::uint64_t before = stage_->term;
  while (stage_->term == before) co_await sleep(kTick);
  co_return *stage_->leader;
}

std::uint64_t Scenario::term() const { return stage_->term; }

std::optional<NodeId> Scenario::leader() const {
  if (!stage_->leader || !stage_->cluster.is_up(*stage_->leader)) return std::nullopt;
  return stage_->leader;
}

awaitable<std::optional<Reply>> Scenario::ask(NodeId node, std::string command, Duration patience) {
  return ask(
      node, [command](transport::Request& request) { request.set_command(command); }, patience);
}

awaitable<std::optional<Reply>> Scenario::ask(NodeId node, Fill fill, Duration patience) {
  return ask(new_client(), node, std::move(fill), patience);
}

awaitable<std::optional<Reply>> Scenario::ask(ClientId client, NodeId node, Fill fill,
                                              Duration patience) {
  stage_->answers.erase(number(client));
  stage_->submit(client, node, fill);
  const Time give_up = stage_->loop.now() + patience;
  while (stage_->loop.now() < give_up) {
    co_await sleep(kTick);
    const auto answer = stage_->answers.find(number(client));
    if (answer != stage_->answers.end()) co_return answer->second;
  }
  co_return std::nullopt;
}

ClientId Scenario::new_client() { return ClientId{stage_->next_client++}; }

ClientId Scenario::submit(NodeId node, const Fill& fill) {
  const ClientId client = new_client();
  stage_->submit(client, node, fill);
  return client;
}

awaitable<std::string> Scenario::execute(std::string command) {
  const ClientId client = new_client();
  NodeId node = stage_->leader.value_or(stage_->cluster.nodes().front());
  const auto fill = [command](transport::Request& request) { request.set_command(command); };
  for (;;) {
    const auto reply = co_await ask(client, node, fill);
    if (reply && reply->status() == Reply::OK) co_return reply->result();
    if (reply && reply->status() == Reply::REJECTED) throw std::runtime_error(reply->result());
    if (reply && reply->status() == Reply::REDIRECT) {
      node = NodeId{reply->redirect()};
    } else {
      const auto& nodes = stage_->cluster.nodes();
      node = nodes[number(node) % nodes.size()];
    }
    co_await sleep(kBackoff);
  }
}

void Scenario::isolate(NodeId node, Direction direction) {
  stage_->tell("{} is cut off{}", to_string(node),
               direction == Direction::Incoming   ? ": it hears nobody"
               : direction == Direction::Outgoing ? ": nobody hears it"
                                                  : "");
  std::vector<std::pair<NodeId, NodeId>> pairs;
  for (const NodeId other : stage_->cluster.nodes()) {
    if (other == node) continue;
    if (direction != Direction::Incoming) pairs.emplace_back(node, other);
    if (direction != Direction::Outgoing) pairs.emplace_back(other, node);
  }
  stage_->cut(number(node), pairs);
}

void Scenario::reconnect(NodeId node) {
  stage_->tell("{} is connected again", to_string(node));
  stage_->links.end(number(node));
}

void Scenario::cut(NodeId from, NodeId to) {
  stage_->tell("nothing gets from {} to {} any more", to_string(from), to_string(to));
  stage_->cut(kLinkCuts, {{from, to}});
}

void Scenario::heal() {
  stage_->tell("all links are whole again");
  stage_->links.clear();
  stage_->lost = nullptr;
}

void Scenario::lose(Matches matches) {
  stage_->tell("some messages are lost from now on");
  stage_->lost = std::move(matches);
}

void Scenario::hold(Matches matches) {
  stage_->tell("some messages are held back from now on");
  stage_->held_back = std::move(matches);
}

void Scenario::release() {
  stage_->tell("the messages that were held back go on");
  stage_->held_back = nullptr;
  for (auto& [from, to, payload, kind] : std::exchange(stage_->held, {})) {
    stage_->cluster.deliver(from, to, std::move(payload), kTick, kind);
  }
}

void Scenario::join(NodeId node) {
  stage_->tell("{} joins", to_string(node));
  stage_->cluster.start(node, true);
}

transport::Cluster& Scenario::cluster() { return stage_->cluster; }

const std::optional<transport::Violation>& Scenario::violation() const { return stage_->violation; }

}  // namespace lockstep::chaos
