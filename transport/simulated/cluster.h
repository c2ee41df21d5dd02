// Nodes in virtual time: the same Node class as everywhere, under a simulated network, disk and
// clocks, with every effect carried out in the order that transport/effects.h states.
//
// A cluster does what it is told and breaks nothing of its own accord: chaos crashes, cuts and
// skews through the public functions and the Interceptor. It records nothing either: whoever wants
// to know is an Observer. Its digest folds every event and its content, and is the same whether
// messages pass by pointer, through the wire format or to child processes.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "transport/host.h"
#include "transport/simulated/clock.h"
#include "transport/simulated/disk.h"
#include "transport/simulated/event_loop.h"
#include "transport/simulated/network.h"
#include "transport/simulated/timers.h"
#include "transport/witness.h"

namespace lockstep::transport {

/// A message that is about to travel between two nodes.
struct Transmission {
  NodeId from{};
  NodeId to{};
  std::uint64_t ordinal = 0;  ///< number of earlier messages on this link
  const Envelope& payload;
  Outgoing::Kind kind = Outgoing::Kind::Message;
};

/// Decides what the fault injector changes. Called on the simulated path, so it must be
/// deterministic.
class Interceptor {
 public:
  virtual ~Interceptor() = default;
  /// May change what happens to a message between nodes.
  virtual void on_transmission(const Transmission& transmission, Fate& fate) = 0;
  /// May let the node die while it carries out what a handler recorded.
  virtual CrashPoint on_effects(NodeId node, const Effects& effects) = 0;
};

/// Where replies to clients arrive.
class ReplySink {
 public:
  virtual ~ReplySink() = default;
  virtual void on_reply(ClientId client, NodeId from, const Reply& reply) = 0;
};

struct ClusterOptions {
  std::uint64_t seed = 1;
  NetworkConditions network;
  Between sync{200us, 1ms};  ///< how long an fsync takes
  HostFactory host = in_process();
  bool keeps_log = false;  ///< nodes' log lines are formatted and witnessed
  bool digests = true;     ///< for benchmarks only: without, the run has no digest
};

/// What a run cost.
struct ClusterCounts {
  std::uint64_t handlers = 0;
  std::uint64_t messages = 0;  ///< between nodes, lost ones included
  std::uint64_t message_bytes = 0;
  std::uint64_t lost = 0;
  std::uint64_t duplicated = 0;
  std::uint64_t foreign = 0;  ///< payloads that a node had no handler for
  std::uint64_t syncs = 0;
  std::uint64_t crashes = 0;
  std::uint64_t restarts = 0;
};

class Cluster final : private Event::Target {
 public:
  /// Requires: the loop outlives the cluster.
  Cluster(EventLoop& loop, ClusterOptions options);
  ~Cluster() override;

  /// Adds a founding member, which will be made from the prototype. All are added before any node
  /// is started. Requires: ids ascend.
  void add(NodeId id, std::unique_ptr<Node> prototype);

  /// Adds a node that is no founding member and comes up with start(id, true), at any time.
  /// Requires: the id is higher than all before.
  void add_spare(NodeId id, std::unique_ptr<Node> prototype);

  /// The founding members.
  const std::vector<NodeId>& founders() const { return founders_; }

  /// Starts a node for the first time. `join` says that it is not a founding member.
  void start(NodeId node, bool join = false);

  /// Puts a history on the node's disk. Requires: the node was never started.
  void load(NodeId node, Image image);

  /// Kills the process: un-synced writes are lost from some point on, messages that wait for them
  /// never leave. Nothing happens if it is down already.
  void crash(NodeId node);

  /// Starts the process again, with what its disk kept. Nothing happens if it is up.
  void restart(NodeId node);

  /// The process stops running until resume(); what comes due meanwhile is handled then.
  void pause(NodeId node);
  void resume(NodeId node);

  /// Lets the node's timer come due now, whenever it was set to. Requires: the node is up.
  void expire(NodeId node, std::uint32_t timer, std::uint64_t key = 0);

  bool is_up(NodeId node) const { return site(node).host != nullptr; }
  bool is_paused(NodeId node) const { return site(node).paused; }

  /// From now on fsyncs of the node report success and do nothing, until told otherwise.
  void lie_about_syncs(NodeId node, bool lies) { site(node).lies = lies; }
  /// The next crash of the node tears the batch that is being written.
  void tear_at_next_crash(NodeId node) { site(node).tears = true; }
  /// Flips one bit of the `ordinal`-th stored value (modulo their number). Requires: node is down.
  /// False if nothing is stored.
  bool rot(NodeId node, std::uint64_t ordinal);
  /// Erases all storage. Requires: node is down.
  void wipe(NodeId node) { site(node).world.image.clear(); }
  NodeClock& clock(NodeId node) { return site(node).clock; }

