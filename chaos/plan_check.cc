// Whether a fault plan can be run, and if not, what is wrong with it.
#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <set>

#include "chaos/fault_parts.h"
#include "chaos/fault_plans.h"

namespace lockstep::chaos {
namespace {

using Problem = std::optional<std::string>;

constexpr std::uint32_t kHour = 3'600'000;  // in ms, the longest time anywhere in a plan
constexpr std::uint32_t kMinute = 60'000;   // in ms, the longest extra delay
constexpr std::uint32_t kMillion = 1'000'000;
constexpr int kFaultsMax = 500;
constexpr int kStepMax = 1'000'000'000;  // ms
constexpr int kDriftMax = 500'000;       // ppm
constexpr std::uint32_t kSendsMax = 1'000;

Problem above(std::string_view field, std::uint32_t value, std::uint32_t most) {
  if (value <= most) return {};
  return fmt::format("{} is {}, at most {} is allowed", field, value, most);
}

Problem first_of(std::initializer_list<Problem> problems) {
  for (const auto& problem : problems) {
    if (problem) return problem;
  }
  return {};
}

/// Checks one fault, without its relations to others.
class FaultCheck {
 public:
  FaultCheck(const Fault& fault, const FaultPlan& plan, std::uint32_t nodes,
             const std::vector<std::uint32_t>& spares)
      : fault_(fault), storm_ms_(plan.storm_ms()), nodes_(nodes), spares_(spares) {}

  Problem problem() const {
    if (fault_.kind_case() == Fault::KIND_NOT_SET) return "it says nothing to do";
    if (auto bad = times()) return bad;
    if (auto bad = trigger()) return bad;
    for (const auto* node : nodes_of(fault_)) {
      if (auto bad = named(*node, true)) return bad;
    }
    return kind();
  }

 private:
  Problem times() const {
    const bool timed = !fault_.has_on();
    if (!timed && fault_.at_ms() > 0) return "it has both at_ms and on, only one is allowed";
    if (timed && fault_.delay_ms() > 0) return "delay_ms counts from a trigger, and there is none";
    if (fault_.at_ms() > storm_ms_) {
      return fmt::format("at_ms is {}, after the end of the storm at {}", fault_.at_ms(),
                         storm_ms_);
    }
    if (acts_on_its_message(fault_)) {
      if (!fault_.on().has_message()) {
        return "what is done to a message needs a message as its trigger (on { message { } })";
      }
      if (fault_.delay_ms() > 0) return "after delay_ms its message has already gone";
    }
    return first_of(
        {above("for_ms", fault_.for_ms(), kHour), above("delay_ms", fault_.delay_ms(), kHour)});
  }

  Problem trigger() const {
    if (!fault_.has_on()) return {};
    const Trigger& on = fault_.on();
    if (on.what_case() == Trigger::WHAT_NOT_SET) {
      if (on.after().empty()) return "its trigger waits for nothing: message, write or after";
      if (on.nth() > 1) return "nth needs a message or a write to count";
    }
    if (auto bad = above("nth", on.nth(), kMillion)) return bad;
    const MessageMatch& message = on.message();
    for (const auto& field : message.field()) {
      if (field.field().empty()) return "a field match names no field";
    }
    if (message.has_from()) {
      if (auto bad = named(message.from(), false)) return bad;
    }
    if (message.has_to()) {
      if (auto bad = named(message.to(), false)) return bad;
    }
    return on.write().has_node() ? named(on.write().node(), false) : Problem();
  }

