// The simulated network's dice: what becomes of the n-th message of a link.
#pragma once

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

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

/// The links of a cluster and its clients, made on first use. A link is valid until the next one is
/// asked for.
class Links {
 public:
  Link& between(NodeId from, NodeId to) { return nodes_.link(number(from), number(to)); }
  Link& to_node(ClientId from, NodeId to) { return up_.link(number(from), number(to)); }
  Link& to_client(NodeId from, ClientId to) { return down_.link(number(to), number(from)); }

 private:
  /// Looked up for every message: by place while numbers are small, as they mostly are.
  class Table {
   public:
    Link& link(std::uint64_t one, std::uint32_t other) {
      if (one >= kSmall || other >= kSmall) return far_[{one, other}];
      if (one >= near_.size()) near_.resize(one + 1);
      auto& row = near_[one];
      if (other >= row.size()) row.resize(other + 1);
      return row[other];
    }

   private:
    static constexpr std::uint32_t kSmall = 256;
    std::vector<std::vector<Link>> near_;
    std::map<std::pair<std::uint64_t, std::uint32_t>, Link> far_;
  };

  Table nodes_;
  Table up_;
  Table down_;
};

}  // namespace lockstep::transport
