// Raft's monitor for nodes that need not tell everything.
//
// What a node claims of its log (Appended, Truncated, Committed, Compacted) lets RaftMonitor see a
// mistake where it is made, but nobody has to claim it. Where claims are missing, RaftMonitor would
// accuse a node of what it has merely not told; then this monitor says nothing any more, and
// what clients see, messages and restart probes judge alone.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "consensus/raft/monitors.h"

namespace lockstep::labs {

class ClaimsMonitor {
 public:
  explicit ClaimsMonitor(const std::vector<transport::NodeId>& founders) : judge_(founders) {}

  void see(const transport::Witness& witness);
  const std::optional<transport::Violation>& violation() const { return violation_; }
  std::uint64_t digest() const { return judge_.digest() + (is_mute_ ? 1 : 0); }

 private:
  /// How far a node's log reaches.
  struct Reach {
    std::uint64_t told = 0;   ///< By the claims of its present life.
    std::uint64_t shown = 0;  ///< By what it ever sent.
  };

  void note(const transport::Witness& witness);
  static void note_sent(const transport::Witness& witness, Reach& reach);
  void note_claim(const transport::Claim& claim, Reach& reach);

  consensus::RaftMonitor judge_;
  std::vector<Reach> reaches_;  ///< By node number.
  bool is_mute_ = false;
  std::optional<transport::Violation> violation_;
};

}  // namespace lockstep::labs
