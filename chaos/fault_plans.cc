// What kinds a plan is made of. Text, validity, drawing and shrinking have files of their own.
#include "chaos/fault_plans.h"

#include <algorithm>

namespace lockstep::chaos {

FaultKind kind_of(const Fault& fault) {
  switch (fault.kind_case()) {
    case Fault::kPartition:
      return FaultKind::Partition;
    case Fault::kIsolate:
      return FaultKind::Isolate;
    case Fault::kOneWay:
      return FaultKind::OneWay;
    case Fault::kBridge:
      return FaultKind::Bridge;
    case Fault::kCrash:
      return FaultKind::Crash;
    case Fault::kWipe:
      return FaultKind::Wipe;
    case Fault::kPause:
      return FaultKind::Pause;
    case Fault::kSlowLink:
      return FaultKind::SlowLink;
    case Fault::kDelaySpike:
      return FaultKind::DelaySpike;
    case Fault::kLoss:
    case Fault::kDropIt:
    case Fault::kDeliverOnlyTo:
    case Fault::KIND_NOT_SET:
      return FaultKind::Loss;
    case Fault::kDuplicate:
    case Fault::kDuplicateIt:
      return FaultKind::Duplicate;
    case Fault::kReorder:
    case Fault::kHoldIt:
      return FaultKind::Reorder;
    case Fault::kClockStep:
      return FaultKind::ClockStep;
    case Fault::kClockDrift:
      return FaultKind::ClockDrift;
    case Fault::kTornWrite:
      return FaultKind::TornWrite;
    case Fault::kLostFsync:
      return FaultKind::LostFsync;
    case Fault::kBitRot:
      return FaultKind::BitRot;
  }
  return FaultKind::Loss;
}

std::vector<FaultKind> beyond(const FaultPlan& plan, const FaultModel& model) {
  std::bitset<kFaultKinds> used;
  const auto use = [&](FaultKind kind) { used.set(static_cast<std::size_t>(kind)); };
  for (const auto& fault : plan.fault()) use(kind_of(fault));
  const Conditions& conditions = plan.conditions();
  if (conditions.delay_high_us() > 0) use(FaultKind::DelaySpike);
  if (conditions.loss_ppm() > 0) use(FaultKind::Loss);
  if (conditions.duplicate_ppm() > 0) use(FaultKind::Duplicate);
  if (conditions.reorder_ppm() > 0) use(FaultKind::Reorder);
  std::vector<FaultKind> outside;
  for (std::size_t number = 0; number < kFaultKinds; ++number) {
    const auto kind = static_cast<FaultKind>(number);
    if (used.test(number) && !model.survives(kind)) outside.push_back(kind);
  }
  return outside;
}

}  // namespace lockstep::chaos
