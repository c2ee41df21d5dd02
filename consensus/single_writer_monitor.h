// What must always hold where one node at a time may accept writes: that a deposed one is fenced
// off (Gray and Cheriton, "Leases: An Efficient Fault-Tolerant Mechanism for Distributed File Cache
// Consistency", SOSP 1989, for leases; the same is asked of terms, epochs and fencing tokens).
//
// - "Single Writer": once a node has acknowledged a write in one epoch, no node acknowledges in an
//   earlier epoch a write that nobody had asked for by then. (What was asked for before may have
//   been accepted before, and its acknowledgement be late.)
//
// A node's epoch is that of its last claim to lead; who never claimed one is not judged, nor are
// reads.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string_view>

#include "consensus/vocabulary.h"

namespace lockstep::consensus {

class SingleWriterMonitor {
 public:
  /// `epoch` is what the protocol calls it, for stories, and `source` where its paper says so.
  /// Requires: what they point to outlives the monitor.
  explicit SingleWriterMonitor(std::string_view epoch, std::string_view source,
                               transport::GroupId group = {})
      : epoch_name_(epoch), source_(source), group_(group) {}

  /// Takes note of one event, in constant time. After the first violation it notes nothing more.
  void see(const Witness& witness);
  const std::optional<Violation>& violation() const { return violation_; }
  std::uint64_t digest() const;

 private:
  /// A client's latest write.
  struct Wish {
    std::uint64_t sequence = 0;
    std::uint64_t event = 0;  // When it was first asked for.
  };
  /// The latest epoch in which a write was acknowledged, by whom, and when first.
  struct Latest {
    std::uint64_t epoch = 0;
    NodeId node{};
    std::uint64_t event = 0;
  };

  void asked(const Witness& witness);
  void acknowledged(const Witness& witness);

  std::string_view epoch_name_;
  std::string_view source_;
  transport::GroupId group_;
  std::map<NodeId, std::uint64_t> epochs_;
  std::map<ClientId, Wish> wishes_;
  Latest latest_;
  std::optional<Violation> violation_;
};

}  // namespace lockstep::consensus
