// What the monitor knows of reads that pass the log by: what was committed when each was asked for.
//
// Memory is bounded: a client that says it has its answers is taken at its word, and of one that
// never does only the latest reads are remembered.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "consensus/raft/position.h"
#include "statemachine/fold.h"

namespace lockstep::consensus::raft {

class MonitoredReads {
 public:
  /// A read reaches a node, while `committed` is the highest index that a leader committed. What
  /// counts is the first node that it reaches.
  void asked(std::uint64_t client, std::uint64_t sequence, std::uint64_t acknowledged_below,
             Index committed);

  /// What was committed when the read was asked for; 0 if it is not known.
  Index committed_before(std::uint64_t client, std::uint64_t sequence) const;

  void fold_into(statemachine::Fold& digest) const;

 private:
  struct Read {
    std::uint64_t sequence = 0;
    Index committed{};
  };
  struct Client {
    std::uint64_t number = 0;
    std::uint64_t forgotten_below = 0;  // Of earlier sequences nothing is known any more.
    std::deque<Read> reads;             // In the order in which they were asked.
  };
  std::vector<Client> clients_;  // Ascending.
};

}  // namespace lockstep::consensus::raft
