// A system under test: a protocol with its options, its promise, and what watches over it. Whoever
// knows protocols (labs, or an engineer's own program) fills one in; chaos knows only this.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "chaos/coverage.h"
#include "chaos/fault_model.h"
#include "chaos/monitor.h"
#include "statemachine/catalog.h"
#include "transport/node.h"

namespace lockstep::chaos {

/// One option of a system, as a user sets it.
struct SystemOption {
  std::string name;
  std::string default_value;
  std::string help;
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
  /// Offers compare-and-set, which needs consensus.
  bool compare_and_set = true;
  /// Clients may turn to any node; otherwise they follow redirects to a leader.
  bool any_node = false;
  /// Names of message bodies that an event-triggered fault may wait for.
  std::vector<std::string> message_names;
  std::vector<CoverageGoal> floor;

  /// A node to make others from, or what is wrong with the options.
  std::function<std::variant<std::shared_ptr<transport::Node>, std::string>(
      const OptionValues&, const statemachine::MachineKind&)>
      make_node;
  std::function<FaultModel(const OptionValues&)> survives;
  std::function<std::vector<AnyMonitor>(std::uint32_t nodes)> monitors;
  std::function<std::optional<AnyPromises>()> promises;
};

}  // namespace lockstep::chaos
