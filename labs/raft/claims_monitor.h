// Raft's monitor for nodes that need not tell everything.
//
// What a node claims of its log (Appended, Truncated, Committed, Compacted) lets
// RaftMonitor see a mistake where it is made, but nobody has to claim it. Where claims are missing,
// RaftMonitor would accuse a node of what it has merely not told. From then on only that is judged
// which needs no claim about a log: terms and votes, by messages, and that machines apply the same.
// Who elects whom is then judged as long as nobody asked for a change of the group.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "consensus/raft/monitors.h"

namespace lockstep::labs {

class ClaimsMonitor {
 public:
  explicit ClaimsMonitor(const std::vector<transport::NodeId>& founders)
      : judge_(founders), elections_(founders) {
    judge_.pardon_silence_about_members();
  }

  void see(const transport::Witness& witness);
  const std::optional<transport::Violation>& violation() const { return violation_; }
  std::uint64_t digest() const;

 private:
  /// How far a node's log reaches.
  struct Reach {
    std::uint64_t told = 0;   ///< By the claims of its present life.
    std::uint64_t shown = 0;  ///< By what it ever sent.
  };

  /// What stands at an index, by the first machine that applied it.
  struct Step {
    std::uint64_t command_digest = 0;
    std::uint64_t result_digest = 0;
  };

  void judge(const transport::Witness& witness);
  void judge_without_claims(const transport::Witness& witness);
  void applies(const transport::Witness& witness, const transport::Applied& claim);
  void note(const transport::Witness& witness);
  static void note_sent(const transport::Witness& witness, Reach& reach);
  void note_claim(const transport::Claim& claim, Reach& reach);

  consensus::RaftMonitor judge_;
  consensus::RaftMonitor elections_;  ///< Sees terms and votes only.
  std::map<std::uint64_t, Step> steps_;
  std::vector<Reach> reaches_;  ///< By node number.
  bool is_mute_ = false;
  std::optional<transport::Violation> violation_;
};

}  // namespace lockstep::labs