  /// A client's request leaves now for `node`, over the client's own link, which partitions between
  /// nodes do not cut.
  void submit(ClientId client, NodeId node, Envelope request);

  /// Lets a message arrive that was lost or held back earlier; `kind` is that of its transmission.
  void deliver(NodeId from, NodeId to, Envelope payload, Duration delay,
               Outgoing::Kind kind = Outgoing::Kind::Message);

  /// Requires: all of these outlive the cluster or are taken back.
  void set_interceptor(Interceptor* interceptor) { interceptor_ = interceptor; }
  void set_reply_sink(ReplySink* sink) { sink_ = sink; }
  void add_observer(Observer* observer) { observers_.push_back(observer); }

  void set_network(const NetworkConditions& conditions) { options_.network = conditions; }
  const NetworkConditions& network() const { return options_.network; }
  void set_sync(Between sync) { options_.sync = sync; }
  Between sync() const { return options_.sync; }

  /// A node started from exactly what is durable now, never part of the cluster. `ask` is handled
  /// as a message from `from`; its effects are returned, those of the start excluded.
  Effects ask_shadow(NodeId node, NodeId from, const Envelope& question) const;

  /// The node's state by name; empty if it is down.
  Fields describe(NodeId node) const;

  const std::vector<NodeId>& nodes() const { return ids_; }
  EventLoop& loop() { return loop_; }
  Time now() const { return loop_.now(); }
  const ClusterCounts& counts() const { return counts_; }
  std::uint64_t digest() const { return digest_.digest(); }
  /// Number of the event that is being handled.
  std::uint64_t event() const { return loop_.fired(); }

 private:
  enum class Kind : std::uint32_t {
    Deliver,
    Request,
    ReplyToNode,
    ReplyToClient,
    Timer,
    Sync,
    CatchUp
  };

  struct Site {
    NodeId id{};
    std::unique_ptr<Node> prototype;
    std::unique_ptr<Host> host;
    World world;
    Disk disk;
    Timers timers;
    NodeClock clock;
    std::uint32_t life = 0;  ///< events of an earlier life are void; the first is 1
    std::uint64_t incarnation = 0;
    std::uint64_t syncs = 0;
    bool paused = false;
    bool lies = false;
    bool tears = false;
    std::deque<Event> backlog;  ///< in order of arrival; what comes later stands behind it
  };
  static constexpr std::uint32_t kAnyLife = 0;  ///< of events that a crash does not void

  bool exists(NodeId node) const;
  Site& site(NodeId node);
  const Site& site(NodeId node) const;

  void fire(Event& event) override;
  void step(Site& site, Event& event);
  void schedule_catch_up(Site& site);
  void catch_up(Site& site);
  void boot(Site& site, Start::Kind kind);
  void run(Site& site, const Step& step);
  void carry_out(Site& site);
  void set_timers(Site& site);
  void arm(Site& site, std::uint32_t timer, std::uint64_t key, Time deadline);
  void release_early(Site& site);
  bool release(Site& site, std::vector<Outgoing>& outgoing, CrashPoint crash);
  void send(Site& site, Outgoing& outgoing);
  bool transmit(Site& site, Outgoing& outgoing);
  void reply_to_client(Site& site, Outgoing& outgoing);
  void begin_sync(Site& site);
  void end_sync(Site& site);
  void kill(Site& site);
  void fold_event(Kind kind, const Site& site, const Event& event);
  void fold_payload(const Envelope& payload);
  void fold_effects(const Effects& effects);
  static Kind arrival_of(Outgoing::Kind kind);
  void arrive(Kind kind, NodeId from, NodeId to, Envelope payload, Time at,
              std::uint32_t life = kAnyLife);
  void set_clocks(Site& site) const;

  Witness witness(Witness::Kind kind, NodeId node) const;
  void tell(const Witness& witness);
  void tell_claims(Site& site);

  EventLoop& loop_;
  ClusterOptions options_;
  std::vector<NodeId> ids_;
  std::vector<NodeId> founders_;
  std::vector<std::unique_ptr<Site>> sites_;  ///< by node number
  Links links_;
  Interceptor* interceptor_ = nullptr;
  ReplySink* sink_ = nullptr;
  std::vector<Observer*> observers_;
  ClusterCounts counts_;
  statemachine::Fold digest_;
};

}  // namespace lockstep::transport
