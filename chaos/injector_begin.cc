#include <algorithm>

#include "chaos/injector_engine.h"

namespace lockstep::chaos {

using std::chrono::milliseconds;
using transport::Duration;
using transport::NodeId;

void Injector::Engine::begin_kind(Index index, const Moment& moment) {
  switch (of(index).fault->kind_case()) {
    case Fault::kPartition:
    case Fault::kIsolate:
    case Fault::kOneWay:
    case Fault::kBridge:
    case Fault::kSlowLink:
    case Fault::kDelaySpike:
    case Fault::kLoss:
    case Fault::kDuplicate:
    case Fault::kReorder:
      return begin_link_fault(index);
    case Fault::kDropIt:
    case Fault::kHoldIt:
    case Fault::kDuplicateIt:
    case Fault::kDeliverOnlyTo:
      return begin_on_message(index, moment);
    case Fault::kReconfigure:
      return petition(index);
    default:
      return begin_on_node(index, moment);
  }
}

void Injector::Engine::end_kind(Index index) {
  links_.end(index);
  release(index);
  of(index).asks = false;
  end_on_node(index);
}

void Injector::Engine::begin_link_fault(Index index) {
  using Effect = LinkFaults::Effect;
  const Fault& fault = *of(index).fault;
  LinkFaults::Active active{index, Effect::Cut, links_of(index), {}, 0};
  switch (fault.kind_case()) {
    case Fault::kSlowLink:
      active.effect = Effect::Delay;
      active.extra = milliseconds(fault.slow_link().extra_ms());
      break;
    case Fault::kDelaySpike:
      active.effect = Effect::Delay;
      active.extra = milliseconds(fault.delay_spike().extra_ms());
      break;
    case Fault::kLoss:
      active.effect = Effect::Lose;
      active.ppm = fault.loss().ppm();
      break;
    case Fault::kDuplicate:
      active.effect = Effect::Duplicate;
      active.ppm = fault.duplicate().ppm();
      break;
    case Fault::kReorder:
      active.effect = Effect::Reorder;
      active.ppm = fault.reorder().ppm();
      break;
    default:
      break;
  }
  links_.begin(std::move(active));
}

LinkSet Injector::Engine::links_of(Index index) const {
  const Fault& fault = *progress_[index].fault;
  const Cast& cast = progress_[index].cast;
  const std::uint32_t highest = number(cluster_.nodes().back());
  LinkSet links(highest);
  // Which side of a cut each node is on; 0 is where everybody is who is not named.
  std::vector<std::uint32_t> side(highest + 1, 0);
  switch (fault.kind_case()) {
    case Fault::kPartition: {
      std::uint32_t group_number = 0;
      for (const auto& group : fault.partition().group()) {
        ++group_number;
        for (const auto& node : group.node()) side[number(resolve(node, cast))] = group_number;
      }
      split(links, side);
      break;
    }
    case Fault::kIsolate: {
      const NodeId alone = resolve(fault.isolate().node(), cast);
      for (const NodeId other : cluster_.nodes()) {
        if (fault.isolate().direction() != Isolate::INCOMING) links.add(alone, other);
        if (fault.isolate().direction() != Isolate::OUTGOING) links.add(other, alone);
      }
      break;
    }
    case Fault::kBridge: {
      for (const auto& node : fault.bridge().left()) side[number(resolve(node, cast))] = 1;
      side[number(resolve(fault.bridge().bridge(), cast))] = kBothSides;
      split(links, side);
      break;
    }
    case Fault::kOneWay:
      links.add(resolve(fault.one_way().from(), cast), resolve(fault.one_way().to(), cast));
      break;
    case Fault::kSlowLink:
      links.add(resolve(fault.slow_link().from(), cast), resolve(fault.slow_link().to(), cast));
      break;
    default:
      for (const NodeId from : cluster_.nodes()) {
        for (const NodeId to : cluster_.nodes()) links.add(from, to);
      }
  }
  return links;
}

void Injector::Engine::split(LinkSet& links, const std::vector<std::uint32_t>& side) const {
  for (const NodeId from : cluster_.nodes()) {
    for (const NodeId to : cluster_.nodes()) {
      const auto left = side[number(from)];
      const auto right = side[number(to)];
      if (left != right && left != kBothSides && right != kBothSides) links.add(from, to);
    }
  }
}

void Injector::Engine::begin_on_message(Index index, const Moment& moment) {
  if (moment.fate == nullptr) return;
  transport::Fate& fate = *moment.fate;
  const transport::Transmission& message = *moment.transmission;
  if (fate.lost && !fate.duplicated) return;
  switch (of(index).fault->kind_case()) {
    case Fault::kDropIt:
      fate.lost = true;
      fate.duplicated = false;
      return bite(index);
    case Fault::kDuplicateIt:
      fate.duplicated = true;
      fate.duplicate_delay = fate.delay + milliseconds(of(index).fault->duplicate_it().after_ms());
      return bite(index);
    case Fault::kHoldIt:
      if (fate.held || (of(index).until != kNone && of(of(index).until).begun)) return;
      fate.held = true;
      fate.duplicated = false;
      held_.push_back({index, message.from, message.to, message.payload, message.kind});
      return bite(index);
    case Fault::kDeliverOnlyTo:
      narrowed_.push_back(
          {index, message.from, names_.number_of(message.payload.name()), cluster_.event()});
      return narrow(message, fate);
    default:
      return;
  }
}

void Injector::Engine::narrow(const transport::Transmission& transmission, transport::Fate& fate) {
  std::erase_if(narrowed_,
                [&](const Narrowed& narrowed) { return narrowed.event != cluster_.event(); });
  const auto name = names_.number_of(transmission.payload.name());
  for (const auto& narrowed : narrowed_) {
    if (narrowed.from != transmission.from || narrowed.name != name) continue;
    const Progress& fault = of(narrowed.fault);
    const Node& only = fault.fault->deliver_only_to().node();
    if (resolve(only, fault.cast) == transmission.to) continue;
    if (!fate.lost || fate.duplicated) bite(narrowed.fault);
    fate.lost = true;
    fate.duplicated = false;
  }
}

void Injector::Engine::release(Index index) {
  const auto mine = [&](const HeldMessage& message) { return message.fault == index; };
  for (auto& message : held_) {
    if (!mine(message)) continue;
    cluster_.deliver(message.from, message.to, std::move(message.payload), {}, message.kind);
  }
  std::erase_if(held_, mine);
}

}  // namespace lockstep::chaos
