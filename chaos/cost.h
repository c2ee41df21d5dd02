// What a protocol costs while nothing goes wrong: the formula that its paper leads to.
//
// n is the number of replicas, d the delay of one message, s the time of a stable write; the client
// sits beside the leader. Heartbeats and retries do not count. chaos/quiet_run.h measures the same.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "transport/time.h"

namespace lockstep::chaos {

/// constant + per_node * n
struct Linear {
  std::int64_t constant = 0;
  std::int64_t per_node = 0;

  std::int64_t at(std::uint32_t nodes) const { return constant + per_node * nodes; }
  friend bool operator==(const Linear&, const Linear&) = default;
};

/// So many message delays and stable writes, one after the other.
struct Steps {
  Linear delays;
  Linear syncs;

  transport::Duration at(std::uint32_t nodes, transport::Duration delay,
                         transport::Duration sync) const {
    return delays.at(nodes) * delay + syncs.at(nodes) * sync;
  }
};

struct Cost {
  std::string nodes;  ///< that it takes to survive f crashes, such as "2f+1"
  Linear messages;    ///< of one write, between nodes
  Steps write;        ///< from the request to the reply
  struct Read {
    std::string level;  ///< a name of System::read_levels, or "" where there is one way only
    Steps steps;
  };
  std::vector<Read> reads;
};

/// Such as "2n - 2", "n" or "0".
std::string to_string(const Linear& linear);

/// Such as "2d + s", "n d + (n - 1) s" or "0".
std::string to_string(const Steps& steps);

}  // namespace lockstep::chaos
