// Fault plans as values: read from text, checked, written, drawn from a seed, and made smaller.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "chaos/fault_model.h"
#include "chaos/fault_plan.pb.h"

namespace lockstep::chaos {

/// The highest number of a node: sets of nodes are the bits of a word.
inline constexpr std::uint32_t kNodesMax = 63;

/// Why a text is no fault plan; `line` and `column` count from 1 and are 0 where none applies.
struct PlanError {
  int line = 0;
  int column = 0;
  std::string message;
};

/// Reads a plan from Protobuf text.
std::variant<FaultPlan, PlanError> parse_plan(std::string_view text);

/// What is wrong with a plan for this many nodes (a node that does not exist, a trigger without a
/// match, a name that nobody has ...); nothing if it can be run.
std::optional<std::string> problem_with(const FaultPlan& plan, std::uint32_t nodes);

/// The nodes that are no founders and that the plan adds at some time, in ascending order.
std::vector<std::uint32_t> spares_of(const FaultPlan& plan);

/// The plan as text that parse_plan reads back to the same plan.
std::string to_text(const FaultPlan& plan);

/// The kind of one fault; what happens to a single message counts as Loss, Reorder or Duplicate.
FaultKind kind_of(const Fault& fault);

/// All kinds that a plan uses, conditions included, that the model does not survive.
std::vector<FaultKind> beyond(const FaultPlan& plan, const FaultModel& model);

/// A plan drawn from a seed: which kinds are on at all, then times, nodes and triggers of each, all
/// inside the model (Groce et al., Swarm Testing, ISSTA 2012). `message_names` are the bodies that
/// triggers may wait for. Pure: the same arguments always give the same plan.
FaultPlan swarm_plan(std::uint64_t seed, const FaultModel& model, std::uint32_t nodes,
                     const std::vector<std::string>& message_names);

/// All plans one step smaller than this one, most promising first: faults left out (halves, then
/// single ones), conditions calmed, shorter and earlier faults, fewer nodes in them. Ends: every
/// chain of steps is finite. Feeds both RapidCheck and --shrink.
std::vector<FaultPlan> smaller(const FaultPlan& plan);

/// The smallest plan found that still fails: follows smaller() greedily while `fails` says true, at
/// most `budget` calls of it. Requires: fails(plan).
FaultPlan shrink(FaultPlan plan, const std::function<bool(const FaultPlan&)>& fails,
                 std::uint64_t budget);

}  // namespace lockstep::chaos
