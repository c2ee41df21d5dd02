#include <algorithm>

#include "chaos/injector_engine.h"

namespace lockstep::chaos {

using std::chrono::milliseconds;
using transport::CrashPoint;
using transport::NodeId;

namespace {

/// How long a node is down that crashes for a reason which names no time.
constexpr transport::Duration kRestartDelay = milliseconds(1);

const Node& node_of(const Fault& fault) {
  switch (fault.kind_case()) {
    case Fault::kCrash:
      return fault.crash().node();
    case Fault::kWipe:
      return fault.wipe().node();
    case Fault::kPause:
      return fault.pause().node();
    case Fault::kClockStep:
      return fault.clock_step().node();
    case Fault::kClockDrift:
      return fault.clock_drift().node();
    case Fault::kTornWrite:
      return fault.torn_write().node();
    case Fault::kLostFsync:
      return fault.lost_fsync().node();
    default:
      return fault.bit_rot().node();
  }
}

}  // namespace

void Injector::Engine::begin_on_node(Index index, const Moment& moment) {
  Progress& fault = of(index);
  fault.node = resolve(node_of(*fault.fault), fault.cast);
  Patient& patient_now = patient(fault.node);
  switch (fault.fault->kind_case()) {
    case Fault::kCrash:
    case Fault::kTornWrite:
      return crash(index, moment);
    case Fault::kWipe:
    case Fault::kBitRot:
      return crash_now(index, moment);
    case Fault::kPause:
      return pause(index);
    case Fault::kClockStep: {
      const transport::Duration by = milliseconds(fault.fault->clock_step().by_ms());
      cluster_.clock(fault.node).step(by);
      patient_now.stepped += by;
      return bite(index);
    }
    case Fault::kClockDrift:
      return set_drift(index);
    case Fault::kLostFsync:
      if (patient_now.lying != kNone) return;
      patient_now.lying = index;
      return cluster_.lie_about_syncs(fault.node, true);
    default:
      return;
  }
}

void Injector::Engine::end_on_node(Index index) {
  const Progress& fault = of(index);
  if (number(fault.node) == 0) return;
  Patient& sick = patient(fault.node);
  switch (fault.fault->kind_case()) {
    case Fault::kPause:
      if (sick.paused != index) return;
      sick.paused = kNone;
      return cluster_.resume(fault.node);
    case Fault::kClockStep: {
      const transport::Duration by = milliseconds(fault.fault->clock_step().by_ms());
      cluster_.clock(fault.node).step(-by);
      sick.stepped -= by;
      return;
    }
    case Fault::kClockDrift:
      if (sick.drifting != index) return;
      sick.drifting = kNone;
      return cluster_.clock(fault.node).drift(cluster_.now(), 0);
    case Fault::kLostFsync:
      if (sick.lying != index) return;
      crash_now(index, {});
      sick.lying = kNone;
      return cluster_.lie_about_syncs(fault.node, false);
    default:
      return;
  }
}

void Injector::Engine::crash(Index index, const Moment& moment) {
  const Progress& fault = of(index);
  const bool at_once = fault.fault->has_crash() && fault.fault->crash().point() == Crash::NOW;
  if (at_once) return crash_now(index, moment);
  if (moment.crash != nullptr && moment.writer == fault.node) return crash_now(index, moment);
  patient(fault.node).armed.push_back(index);
  ++armed_crashes_;
}

void Injector::Engine::crash_now(Index index, const Moment& moment) {
  const Progress& fault = of(index);
  if (!cluster_.is_up(fault.node) || !may_fail(index)) return;
  patient(fault.node).dying = index;
  patient(fault.node).failed = true;
  if (moment.crash != nullptr && moment.writer == fault.node) {
    *moment.crash = crash_point(index);
  } else if (moment.fate != nullptr && moment.transmission->from == fault.node) {
    moment.fate->crash_sender = true;
  } else {
    cluster_.crash(fault.node);
  }
}

/// Whether the system promises to survive one more failed node.
bool Injector::Engine::may_fail(Index index) const {
  const Progress& fault = progress_[index];
  if (fault.fault->crash().regardless() || healed_) return true;
  std::uint32_t others = 0;
  for (std::size_t id = 0; id < patients_.size(); ++id) {
    others += id != number(fault.node) && patients_[id].failed ? 1 : 0;
  }
  return others < max_failed_;
}

CrashPoint Injector::Engine::crash_point(Index index) {
  using Kind = CrashPoint::Kind;
  const Progress& fault = of(index);
  if (fault.fault->has_torn_write()) cluster_.tear_at_next_crash(fault.node);
  switch (fault.fault->crash().point()) {
    case Crash::AFTER_STORAGE:
      return {Kind::AfterStorage, 0};
    case Crash::AFTER_SEND:
      return {Kind::AfterSend, fault.fault->crash().sends()};
    default:
      return {Kind::BeforeStorage, 0};
  }
}

bool Injector::Engine::is_due(Index index, const transport::Effects& effects) const {
  const Fault& fault = *progress_[index].fault;
  if (fault.crash().point() != Crash::AFTER_SEND) return !effects.writes.empty();
  const std::size_t least = std::max<std::size_t>(1, fault.crash().sends());
  return effects.outgoing.size() >= least;
}

void Injector::Engine::crashed(NodeId node) {
  Patient& victim = patient(node);
  victim.paused = kNone;
  const Index index = std::exchange(victim.dying, kNone);
  if (index == kNone) return;
  const Fault& fault = *of(index).fault;
  victim.down = index;
  if (fault.has_lost_fsync()) return schedule(Happening::Restart, index, kRestartDelay, node);
  if (fault.has_wipe()) cluster_.wipe(node);
  const bool rotten =
      fault.has_bit_rot() &&
      cluster_.rot(node, transport::draw(seed_, "fault rot", number(node), victim.rots++));
  if (rotten || !fault.has_bit_rot()) bite(index);
  if (healed_) return schedule(Happening::Restart, index, kRestartDelay, node);
  if (fault.for_ms() > 0) {
    schedule(Happening::Restart, index, milliseconds(fault.for_ms()), node);
  }
}

void Injector::Engine::restart(Index index, NodeId node) {
  if (patient(node).down == index) cluster_.restart(node);
}

void Injector::Engine::pause(Index index) {
  const NodeId node = of(index).node;
  if (!cluster_.is_up(node) || cluster_.is_paused(node)) return;
  patient(node).paused = index;
  cluster_.pause(node);
  bite(index);
}

void Injector::Engine::set_drift(Index index) {
  const NodeId node = of(index).node;
  patient(node).drifting = index;
  cluster_.clock(node).drift(cluster_.now(), of(index).fault->clock_drift().ppm());
  bite(index);
}

void Injector::Engine::heal_nodes() {
  armed_crashes_ = 0;
  for (const NodeId node : cluster_.nodes()) {
    Patient& sick = patient(node);
    sick.armed.clear();
    cluster_.clock(node).step(-std::exchange(sick.stepped, {}));
    cluster_.clock(node).drift(cluster_.now(), 0);
    if (sick.lying != kNone) end_on_node(sick.lying);
    if (cluster_.is_paused(node)) cluster_.resume(node);
    cluster_.restart(node);
  }
}

}  // namespace lockstep::chaos
