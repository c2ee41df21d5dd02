// Making a fault plan smaller, step by step.
//
// Each step lowers, in this order of weight: the number of faults, the number of conditions, the
// number of nodes and fields that faults name, the sum of all times, counts and strengths. That is
// why every chain of steps ends.
#include <algorithm>
#include <set>

#include "chaos/fault_parts.h"
#include "chaos/fault_plans.h"

namespace lockstep::chaos {
namespace {

using Plans = std::vector<FaultPlan>;

/// True if the fault, or what it waits for, names a node of these.
bool names_one_of(const Fault& fault, const std::set<std::uint32_t>& ids) {
  const auto is_one = [&](const Node& node) { return ids.count(node.id()) > 0; };
  const auto nodes = nodes_of(fault);
  const Trigger& on = fault.on();
  return std::any_of(nodes.begin(), nodes.end(), [&](const Node* node) { return is_one(*node); }) ||
         is_one(on.message().from()) || is_one(on.message().to()) || is_one(on.write().node());
}

/// Leaves faults out of a plan, with whatever waits for them or names a node that nobody adds then.
class Without {
 public:
  Without(const FaultPlan& plan, int first, int last)
      : plan_(plan), gone_(static_cast<std::size_t>(plan.fault_size()), false) {
    for (int index = first; index < last; ++index) drop(index);
    for (bool changed = true; changed;) {
      changed = false;
      const auto missing = nobody_adds();
      for (int index = 0; index < plan.fault_size(); ++index) {
        if (is_gone(index) || !depends(plan.fault(index), missing)) continue;
        drop(index);
        changed = true;
      }
    }
  }

  bool is_gone(int index) const { return gone_[static_cast<std::size_t>(index)]; }
  bool is_gone(const std::string& name) const { return names_.count(name) > 0; }

 private:
  void drop(int index) {
    gone_[static_cast<std::size_t>(index)] = true;
    if (!plan_.fault(index).name().empty()) names_.insert(plan_.fault(index).name());
  }

  bool depends(const Fault& fault, const std::set<std::uint32_t>& missing) const {
    return is_gone(fault.on().after()) || (!missing.empty() && names_one_of(fault, missing));
  }

  /// Nodes that only faults which are gone bring in.
  std::set<std::uint32_t> nobody_adds() const {
    std::set<std::uint32_t> missing;
    for (const bool gone : {true, false}) {
      for (int index = 0; index < plan_.fault_size(); ++index) {
        const auto* node = newcomer_of(plan_.fault(index));
        if (node == nullptr || is_gone(index) != gone) continue;
        if (gone) {
          missing.insert(node->id());
        } else {
          missing.erase(node->id());
        }
      }
    }
    return missing;
  }

  const FaultPlan& plan_;
  std::vector<bool> gone_;
  std::set<std::string> names_;
};

/// The plan without the faults first .. last-1 and those that make no sense without them.
FaultPlan without(const FaultPlan& plan, int first, int last) {
  const Without chosen(plan, first, last);
  FaultPlan rest = plan;
  rest.clear_fault();
  for (int index = 0; index < plan.fault_size(); ++index) {
    if (chosen.is_gone(index)) continue;
    Fault& kept = *rest.add_fault() = plan.fault(index);
    if (chosen.is_gone(kept.hold_it().until())) kept.mutable_hold_it()->clear_until();
  }
  return rest;
}

void leave_faults_out(const FaultPlan& plan, Plans& plans) {
  const int all = plan.fault_size();
  if (all > 1) plans.push_back(without(plan, 0, all));
  for (int chunk = (all + 1) / 2; chunk >= 1; chunk = chunk == 1 ? 0 : (chunk + 1) / 2) {
    // The later faults are less likely to matter for what went wrong first.
    for (int last = all; last > 0; last -= chunk) {
      plans.push_back(without(plan, std::max(0, last - chunk), last));
    }
  }
}

void calm_conditions(const FaultPlan& plan, Plans& plans) {
  const Conditions& now = plan.conditions();
  const auto calmed = [&](bool applies, auto change) {
    if (!applies) return;
    FaultPlan calmer = plan;
    change(*calmer.mutable_conditions());
    plans.push_back(std::move(calmer));
  };
  calmed(now.ByteSizeLong() > 0, [](Conditions& all) { all.Clear(); });
  calmed(now.loss_ppm() > 0, [](Conditions& one) { one.clear_loss_ppm(); });
  calmed(now.duplicate_ppm() > 0, [](Conditions& one) { one.clear_duplicate_ppm(); });
  calmed(now.reorder_ppm() > 0, [](Conditions& one) { one.clear_reorder_ppm(); });
  calmed(now.delay_high_us() > 0, [](Conditions& one) {
    one.clear_delay_low_us();
    one.clear_delay_high_us();
  });
  calmed(now.sync_high_us() > 0, [](Conditions& one) {
    one.clear_sync_low_us();
    one.clear_sync_high_us();
  });
}

void shorten_storm(const FaultPlan& plan, Plans& plans) {
  std::uint32_t needed = 1;
  for (const auto& fault : plan.fault()) {
    const std::uint32_t lasts = fault.for_ms();
    needed = std::max(needed, fault.at_ms() + (fault.has_on() ? 0 : lasts));
  }
  for (const std::uint32_t shorter : {plan.storm_ms() / 2, plan.storm_ms() - plan.storm_ms() / 8}) {
    if (shorter < needed || shorter >= plan.storm_ms()) continue;
    plans.push_back(plan);
    plans.back().set_storm_ms(shorter);
  }
}

/// Collects variants of a plan in which one fault is smaller.
class FaultSteps {
 public:
  FaultSteps(const FaultPlan& plan, int index, Plans& plans)
      : plan_(plan), index_(index), plans_(plans) {}

