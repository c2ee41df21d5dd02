// A system under test: a protocol with its options, its promise, and what watches over it. Whoever
// knows protocols (labs, or an engineer's own program) fills one in; chaos knows only this.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "chaos/cost.h"
#include "chaos/coverage.h"
#include "chaos/fault_model.h"
#include "chaos/monitor.h"
#include "statemachine/catalog.h"
#include "transport/node.h"
#include "transport/time.h"

namespace lockstep::chaos {

/// One option of a system, as a user sets it.
struct SystemOption {
  std::string name;
  std::string default_value;
  std::string help;
  /// Values that keep the promise, whatever other options have of theirs: a swarm draws one. Empty
  /// for an option that it leaves alone.
  std::vector<std::string> swarm{};
};

/// A way in which clients may ask for a read, and what it promises them.
struct ReadLevel {
  enum class Promise : std::uint8_t {
    Linearizable,
    /// The reads that one replica answers, from one start to the next, see the log in its order.
    SequentialPerReplica,
  };
  std::string name;
  std::string options;    ///< bytes for Request.options
  bool any_node = false;  ///< any node may be asked; otherwise clients keep to the one that leads
  Promise promise = Promise::Linearizable;
  /// What Linearizable means where answers may be stale: as if the read had been asked for so much
  /// earlier.
  transport::Duration staleness{};
};

using OptionValues = std::map<std::string, std::string, std::less<>>;

struct System {
  std::string name;
  std::string paper;
  std::string promise;  ///< one sentence
  std::vector<SystemOption> options;
  std::vector<std::string> machines;  ///< those it can replicate; the first is the default
  /// Requests may be retried: (client, sequence) is executed at most once.
  bool exactly_once = false;
  /// What it puts around its machines for that, if its log holds session commands; replicas that
  /// answer reads of their own are checked with it.
  std::function<statemachine::MachineFactory(statemachine::MachineFactory)> with_sessions;
  /// Offers compare-and-set, which needs consensus.
  bool compare_and_set = true;
  /// Clients may turn to any node; otherwise they follow redirects to a leader.
  bool any_node = false;
  /// Names of message bodies that an event-triggered fault may wait for.
  std::vector<std::string> message_names;
  std::vector<CoverageGoal> floor;
  /// What the kinds of transport::Reached are called, by kind.
  std::vector<std::string> reach_names;
  std::vector<CoverageAim> aims;

  /// A node to make others from, or what is wrong with the options.
  std::function<std::variant<std::shared_ptr<transport::Node>, std::string>(
      const OptionValues&, const statemachine::MachineKind&)>
      make_node;
  /// Where nodes are of several kinds: what to make this one from. Otherwise all are alike.
  /// Requires of callers: make_node finds nothing wrong with the options.
  std::function<std::shared_ptr<transport::Node>(
      const OptionValues&, const statemachine::MachineKind&, transport::NodeId)>
      make_node_for;
  /// Nodes besides those that the user counts, of another kind: those that serve clients rely on
  /// them, and no client turns to them. They have the first numbers. Without it there are none.
  std::function<std::uint32_t(const OptionValues&)> supporting_nodes;
  /// The group whose log holds what clients ask for.
  transport::GroupId group{};
  /// Where each client has a node of its own: whom it asks, and no other. Otherwise it asks around.
  std::function<transport::NodeId(transport::ClientId, std::uint32_t nodes)> home;
  /// The levels among which clients draw one for each read; none, or empty: reads are asked for in
  /// one way only, and are linearizable.
  std::function<std::vector<ReadLevel>(const OptionValues&)> read_levels;
  /// Whether histories have to be linearizable under these options; if unset, always. Where they
  /// need not, what is promised is for the monitors to judge.
  std::function<bool(const OptionValues&)> is_linearizable;
  /// What it costs while nothing goes wrong, by its paper; none, if nobody has said.
  std::function<std::optional<Cost>(const OptionValues&)> cost;
  std::function<FaultModel(const OptionValues&)> survives;
  std::function<std::vector<AnyMonitor>(std::uint32_t nodes)> monitors;
  /// Where what must hold depends on the options: instead of `monitors`.
  std::function<std::vector<AnyMonitor>(std::uint32_t nodes, const OptionValues&)> monitors_for;
  std::function<std::optional<AnyPromises>()> promises;
};

/// The node with this number, in its initial state. Requires: make_node finds nothing wrong.
std::unique_ptr<transport::Node> make_node_of(const System& system, const OptionValues& options,
                                              const statemachine::MachineKind& machine,
                                              transport::NodeId node);

/// How many nodes there are if the user counts so many.
std::uint32_t all_nodes(const System& system, const OptionValues& options, std::uint32_t nodes);

/// Those that clients turn to, of these founders.
std::vector<transport::NodeId> serving_nodes(const System& system, const OptionValues& options,
                                             const std::vector<transport::NodeId>& founders);

/// What watches a run of this system.
std::vector<AnyMonitor> monitors_of(const System& system, std::uint32_t nodes,
                                    const OptionValues& options);

}  // namespace lockstep::chaos
