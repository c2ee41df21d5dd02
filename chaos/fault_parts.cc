#include "chaos/fault_parts.h"

#include <algorithm>

#include "chaos/fault_plan.pb.h"

namespace lockstep::chaos {
namespace {

template <class Nodes>
void append(std::vector<const Node*>& all, const Nodes& nodes) {
  for (const auto& node : nodes) all.push_back(&node);
}

std::vector<const Node*> nodes_of(const Reconfigure& change) {
  std::vector<const Node*> nodes;
  switch (change.change_case()) {
    case Reconfigure::kAdd:
      return {&change.add()};
    case Reconfigure::kRemove:
      return {&change.remove()};
    case Reconfigure::kLearner:
      return {&change.learner()};
    case Reconfigure::kTransfer:
      return {&change.transfer()};
    case Reconfigure::kMembers:
      append(nodes, change.members().node());
      return nodes;
    default:
      return {};
  }
}

}  // namespace

std::vector<const Node*> nodes_of(const Fault& fault) {
  std::vector<const Node*> nodes;
  switch (fault.kind_case()) {
    case Fault::kPartition:
      for (const auto& group : fault.partition().group()) append(nodes, group.node());
      return nodes;
    case Fault::kBridge:
      nodes.push_back(&fault.bridge().bridge());
      append(nodes, fault.bridge().left());
      return nodes;
    case Fault::kOneWay:
      return {&fault.one_way().from(), &fault.one_way().to()};
    case Fault::kSlowLink:
      return {&fault.slow_link().from(), &fault.slow_link().to()};
    case Fault::kIsolate:
      return {&fault.isolate().node()};
    case Fault::kCrash:
      return {&fault.crash().node()};
    case Fault::kWipe:
      return {&fault.wipe().node()};
    case Fault::kPause:
      return {&fault.pause().node()};
    case Fault::kClockStep:
      return {&fault.clock_step().node()};
    case Fault::kClockDrift:
      return {&fault.clock_drift().node()};
    case Fault::kTornWrite:
      return {&fault.torn_write().node()};
    case Fault::kLostFsync:
      return {&fault.lost_fsync().node()};
    case Fault::kBitRot:
      return {&fault.bit_rot().node()};
    case Fault::kReconfigure:
      return nodes_of(fault.reconfigure());
    case Fault::kDeliverOnlyTo:
      return {&fault.deliver_only_to().node()};
    default:
      return {};
  }
}

const Node* newcomer_of(const Fault& fault) {
  const Reconfigure& change = fault.reconfigure();
  if (change.has_add()) return &change.add();
  return change.has_learner() ? &change.learner() : nullptr;
}

bool acts_on_its_message(const Fault& fault) {
  return fault.has_drop_it() || fault.has_hold_it() || fault.has_duplicate_it() ||
         fault.has_deliver_only_to();
}

bool crashes(const Fault& fault) {
  return fault.has_crash() || fault.has_wipe() || fault.has_torn_write() || fault.has_bit_rot();
}

bool needs_leader(const Fault& fault) {
  if (acts_on_its_message(fault)) return false;
  const auto nodes = nodes_of(fault);
  return std::any_of(nodes.begin(), nodes.end(),
                     [](const Node* node) { return node->role() == Node::LEADER; });
}

}  // namespace lockstep::chaos
