// What a run cost and how its clients fared, in virtual time.
#pragma once

#include <cstdint>
#include <vector>

#include "chaos/check/history.h"
#include "transport/simulated/cluster.h"

namespace lockstep::chaos {

struct Statistics {
  std::uint64_t completed = 0;
  std::uint64_t indeterminate = 0;  ///< timed out: they may take effect at any later time, or never
  transport::Duration virtual_time{};
  transport::Duration latency_p50{};
  transport::Duration latency_p99{};
  transport::Duration latency_max{};
  /// Sum of all gaps of at least kUnavailableAfter in which no operation completed.
  transport::Duration unavailable{};
  transport::Duration longest_gap{};
  transport::ClusterCounts cluster;

  /// Rates over completed operations, in thousandths; 0 if none completed.
  std::uint64_t messages_per_operation_milli() const { return per_operation(cluster.messages); }
  std::uint64_t bytes_per_operation_milli() const { return per_operation(cluster.message_bytes); }
  std::uint64_t syncs_per_operation_milli() const { return per_operation(cluster.syncs); }
  /// Completed operations per virtual second; 0 for a run of no length.
  std::uint64_t operations_per_second() const;

 private:
  std::uint64_t per_operation(std::uint64_t count) const {
    return completed == 0 ? 0 : count * 1000 / completed;
  }
};

inline constexpr transport::Duration kUnavailableAfter = std::chrono::milliseconds(300);

/// Latency and availability as clients saw them, up to `end`.
Statistics statistics_of(const History& history, const transport::ClusterCounts& counts,
                         transport::Time end);

}  // namespace lockstep::chaos
