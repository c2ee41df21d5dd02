// Measures what a system costs while nothing goes wrong: one client beside the leader sends one
// request after the other, every message takes as long as every other, and so does every sync.
//
// What the group says to itself anyway, such as heartbeats, is measured while nobody asks anything
// and subtracted. Latencies are those of a client beside the node that it asks: from the moment the
// request is there to the reply leaving that node, or to its arrival from another one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "chaos/system.h"
#include "transport/time.h"

namespace lockstep::chaos {

struct QuietRun {
  const System* system = nullptr;
  OptionValues options;
  std::uint32_t nodes = 5;
  transport::Duration delay = std::chrono::milliseconds(1);
  transport::Duration sync = std::chrono::microseconds(500);
  std::uint64_t operations = 200;  ///< of each kind; at least 1
  std::uint64_t seed = 1;
};

/// What operations of one kind cost, on average; the latency is the median.
struct OperationCost {
  std::string level;  ///< of a read; empty for writes, and where there is one way only
  std::uint64_t messages_milli = 0;
  std::uint64_t bytes = 0;
  std::uint64_t syncs_milli = 0;
  transport::Duration latency{};
};

struct QuietCosts {
  OperationCost write;
  std::vector<OperationCost> reads;
};

/// Requires: the system makes nodes from these options, and its first machine has a workload.
/// Gives why there is nothing to tell if requests are refused or not answered.
std::variant<QuietCosts, std::string> measure(const QuietRun& run);

}  // namespace lockstep::chaos