  Problem named(const Node& node, bool in_the_fault) const {
    if (node.who_case() == Node::WHO_NOT_SET) return "a node is missing: give its id or its role";
    if (node.who_case() == Node::kId) {
      if (node.id() >= 1 && node.id() <= nodes_) return {};
      const bool joins = std::find(spares_.begin(), spares_.end(), node.id()) != spares_.end();
      if (joins && node.id() > 0) {
        return above("the number of a node", node.id(), kNodesMax);
      }
      return fmt::format("node {} does not exist, there are 1 to {}{}", node.id(), nodes_,
                         spares_.empty() ? "" : ", and those that the plan adds");
    }
    if (!Node::Role_IsValid(node.role()) || node.role() == Node::NONE) {
      return fmt::format("{} is no role of a node", static_cast<int>(node.role()));
    }
    if (node.role() == Node::LEADER) return {};
    const std::string& role = Node::Role_Name(node.role());
    if (!in_the_fault)
      return fmt::format("a trigger cannot look for the {}, only for LEADER", role);
    if (node.role() == Node::WRITER && !fault_.on().has_write()) {
      return "the WRITER is known only if a write is the trigger";
    }
    if (node.role() != Node::WRITER && !fault_.on().has_message()) {
      return fmt::format("the {} is known only if a message is the trigger", role);
    }
    return {};
  }

  Problem kind() const {
    switch (fault_.kind_case()) {
      case Fault::kPartition:
        return groups();
      case Fault::kBridge:
        return bridge();
      case Fault::kOneWay:
        return ends(fault_.one_way().from(), fault_.one_way().to());
      case Fault::kSlowLink:
        return first_of({ends(fault_.slow_link().from(), fault_.slow_link().to()),
                         above("extra_ms", fault_.slow_link().extra_ms(), kMinute)});
      case Fault::kDelaySpike:
        return above("extra_ms", fault_.delay_spike().extra_ms(), kMinute);
      case Fault::kLoss:
        return above("ppm", fault_.loss().ppm(), kMillion);
      case Fault::kDuplicate:
        return above("ppm", fault_.duplicate().ppm(), kMillion);
      case Fault::kReorder:
        return above("ppm", fault_.reorder().ppm(), kMillion);
      case Fault::kIsolate:
        if (Isolate::Direction_IsValid(fault_.isolate().direction())) return {};
        return "the direction is none of BOTH, INCOMING and OUTGOING";
      case Fault::kCrash:
        return crash_point();
      case Fault::kClockStep:
        return within("by_ms", fault_.clock_step().by_ms(), kStepMax);
      case Fault::kClockDrift:
        return within("ppm", fault_.clock_drift().ppm(), kDriftMax);
      case Fault::kReconfigure:
        return change();
      case Fault::kDuplicateIt:
        return above("after_ms", fault_.duplicate_it().after_ms(), kHour);
      default:
        return {};
    }
  }

  Problem groups() const {
    if (fault_.partition().group().empty()) return "a partition needs at least one group";
    std::set<std::uint32_t> seen;
    for (const auto& group : fault_.partition().group()) {
      if (group.node().empty()) return "a group of the partition is empty";
      for (const auto& node : group.node()) {
        const bool known = node.who_case() == Node::kId;
        if (known && !seen.insert(node.id()).second) {
          return fmt::format("node {} is in the partition twice", node.id());
        }
      }
    }
    return {};
  }

  Problem bridge() const {
    const Bridge& bridge = fault_.bridge();
    if (bridge.left().empty()) return "a bridge needs a node on its left";
    for (const auto& node : bridge.left()) {
      if (node.who_case() == Node::kId && bridge.bridge().who_case() == Node::kId &&
          node.id() == bridge.bridge().id()) {
        return fmt::format("node {} is the bridge and on its left", node.id());
      }
    }
    return {};
  }

  static Problem ends(const Node& from, const Node& to) {
    const bool both_known = from.who_case() == Node::kId && to.who_case() == Node::kId;
    if (both_known && from.id() == to.id()) return "a link needs two different nodes";
    return {};
  }

  Problem crash_point() const {
    const Crash& crash = fault_.crash();
    if (!Crash::Point_IsValid(crash.point())) return "there is no such crash point";
    if (crash.sends() > 0 && crash.point() != Crash::AFTER_SEND) {
      return "sends is for the point AFTER_SEND only";
    }
    return above("sends", crash.sends(), kSendsMax);
  }

