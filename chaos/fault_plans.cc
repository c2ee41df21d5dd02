// What kinds a plan is made of. Text, validity, drawing and shrinking have files of their own.
#include "chaos/fault_plans.h"

#include <algorithm>
#include <set>

#include "chaos/fault_parts.h"

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
    case Fault::kReconfigure:
      return FaultKind::Membership;
  }
  return FaultKind::Loss;
}

std::vector<FaultKind> beyond(const FaultPlan& plan, const FaultModel& model) {
  std::bitset<kFaultKinds> used;
  const auto use = [&](FaultKind kind) { used.set(static_cast<std::size_t>(kind)); };
  bool drifts_too_much = false;
  bool fails_too_many = false;
  for (const auto& fault : plan.fault()) {
    use(kind_of(fault));
    const std::int64_t ppm = fault.clock_drift().ppm();
    drifts_too_much |= std::max(ppm, -ppm) > model.max_drift_ppm();
    fails_too_many |= fault.crash().regardless() && model.limits_failed();
  }
  const Conditions& conditions = plan.conditions();
  if (conditions.delay_high_us() > 0) use(FaultKind::DelaySpike);
  if (conditions.loss_ppm() > 0) use(FaultKind::Loss);
  if (conditions.duplicate_ppm() > 0) use(FaultKind::Duplicate);
  if (conditions.reorder_ppm() > 0) use(FaultKind::Reorder);
  std::vector<FaultKind> outside;
  for (std::size_t number = 0; number < kFaultKinds; ++number) {
    const auto kind = static_cast<FaultKind>(number);
    const bool too_strong = (kind == FaultKind::ClockDrift && drifts_too_much) ||
                            (kind == FaultKind::Crash && fails_too_many);
    if (used.test(number) && (too_strong || !model.survives(kind))) outside.push_back(kind);
  }
  return outside;
}

std::vector<std::uint32_t> spares_of(const FaultPlan& plan) {
  std::set<std::uint32_t> spares;
  for (const auto& fault : plan.fault()) {
    if (const auto* node = newcomer_of(fault)) spares.insert(node->id());
  }
  return {spares.begin(), spares.end()};
}

}  // namespace lockstep::chaos
