// Who is in the chain, in which order, as the master decided it.
//
// An epoch has one configuration, and the master alone makes the next one. Clients talk to head and
// tail, servers to their neighbours.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "consensus/quorum.h"
#include "transport/identity.h"

namespace lockstep::consensus::chain {

class ConfigurationRecord;  // The message of chain.proto.

using transport::NodeId;

struct Configuration {
  /// A server, and the epoch since which it is there without a break.
  struct Place {
    NodeId node{};
    std::uint64_t since = 0;
    friend bool operator==(const Place&, const Place&) = default;
  };

  std::uint64_t epoch = 0;
  std::vector<Place> chain;      ///< from head to tail
  std::optional<Place> joining;  ///< gets its history from the tail
  Nodes suspected;               ///< of all these; they get no lease any more

  /// Requires: the chain is not empty, as from epoch 1 on.
  NodeId head() const { return chain.front().node; }
  NodeId tail() const { return chain.back().node; }

  bool is_member(NodeId node) const { return position(node).has_value(); }
  bool is_joining(NodeId node) const { return joining && joining->node == node; }
  bool is_suspected(NodeId node) const { return contains(suspected, node); }

  /// Nothing for those who are neither in the chain nor joining.
  std::optional<std::uint64_t> since(NodeId node) const;

  /// Whom the node gets updates from, and to whom it passes them on; the tail passes them on to who
  /// joins. Nothing where there is none.
  std::optional<NodeId> predecessor(NodeId node) const;
  std::optional<NodeId> successor(NodeId node) const;

  friend bool operator==(const Configuration&, const Configuration&) = default;

 private:
  std::optional<std::size_t> position(NodeId node) const;
};

/// To and from messages.
Configuration configuration_in(const ConfigurationRecord& record);
ConfigurationRecord record_of(const Configuration& configuration);

/// "4: n4 n5 n6", with "joining n7" and "suspecting n5" where there are some.
std::string to_string(const Configuration& configuration);

}  // namespace lockstep::consensus::chain