  void fewer_parts() {
    const Fault& fault = plan_.fault(index_);
    for (int at = 0; at < fault.on().message().field_size(); ++at) {
      step([&](Fault& smaller) {
        smaller.mutable_on()->mutable_message()->mutable_field()->DeleteSubrange(at, 1);
      });
    }
    fewer_nodes(fault);
  }

  void smaller_numbers() {
    const Fault& fault = plan_.fault(index_);
    lower(fault.for_ms(), 1, [](Fault& smaller, auto value) { smaller.set_for_ms(value); });
    lower(fault.at_ms(), 0, [](Fault& smaller, auto value) { smaller.set_at_ms(value); });
    lower(fault.delay_ms(), 0, [](Fault& smaller, auto value) { smaller.set_delay_ms(value); });
    lower(fault.on().nth(), 1,
          [](Fault& smaller, auto value) { smaller.mutable_on()->set_nth(value); });
    strengths(fault);
  }

 private:
  template <class Change>
  void step(Change change) {
    plans_.push_back(plan_);
    change(*plans_.back().mutable_fault(index_));
  }

  template <class Number, class Set>
  void lower(Number value, std::uint32_t least, Set set) {
    const auto magnitude = static_cast<std::uint32_t>(value < 0 ? -value : value);
    if (magnitude <= least) return;
    const auto signed_value = [&](std::uint32_t to) {
      return value < 0 ? static_cast<Number>(-static_cast<Number>(to)) : static_cast<Number>(to);
    };
    // Down to an eighth: the last few milliseconds are not worth a run each.
    const std::uint32_t excess = magnitude - least;
    for (std::uint32_t part = 1; part <= 8 && excess / part > 0; part *= 2) {
      step([&](Fault& smaller) { set(smaller, signed_value(magnitude - excess / part)); });
    }
  }

  void fewer_nodes(const Fault& fault) {
    const auto& groups = fault.partition().group();
    for (int group = 0; group < groups.size(); ++group) {
      if (groups.size() > 1) {
        step([&](Fault& smaller) {
          smaller.mutable_partition()->mutable_group()->DeleteSubrange(group, 1);
        });
      }
      for (int node = 0; groups[group].node_size() > 1 && node < groups[group].node_size();
           ++node) {
        step([&](Fault& smaller) {
          auto& shrunk = *smaller.mutable_partition()->mutable_group(group);
          shrunk.mutable_node()->DeleteSubrange(node, 1);
        });
      }
    }
    const int left = fault.bridge().left_size();
    for (int node = 0; left > 1 && node < left; ++node) {
      step([&](Fault& smaller) {
        smaller.mutable_bridge()->mutable_left()->DeleteSubrange(node, 1);
      });
    }
  }

  void strengths(const Fault& fault) {
    lower(fault.crash().sends(), 0,
          [](Fault& smaller, auto value) { smaller.mutable_crash()->set_sends(value); });
    lower(fault.slow_link().extra_ms(), 1,
          [](Fault& smaller, auto value) { smaller.mutable_slow_link()->set_extra_ms(value); });
    lower(fault.delay_spike().extra_ms(), 1,
          [](Fault& smaller, auto value) { smaller.mutable_delay_spike()->set_extra_ms(value); });
    lower(fault.loss().ppm(), 1,
          [](Fault& smaller, auto value) { smaller.mutable_loss()->set_ppm(value); });
    lower(fault.duplicate().ppm(), 1,
          [](Fault& smaller, auto value) { smaller.mutable_duplicate()->set_ppm(value); });
    lower(fault.reorder().ppm(), 1,
          [](Fault& smaller, auto value) { smaller.mutable_reorder()->set_ppm(value); });
    lower(fault.clock_step().by_ms(), 1,
          [](Fault& smaller, auto value) { smaller.mutable_clock_step()->set_by_ms(value); });
    lower(fault.clock_drift().ppm(), 1,
          [](Fault& smaller, auto value) { smaller.mutable_clock_drift()->set_ppm(value); });
    lower(fault.duplicate_it().after_ms(), 0,
          [](Fault& smaller, auto value) { smaller.mutable_duplicate_it()->set_after_ms(value); });
  }

  const FaultPlan& plan_;
  int index_;
  Plans& plans_;
};

}  // namespace

std::vector<FaultPlan> smaller(const FaultPlan& plan) {
  Plans plans;
  leave_faults_out(plan, plans);
  calm_conditions(plan, plans);
  for (int index = 0; index < plan.fault_size(); ++index) {
    FaultSteps(plan, index, plans).fewer_parts();
  }
  shorten_storm(plan, plans);
  for (int index = 0; index < plan.fault_size(); ++index) {
    FaultSteps(plan, index, plans).smaller_numbers();
  }
  return plans;
}

FaultPlan shrink(FaultPlan plan, const std::function<bool(const FaultPlan&)>& fails,
                 std::uint64_t budget) {
  for (bool shrunk = true; shrunk;) {
    shrunk = false;
    for (auto& candidate : smaller(plan)) {
      if (budget == 0) return plan;
      --budget;
      if (!fails(candidate)) continue;
      plan = std::move(candidate);
      shrunk = true;
      break;
    }
  }
  return plan;
}

}  // namespace lockstep::chaos
