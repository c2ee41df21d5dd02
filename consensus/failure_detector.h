// Suspects nodes that have been silent for several ticks of a timer.
//
// It may be wrong (Chandra and Toueg, "Unreliable Failure Detectors for Reliable Distributed
// Systems", JACM 1996): silence is a slow network as often as a crash. It counts ticks instead of
// reading a clock, so that a node that uses it has no time in its state.
#pragma once

#include <cstdint>
#include <map>

#include "consensus/quorum.h"
#include "transport/identity.h"

namespace lockstep::consensus {

class FailureDetector {
 public:
  /// Suspects after `patience` ticks without a word. Requires: patience > 0.
  explicit FailureDetector(std::uint32_t patience) : patience_(patience) {}

  /// Watches these nodes and no others; who is new has the whole patience ahead.
  void watch(const Nodes& nodes) {
    std::map<transport::NodeId, std::uint32_t> silent;
    for (const auto node : nodes) silent[node] = silent_.contains(node) ? silent_[node] : 0;
    silent_ = std::move(silent);
  }

  /// `node` is alive. True if it was suspected until now.
  bool heard(transport::NodeId node) {
    const auto found = silent_.find(node);
    if (found == silent_.end()) return false;
    const bool was_suspected = found->second >= patience_;
    found->second = 0;
    return was_suspected;
  }

  /// One period of the timer went by. Returns those who are suspected from now on.
  Nodes tick() {
    Nodes suspected;
    for (auto& [node, ticks] : silent_) {
      if (ticks < patience_ && ++ticks == patience_) suspected.push_back(node);
    }
    return suspected;
  }

  bool suspects(transport::NodeId node) const {
    const auto found = silent_.find(node);
    return found != silent_.end() && found->second >= patience_;
  }

 private:
  std::uint32_t patience_;
  std::map<transport::NodeId, std::uint32_t> silent_;  // Ticks since the last word.
};

}  // namespace lockstep::consensus
