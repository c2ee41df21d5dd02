// Raft's promises that must survive a crash, as restart probes (transport/probe.h): a granted vote,
// and the entries that an answer to AppendEntries or InstallSnapshot acknowledged.
//
// The questions are messages of the protocol, so they work for any storage layout. What the probe
// for an acknowledgement must know, the term of the acknowledged entry, is learnt from the leader's
// message that the node received; a leader's answer to itself is not probed. A pre-vote promises
// nothing, and neither does a chunk that arrived of a snapshot that is not whole.
#pragma once

#include <deque>
#include <optional>
#include <vector>

#include "consensus/raft/position.h"
#include "consensus/vocabulary.h"

namespace lockstep::consensus {

class RaftPromises {
 public:
  /// A probe if the event is a promise that was just sent.
  std::optional<Probe> see(const Witness& witness);

 private:
  /// A leader's message that a node may acknowledge.
  struct Offer {
    raft::Term term{};  // The leader's.
    raft::Index last{};
    raft::Term last_term{};
  };

  /// A node that ever started.
  struct Known {
    NodeId node{};
    std::deque<Offer> offers;  // Invariant: at most kOffers, oldest first.
  };

  Known* find(NodeId node);
  void remember(NodeId node, Offer offer);
  std::optional<Probe> vote_given(NodeId voter, NodeId candidate, raft::Term term) const;
  std::optional<Probe> acknowledged(NodeId node, NodeId leader, raft::Term term, raft::Index index);

  std::vector<Known> nodes_;  // Those in whose name a question can be asked.
};

}  // namespace lockstep::consensus
