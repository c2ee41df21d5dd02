// What a leader knows of one member's log, its own included: nextIndex and matchIndex of Figure 2,
// and how many AppendEntries are under way.
//
// A leader that does not know where the logs meet probes: one message at a time, `next` stays. Once
// one fits it replicates: several messages are in flight and `next` runs ahead of the answers
// (dissertation §10.2.2). Loss shows when a later message, at the latest a heartbeat, does not fit.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "consensus/raft/configuration.h"
#include "consensus/raft/position.h"
#include "transport/identity.h"

namespace lockstep::consensus::raft {

/// A snapshot on its way. It stays as it is when the leader compacts again, or a busy leader would
/// never finish sending one.
struct Install {
  Index index{};  ///< what it covers
  Term term{};
  Configuration configuration;
  std::shared_ptr<const std::string> state;
  std::uint64_t digest = 0;  ///< of the state
  std::uint64_t offset = 0;  ///< so many bytes are known to have arrived
};

struct Progress {
  Progress(transport::NodeId member, Index first_to_send) : node(member), next(first_to_send) {}

  transport::NodeId node{};
  Index next{};    ///< the first entry to send
  Index match{0};  ///< up to here the member's durable log is known to equal the leader's
  bool probing = true;
  bool is_voter = false;     ///< of the configuration in force
  bool is_outgoing = false;  ///< of the one before, while the change is joint
  bool is_active = true;     ///< it answered since the quorum was last checked
  std::uint64_t round = 0;   ///< the latest round of confirmation that it answered
  std::vector<Index> in_flight;  ///< the last entry of each unanswered AppendEntries, ascending

  std::optional<Install> install;  ///< the member needs entries that the leader compacted

  /// Whether a snapshot is under way that is worth finishing, when the latest covers `newest`.
  bool is_installing(Index newest) const {
    return install && install->index > match && (install->offset > 0 || install->index == newest);
  }

  /// Whether one more AppendEntries may leave; `window` may be in flight at once.
  bool has_room(std::uint32_t window) const {
    return probing ? in_flight.empty() : in_flight.size() < window;
  }

  /// Entries up to `last` were sent.
  void sent(Index last) {
    in_flight.push_back(last);
    if (!probing) next = raft::next(last);
  }

  /// The member has everything up to `index`. True if that was news.
  bool acknowledged(Index index) {
    const bool news = index > match;
    match = std::max(match, index);
    if (probing) {
      probing = false;
      in_flight.clear();
      next = raft::next(match);
    } else {
      next = std::max(next, raft::next(match));
      std::erase_if(in_flight, [&](Index last) { return last <= match; });
    }
    return news;
  }

  /// Whether a rejection of entries after `prev` says anything new. Answers arrive late, twice and
  /// out of order, and of several messages in flight only the first rejection counts.
  bool is_current_rejection(Index prev) const {
    return prev > match && (probing ? raft::next(prev) == next : prev < next);
  }

  /// The member rejected what was sent: try again from `index`.
  void back_up(Index index) {
    next = std::max(raft::next(match), index);
    probing = true;
    in_flight.clear();
  }
};

}  // namespace lockstep::consensus::raft
