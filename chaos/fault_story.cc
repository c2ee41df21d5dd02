// Faults in a person's words.
#include <fmt/core.h>

#include "chaos/injector_engine.h"

namespace lockstep::chaos {
namespace {

std::string label(const Node& node, const Cast& cast) {
  const auto who = resolve(node, cast);
  if (number(who) != 0) return to_string(who);
  switch (node.role()) {
    case Node::LEADER:
      return "the leader";
    case Node::SENDER:
      return "the sender";
    case Node::RECEIVER:
      return "the receiver";
    case Node::WRITER:
      return "the writer";
    default:
      return "nobody";
  }
}

std::string who(transport::NodeId node) { return number(node) == 0 ? "somebody" : to_string(node); }

template <class Nodes>
std::string list(const Nodes& nodes, const Cast& cast) {
  std::string text;
  for (const auto& node : nodes) text += (text.empty() ? "" : " ") + label(node, cast);
  return text;
}

std::string lasting(const Fault& fault) {
  return fault.for_ms() == 0 ? "" : fmt::format(" for {} ms", fault.for_ms());
}

std::string back(const Fault& fault) {
  return fault.for_ms() == 0 ? "" : fmt::format(", back after {} ms", fault.for_ms());
}

std::string partition_story(const Partition& partition, const Cast& cast) {
  std::string groups;
  for (const auto& group : partition.group()) {
    groups += (groups.empty() ? "" : " | ") + list(group.node(), cast);
  }
  return "partition " + groups + " | all others";
}

std::string isolate_story(const Isolate& isolate, const Cast& cast) {
  const auto name = label(isolate.node(), cast);
  switch (isolate.direction()) {
    case Isolate::INCOMING:
      return name + " hears nobody";
    case Isolate::OUTGOING:
      return "nobody hears " + name;
    default:
      return name + " is cut off";
  }
}

std::string crash_story(const Crash& crash, const Cast& cast) {
  const auto name = label(crash.node(), cast);
  switch (crash.point()) {
    case Crash::BEFORE_STORAGE:
      return name + " crashes before its next write is stored";
    case Crash::AFTER_STORAGE:
      return name + " crashes once its next write is stored";
    case Crash::AFTER_SEND:
      return fmt::format("{} crashes after its next {} sends", name, crash.sends());
    default:
      return name + " crashes";
  }
}

std::string change_story(const Reconfigure& change, const Cast& cast) {
  switch (change.change_case()) {
    case Reconfigure::kAdd:
      return "the operator adds " + label(change.add(), cast);
    case Reconfigure::kRemove:
      return "the operator removes " + label(change.remove(), cast);
    case Reconfigure::kLearner:
      return "the operator makes " + label(change.learner(), cast) + " a learner";
    case Reconfigure::kTransfer:
      return "the operator hands the lead to " + label(change.transfer(), cast);
    case Reconfigure::kSnapshot:
      return "the operator asks for a snapshot";
    case Reconfigure::kMembers:
      return "the operator makes " + list(change.members().node(), cast) + " all the voters";
    case Reconfigure::CHANGE_NOT_SET:
      break;
  }
  return "the operator changes nothing";
}

std::string percent(std::uint32_t ppm) {
  return fmt::format("{}.{:04} %", ppm / 10000, ppm % 10000);
}

}  // namespace

std::string story_of(const Fault& fault, const Cast& cast) {
  switch (fault.kind_case()) {
    case Fault::kPartition:
      return partition_story(fault.partition(), cast) + lasting(fault);
    case Fault::kIsolate:
      return isolate_story(fault.isolate(), cast) + lasting(fault);
    case Fault::kOneWay:
      return fmt::format("{} does not reach {}{}", label(fault.one_way().from(), cast),
                         label(fault.one_way().to(), cast), lasting(fault));
    case Fault::kBridge:
      return fmt::format("only {} joins {} and the others{}", label(fault.bridge().bridge(), cast),
                         list(fault.bridge().left(), cast), lasting(fault));
    case Fault::kCrash:
      return crash_story(fault.crash(), cast) + back(fault);
    case Fault::kWipe:
      return label(fault.wipe().node(), cast) + " loses its disk" + back(fault);
    case Fault::kPause:
      return label(fault.pause().node(), cast) + " stands still" + lasting(fault);
    case Fault::kSlowLink:
      return fmt::format("the link from {} to {} takes {} ms longer{}",
                         label(fault.slow_link().from(), cast), label(fault.slow_link().to(), cast),
                         fault.slow_link().extra_ms(), lasting(fault));
    case Fault::kDelaySpike:
      return fmt::format("all links take {} ms longer{}", fault.delay_spike().extra_ms(),
                         lasting(fault));
    case Fault::kLoss:
      return percent(fault.loss().ppm()) + " of messages are lost" + lasting(fault);
    case Fault::kDuplicate:
      return percent(fault.duplicate().ppm()) + " of messages arrive twice" + lasting(fault);
    case Fault::kReorder:
      return percent(fault.reorder().ppm()) + " of messages are overtaken" + lasting(fault);
    case Fault::kClockStep:
      return fmt::format("the calendar of {} jumps by {} ms{}",
                         label(fault.clock_step().node(), cast), fault.clock_step().by_ms(),
                         lasting(fault));
    case Fault::kClockDrift:
      return fmt::format("the clock of {} drifts by {} ppm{}",
                         label(fault.clock_drift().node(), cast), fault.clock_drift().ppm(),
                         lasting(fault));
    case Fault::kTornWrite:
      return label(fault.torn_write().node(), cast) + " crashes in the middle of its next write" +
             back(fault);
    case Fault::kLostFsync:
      return "fsyncs of " + label(fault.lost_fsync().node(), cast) + " do nothing" + lasting(fault);
    case Fault::kBitRot:
      return label(fault.bit_rot().node(), cast) + " crashes and a stored bit flips" + back(fault);
    case Fault::kReconfigure:
      return change_story(fault.reconfigure(), cast) +
             (fault.for_ms() == 0 ? "" : fmt::format(", or gives up after {} ms", fault.for_ms()));
    case Fault::kDropIt:
      return fmt::format("this message from {} to {} is lost", who(cast.sender),
                         who(cast.receiver));
    case Fault::kHoldIt:
      return fmt::format(
          "this message from {} to {} is held{}{}", who(cast.sender), who(cast.receiver),
          lasting(fault),
          fault.hold_it().until().empty() ? "" : " until " + fault.hold_it().until());
    case Fault::kDuplicateIt:
      return fmt::format("this message from {} to {} arrives again {} ms later", who(cast.sender),
                         who(cast.receiver), fault.duplicate_it().after_ms());
    case Fault::kDeliverOnlyTo:
      return fmt::format("this broadcast of {} reaches {} only", who(cast.sender),
                         label(fault.deliver_only_to().node(), cast));
    case Fault::KIND_NOT_SET:
      return "nothing";
  }
  return "nothing";
}

}  // namespace lockstep::chaos
