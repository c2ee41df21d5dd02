// Which faults there are, and which of them a system promises to survive.
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <string>
#include <string_view>

namespace lockstep::chaos {

enum class FaultKind : std::uint8_t {
  Partition,
  Isolate,
  OneWay,
  Bridge,
  Crash,
  Wipe,
  Pause,
  SlowLink,
  DelaySpike,
  Loss,
  Duplicate,
  Reorder,
  ClockStep,
  ClockDrift,
  TornWrite,
  LostFsync,
  BitRot,
  Membership,
};
inline constexpr std::size_t kFaultKinds = 18;

/// The kind's name as a fault plan spells it, such as "one_way".
std::string_view name_of(FaultKind kind);

/// What a system promises to survive, under one set of its options. Swarm draws only from inside;
/// a plan that goes further needs the user's word that it is meant.
class FaultModel {
 public:
  FaultModel() = default;
  FaultModel(std::initializer_list<FaultKind> kinds) {
    for (const auto kind : kinds) kinds_.set(static_cast<std::size_t>(kind));
  }

  /// Everything that a network can do to messages.
  static FaultModel network();
  /// The network, crashes with restart, pauses and clocks: what crash-recovery protocols survive.
  static FaultModel crash_recovery();

  FaultModel& allow(FaultKind kind) {
    kinds_.set(static_cast<std::size_t>(kind));
    return *this;
  }
  FaultModel& forbid(FaultKind kind) {
    kinds_.reset(static_cast<std::size_t>(kind));
    return *this;
  }
  bool survives(FaultKind kind) const { return kinds_.test(static_cast<std::size_t>(kind)); }

  /// Clocks may gain or lose this much, in parts per million; unbounded unless it is said.
  FaultModel& limit_drift(std::uint32_t ppm) {
    max_drift_ppm_ = ppm;
    if (ppm == 0) kinds_.reset(static_cast<std::size_t>(FaultKind::ClockDrift));
    return *this;
  }
  std::uint32_t max_drift_ppm() const { return max_drift_ppm_; }

  /// At any time a minority of the founders may have failed and no more. A node counts from its
  /// crash until, after its restart, it claims to lead or to follow: what it forgot, it has again.
  FaultModel& limit_failed_to_minority() {
    limits_failed_ = true;
    return *this;
  }
  bool limits_failed() const { return limits_failed_; }
  /// How many of so many founders may have failed at a time.
  std::uint32_t max_failed(std::uint32_t nodes) const {
    return limits_failed_ ? (nodes - 1) / 2 : std::numeric_limits<std::uint32_t>::max();
  }

  /// What a plan that uses this kind does outside the model, such as "bit_rot" or "clock_drift
  /// above 500 ppm".
  std::string beyond(FaultKind kind) const;

 private:
  std::bitset<kFaultKinds> kinds_;
  std::uint32_t max_drift_ppm_ = std::numeric_limits<std::uint32_t>::max();
  bool limits_failed_ = false;
};

}  // namespace lockstep::chaos
