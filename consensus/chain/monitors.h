// What must always hold of a chain: the invariants of OSDI'04 §3.1, what leases and epochs promise,
// and CRAQ's promise for reads (rules are listed in README.md).
//
// The monitor watches messages and claims, and what the masters answer. A claim is never evidence
// for the node that makes it: that a server holds an update counts against it and for its
// successors, and where an update comes from is read off the messages.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "consensus/chain/configuration.h"
#include "consensus/vocabulary.h"

namespace lockstep::consensus {

class ChainMonitor {
 public:
  /// Watches a chain whose masters are the nodes from 1 to `masters`. Its claims name this group.
  ChainMonitor(std::uint32_t masters, transport::GroupId group)
      : masters_(masters), group_(group) {}

  /// Takes note of one event. After the first violation it notes nothing more.
  void see(const Witness& witness);
  const std::optional<Violation>& violation() const { return violation_; }
  std::uint64_t digest() const;

 private:
  /// An update that stood in some history.
  struct Update {
    std::uint64_t epoch = 0;
    std::uint64_t digest = 0;
    std::uint64_t holders = 0;  // Bit k stands for node k, which has or had it.
  };

  /// What is known of one server.
  struct Server {
    std::uint64_t last = 0;  // Of its history, in this life, as are the following.
    std::uint64_t base = 0;  // What a snapshot covers.
    std::uint64_t committed = 0;
    std::uint64_t sent_epoch = 0;
    std::map<std::uint64_t, std::pair<std::uint64_t, std::uint64_t>> pending;  // Epoch, digest.
    std::uint64_t covered = 0;  // The highest base of all its lives.
    NodeId offered_by{};        // Whose updates it handles in the event being seen.
    std::uint64_t offered_in = 0;
  };

  void sent(const Witness& witness);
  void delivered(const Witness& witness);
  void requested(const Witness& witness);
  void master_says(const Reply& reply);
  void claims(NodeId node, const transport::Appended& claim);
  void claims(NodeId node, const transport::Truncated& claim);
  void claims(NodeId node, const transport::Committed& claim);
  void claims(NodeId node, const transport::Installed& claim);
  void claims(NodeId node, const transport::Compacted& claim);
  void claims(NodeId node, const transport::Served& claim);
  template <class Other>
  void claims(NodeId, const Other&) {}

  void starts_at(Server& server, std::uint64_t index);
  void takes_up(NodeId node, std::uint64_t epoch);
  void commits_first(NodeId node, std::uint64_t index);
  void broken(std::string_view rule, std::string_view source, std::string story);

  std::uint32_t masters_;
  transport::GroupId group_;
  std::map<NodeId, Server> servers_;
  std::map<std::uint64_t, chain::Configuration>
      configurations_;                                    // By epoch; old ones are forgotten.
  std::map<std::uint64_t, std::vector<Update>> updates_;  // By index; so are old ones here.
  std::uint64_t remembered_from_ = 0;                     // Their first index.
  std::uint64_t committed_ = 0;                           // By anybody.
  /// What was committed when a read first reached a server.
  std::map<std::pair<std::uint64_t, std::uint64_t>, std::uint64_t> reads_;
  std::optional<Violation> violation_;
  Time now_{};
  std::uint64_t event_ = 0;
};

}  // namespace lockstep::consensus
