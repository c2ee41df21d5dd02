#include "chaos/statistics.h"

#include <algorithm>

namespace lockstep::chaos {

using transport::Duration;

std::uint64_t Statistics::operations_per_second() const {
  const auto milliseconds = static_cast<std::uint64_t>(virtual_time.count()) / 1'000'000;
  return milliseconds == 0 ? 0 : completed * 1000 / milliseconds;
}

namespace {

/// The smallest latency that at least `percent` of all do not exceed. Requires: sorted.
Duration percentile(const std::vector<std::int64_t>& latencies, std::size_t percent) {
  if (latencies.empty()) return {};
  const std::size_t rank = (latencies.size() * percent + 99) / 100;
  return Duration{latencies[std::max<std::size_t>(rank, 1) - 1]};
}

void add_gaps(Statistics& statistics, std::vector<std::int64_t> returns, std::int64_t end) {
  std::sort(returns.begin(), returns.end());
  returns.push_back(end);
  std::int64_t last = 0;
  for (const auto at : returns) {
    const Duration gap{at - last};
    if (gap >= kUnavailableAfter) statistics.unavailable += gap;
    statistics.longest_gap = std::max(statistics.longest_gap, gap);
    last = at;
  }
}

}  // namespace

Statistics statistics_of(const History& history, const transport::ClusterCounts& counts,
                         transport::Time end) {
  Statistics statistics;
  statistics.cluster = counts;
  statistics.virtual_time = end.time_since_epoch();
  std::vector<std::int64_t> latencies;
  std::vector<std::int64_t> returns;
  for (const auto& operation : history.operations) {
    if (!operation.returned) {
      ++statistics.indeterminate;
      continue;
    }
    latencies.push_back(operation.returned_at - operation.invoked_at);
    returns.push_back(operation.returned_at);
  }
  statistics.completed = latencies.size();
  std::sort(latencies.begin(), latencies.end());
  statistics.latency_p50 = percentile(latencies, 50);
  statistics.latency_p99 = percentile(latencies, 99);
  statistics.latency_max = percentile(latencies, 100);
  add_gaps(statistics, std::move(returns), end.time_since_epoch().count());
  return statistics;
}

}  // namespace lockstep::chaos
