// Directed scenarios as coroutines: a cluster in virtual time, with verbs for what a person would
// do to it by hand.
//
//   Scenario scenario(*find_system("raft"), {.nodes = 3});
//   scenario.play([&]() -> asio::awaitable<void> {
//     const NodeId leader = co_await scenario.await_leader();
//     scenario.isolate(leader);
//     const NodeId next = co_await scenario.await_next_leader();
//     CHECK(next != leader);
//   });
//
// Monitors watch as in a run; what they find is in violation().
#pragma once

#include <asio/awaitable.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "chaos/system.h"
#include "transport/simulated/cluster.h"

namespace lockstep::chaos {

struct ScenarioOptions {
  std::uint32_t nodes = 3;
  std::uint64_t seed = 1;
  std::string machine;  ///< empty is the system's first
  OptionValues options;
  transport::NetworkConditions network;
  transport::HostFactory host = transport::in_process();
  /// Nodes with the numbers after these, which come up when they join().
  std::uint32_t spares = 0;
  /// Steps in before any node is started: to watch, or to load disks.
  std::function<void(transport::Cluster&)> before_start;
  /// Nodes' log lines are formatted, for those who watch.
  bool keeps_log = false;
  /// Hears in words what the script does to the network, when it does it.
  std::function<void(const std::string&)> on_deed;
  /// A scenario that needs more events than this is over.
  std::uint64_t events_max = 10'000'000;
};

/// A scenario used up a budget before its script came to an end.
class ScenarioOver : public std::runtime_error {
 public:
  ScenarioOver(std::string budget, const std::string& happened)
      : std::runtime_error(happened), budget_(std::move(budget)) {}
  /// "virtual time" or "event budget".
  const std::string& budget() const { return budget_; }

 private:
  std::string budget_;
};

/// Which messages an isolated node loses.
enum class Direction : std::uint8_t { Both, Incoming, Outgoing };

class Scenario {
 public:
  /// Makes the nodes and starts them. Requires: the system outlives the scenario and makes nodes
  /// from these options; machine is one that it replicates.
  Scenario(const System& system, ScenarioOptions options);
  ~Scenario();

  /// Runs a script to its end, in virtual time. Throws what the script threw, and ScenarioOver if
  /// it waits for something that has not happened after `limit`.
  void play(std::function<asio::awaitable<void>()> script,
            transport::Duration limit = std::chrono::minutes(10));

  asio::awaitable<void> sleep(transport::Duration duration);

  /// Waits until somebody leads and is up; that may be so already.
  asio::awaitable<transport::NodeId> await_leader();
  /// Waits for a leader of a later term than the latest so far.
  asio::awaitable<transport::NodeId> await_next_leader();

  /// The term of the latest claim to lead; 0 if there was none.
  std::uint64_t term() const;
  /// Who made it, if that node is up.
  std::optional<transport::NodeId> leader() const;

  /// One request to one node, by a client of its own. Nothing if no answer came in time.
  asio::awaitable<std::optional<transport::Reply>> ask(
      transport::NodeId node, std::string command,
      transport::Duration patience = std::chrono::seconds(1));

  /// Any request, filled in but for its client and sequence.
  using Fill = std::function<void(transport::Request&)>;
  asio::awaitable<std::optional<transport::Reply>> ask(
      transport::NodeId node, Fill fill, transport::Duration patience = std::chrono::seconds(1));
  /// The same, without waiting; gives the client.
  transport::ClientId submit(transport::NodeId node, const Fill& fill);

  /// A client whose number nobody had before. It asks one thing, as often as it takes.
  transport::ClientId new_client();
  /// Its one request, perhaps again: (client, sequence) stays the same.
  asio::awaitable<std::optional<transport::Reply>> ask(
      transport::ClientId client, transport::NodeId node, Fill fill,
      transport::Duration patience = std::chrono::seconds(1));

  /// Asks around, following redirects, until the command is executed; gives the result.
  asio::awaitable<std::string> execute(std::string command);

  /// Cuts a node off until reconnect() or heal().
  void isolate(transport::NodeId node, Direction direction = Direction::Both);
  void reconnect(transport::NodeId node);
  /// Cuts one direction of one link.
  void cut(transport::NodeId from, transport::NodeId to);
  /// All links are whole again, and nothing is lost any more.
  void heal();

  /// Messages between nodes that match are lost, until heal().
  using Matches = std::function<bool(const transport::Transmission&)>;
  void lose(Matches matches);
  /// Messages between nodes that match are held, until release() sends them on in their order.
  void hold(Matches matches);
  void release();

  /// Starts a spare node.
  void join(transport::NodeId node);

  transport::Cluster& cluster();
  const std::optional<transport::Violation>& violation() const;

 private:
  class Stage;
  std::unique_ptr<Stage> stage_;
};

}  // namespace lockstep::chaos
