#include "chaos/fault_model.h"

#include <fmt/core.h>

namespace lockstep::chaos {

std::string_view name_of(FaultKind kind) {
  switch (kind) {
    case FaultKind::Partition:
      return "partition";
    case FaultKind::Isolate:
      return "isolate";
    case FaultKind::OneWay:
      return "one_way";
    case FaultKind::Bridge:
      return "bridge";
    case FaultKind::Crash:
      return "crash";
    case FaultKind::Wipe:
      return "wipe";
    case FaultKind::Pause:
      return "pause";
    case FaultKind::SlowLink:
      return "slow_link";
    case FaultKind::DelaySpike:
      return "delay_spike";
    case FaultKind::Loss:
      return "loss";
    case FaultKind::Duplicate:
      return "duplicate";
    case FaultKind::Reorder:
      return "reorder";
    case FaultKind::ClockStep:
      return "clock_step";
    case FaultKind::ClockDrift:
      return "clock_drift";
    case FaultKind::TornWrite:
      return "torn_write";
    case FaultKind::LostFsync:
      return "lost_fsync";
    case FaultKind::BitRot:
      return "bit_rot";
    case FaultKind::Membership:
      return "membership";
  }
  return "unknown";
}

std::string FaultModel::beyond(FaultKind kind) const {
  if (kind == FaultKind::Crash && survives(kind) && limits_failed_) {
    return "crash of more than a minority at a time";
  }
  if (kind != FaultKind::ClockDrift || !survives(kind)) return std::string(name_of(kind));
  return fmt::format("{} above {} ppm", name_of(kind), max_drift_ppm_);
}

FaultModel FaultModel::network() {
  return {FaultKind::Partition, FaultKind::Isolate,   FaultKind::OneWay,
          FaultKind::Bridge,    FaultKind::SlowLink,  FaultKind::DelaySpike,
          FaultKind::Loss,      FaultKind::Duplicate, FaultKind::Reorder};
}

FaultModel FaultModel::crash_recovery() {
  return network()
      .allow(FaultKind::Crash)
      .allow(FaultKind::Pause)
      .allow(FaultKind::ClockStep)
      .allow(FaultKind::ClockDrift);
}

}  // namespace lockstep::chaos