  Problem change() const {
    const Reconfigure& reconfigure = fault_.reconfigure();
    if (reconfigure.change_case() == Reconfigure::CHANGE_NOT_SET) {
      return "it changes nothing: add, remove, learner, transfer, snapshot or members";
    }
    if (reconfigure.has_members() && reconfigure.members().node().empty()) {
      return "a group without members cannot be";
    }
    const auto* added = newcomer_of(fault_);
    if (added == nullptr) return {};
    if (added->who_case() != Node::kId) return "a node that is brought in needs its id";
    if (added->id() > nodes_) return {};
    return fmt::format("node {} is a founder, and numbers are never used again", added->id());
  }

  static Problem within(std::string_view field, std::int32_t value, std::int32_t most) {
    if (value >= -most && value <= most) return {};
    return fmt::format("{} is {}, from {} to {} is allowed", field, value, -most, most);
  }

  const Fault& fault_;
  std::uint32_t storm_ms_;
  std::uint32_t nodes_;
  const std::vector<std::uint32_t>& spares_;
};

std::string label(const FaultPlan& plan, int index) {
  const std::string& name = plan.fault(index).name();
  return name.empty() ? fmt::format("fault {}", index + 1)
                      : fmt::format("fault {} (\"{}\")", index + 1, name);
}

Problem range_problem(std::string_view what, std::uint32_t low, std::uint32_t high) {
  if (low > high) {
    return fmt::format("conditions: {}_low_us is {}, more than {}_high_us, which is {}", what, low,
                       what, high);
  }
  return above(fmt::format("conditions: {}_high_us", what), high, kMinute * 1000);
}

Problem conditions_problem(const Conditions& wanted) {
  return first_of({range_problem("delay", wanted.delay_low_us(), wanted.delay_high_us()),
                   range_problem("sync", wanted.sync_low_us(), wanted.sync_high_us()),
                   above("conditions: loss_ppm", wanted.loss_ppm(), kMillion),
                   above("conditions: duplicate_ppm", wanted.duplicate_ppm(), kMillion),
                   above("conditions: reorder_ppm", wanted.reorder_ppm(), kMillion)});
}

/// What is wrong with the names by which faults refer to each other.
Problem names_problem(const FaultPlan& plan) {
  std::map<std::string_view, int> named;
  for (int index = 0; index < plan.fault_size(); ++index) {
    const std::string& name = plan.fault(index).name();
    if (!name.empty() && !named.emplace(name, index).second) {
      return label(plan, index) + ": another fault has the same name";
    }
  }
  for (int index = 0; index < plan.fault_size(); ++index) {
    const Fault& fault = plan.fault(index);
    for (const auto* name : {&fault.on().after(), &fault.hold_it().until()}) {
      if (!name->empty() && named.count(*name) == 0) {
        return fmt::format("{}: no fault is named \"{}\"", label(plan, index), *name);
      }
    }
    if (!fault.name().empty() && fault.hold_it().until() == fault.name()) {
      return label(plan, index) + ": it holds a message until it begins itself";
    }
    int steps = 0;
    for (auto at = named.find(fault.on().after()); at != named.end();
         at = named.find(plan.fault(at->second).on().after())) {
      if (++steps > plan.fault_size()) return label(plan, index) + ": it waits for itself";
    }
  }
  return {};
}

}  // namespace

std::optional<std::string> problem_with(const FaultPlan& plan, std::uint32_t nodes) {
  if (plan.storm_ms() < 1 || plan.storm_ms() > kHour) {
    return fmt::format("storm_ms is {}, from 1 to {} is allowed", plan.storm_ms(), kHour);
  }
  if (plan.fault_size() > kFaultsMax) {
    return fmt::format("there are {} faults, at most {} are allowed", plan.fault_size(),
                       kFaultsMax);
  }
  if (auto bad = conditions_problem(plan.conditions())) return bad;
  const auto spares = spares_of(plan);
  for (int index = 0; index < plan.fault_size(); ++index) {
    const auto bad = FaultCheck(plan.fault(index), plan, nodes, spares).problem();
    if (bad) return label(plan, index) + ": " + *bad;
  }
  return names_problem(plan);
}

}  // namespace lockstep::chaos
