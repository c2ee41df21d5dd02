// The simulated network's dice: what becomes of the n-th message of a link.
#pragma once

#include <cstdint>
#include <map>
#include <utility>

#include "transport/identity.h"
#include "transport/random.h"
#include "transport/time.h"

namespace lockstep::transport {

/// How all links behave unless a fault says otherwise.
struct NetworkConditions {
  Between delay{1ms, 5ms};
  std::uint32_t loss_ppm = 0;
  std::uint32_t duplicate_ppm = 0;
  /// Share of messages that do not wait for the ones sent before them on their link.
  std::uint32_t reorder_ppm = 0;
};

/// What happens to one message. An interceptor may change it before it takes effect.
struct Fate {
  Duration delay{};
  bool lost = false;
  bool duplicated = false;
  Duration duplicate_delay{};  ///< from sending to the second arrival
  bool overtakes = false;      ///< does not wait for earlier messages of the link
  bool held = false;           ///< whoever set this gives it to Cluster::deliver() later
  bool crash_sender = false;   ///< the sender dies once this has left
};

/// The state of one direction of one link.
class Link {
 public:
  /// The fate of the next message.
  Fate next(std::uint64_t seed, std::uint64_t entity, const NetworkConditions& conditions);

  /// How many messages there were before the last one that next() decided on.
  std::uint64_t ordinal() const { return sent_ - 1; }

  /// When a message sent now arrives: a link keeps its order unless the fate says otherwise.
  Time arrival(Time now, const Fate& fate);

 private:
  std::uint64_t sent_ = 0;
  Time last_arrival_{};
};

/// The links of a cluster and its clients, made on first use.
class Links {
 public:
  Link& between(NodeId from, NodeId to) { return nodes_[{number(from), number(to)}]; }
  Link& to_node(ClientId from, NodeId to) { return up_[{number(from), number(to)}]; }
  Link& to_client(NodeId from, ClientId to) { return down_[{number(to), number(from)}]; }

 private:
  std::map<std::pair<std::uint32_t, std::uint32_t>, Link> nodes_;
  std::map<std::pair<std::uint64_t, std::uint32_t>, Link> up_;
  std::map<std::pair<std::uint64_t, std::uint32_t>, Link> down_;
};

}  // namespace lockstep::transport
