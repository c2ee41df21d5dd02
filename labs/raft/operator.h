// The operator of a group that changes (part G): asks for changes until they are done, and knows
// whom to crash.
#pragma once

#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <vector>

#include "labs/exercise/stage.h"
#include "transport/request.messages.h"

namespace lockstep::labs {

/// Those that are no founders of a group of three.
inline constexpr transport::NodeId kFourth{4};
inline constexpr transport::NodeId kFifth{5};

/// A change, and what to call it.
struct Wish {
  std::string name;  ///< "add n4"
  std::function<void(transport::Admin&)> fill;
};

Wish add(transport::NodeId node);
Wish remove(transport::NodeId node);
Wish learner(transport::NodeId node);
Wish members(std::vector<transport::NodeId> nodes);

/// Asks around until the change is done; stuck if it takes longer than `patience`.
Stage::Task<> insist(Stage& stage, Wish wish,
                     transport::Duration patience = std::chrono::seconds(10));

/// The same, but a change may be rejected, which is no mistake: true if it is done.
Stage::Task<bool> insist_if_possible(Stage& stage, Wish wish,
                                     transport::Duration patience = std::chrono::seconds(10));

/// Asks this node, once: the answer, or nothing if there was none in time.
Stage::Task<std::optional<transport::Reply>> try_once(
    Stage& stage, transport::NodeId node, Wish wish,
    transport::Duration patience = std::chrono::milliseconds(600));

/// Asks for something that cannot be decided now, of this node. Wrong if it is said to be done.
Stage::Task<> try_in_vain(Stage& stage, transport::NodeId node, Wish wish, std::string because);

/// So many writes, one after the other.
Stage::Task<> write_some(Stage& stage, int writes);

/// The founders but those named, ascending.
std::vector<transport::NodeId> founders_without(Stage& stage,
                                                std::initializer_list<transport::NodeId> without);

/// Starts spare nodes; those that take part in the end.
void join(Stage& stage, std::initializer_list<std::uint32_t> nodes);
void crash(Stage& stage, const std::vector<transport::NodeId>& nodes);
void restart(Stage& stage, const std::vector<transport::NodeId>& nodes);
/// These nodes reach each other, and nobody else.
void part(Stage& stage, const std::vector<transport::NodeId>& group);

/// Asks each of these nodes for a write, for longer than elections take. Wrong if one is executed.
Stage::Task<> commits_nothing(Stage& stage, std::vector<transport::NodeId> nodes,
                              std::string promise);

}  // namespace lockstep::labs
