#include "consensus/raft/promises.h"

#include <fmt/core.h>

#include <algorithm>
#include <limits>
#include <string>

#include "consensus/raft/raft.messages.h"

namespace lockstep::consensus {
namespace {

using raft::Index;
using raft::Term;

// Answers that were withheld longer than this are not probed.
constexpr std::size_t kOffers = 256;

/// The first message of this protocol that leaves for `to`; null if there is none.
const raft::Message* answer_to(NodeId to, const Effects& effects) {
  for (const Outgoing& outgoing : effects.outgoing) {
    const bool fits = outgoing.kind == Outgoing::Kind::Message && outgoing.to == to &&
                      outgoing.payload.belongs_to(transport::protocol_tag<raft::Message>());
    if (fits) return &static_cast<const raft::Message&>(outgoing.payload.message());
  }
  return nullptr;
}

std::optional<std::string> forgot_term(std::uint64_t answered, Term promised) {
  if (Term{answered} >= promised) return std::nullopt;
  return fmt::format("after a restart it answers in term {}", answered);
}

}  // namespace

std::optional<Probe> RaftPromises::see(const Witness& witness) {
  if (witness.kind == Witness::Kind::Started) {
    if (Known* const known = find(witness.node)) {
      known->offers.clear();
    } else {
      nodes_.push_back({witness.node, {}});
    }
  }
  const auto* message = witness.message_as<raft::Message>();
  if (message == nullptr) return std::nullopt;
  if (witness.kind == Witness::Kind::Delivered) {
    if (message->has_append_entries()) {
      const auto& append = message->append_entries();
      const auto count = static_cast<std::uint64_t>(append.entries_size());
      const std::uint64_t last_term =
          count == 0 ? append.prev_term() : append.entries().rbegin()->term();
      remember(witness.node,
               {Term{append.term()}, Index{append.prev_index() + count}, Term{last_term}});
    } else if (message->has_install_snapshot()) {
      const auto& chunk = message->install_snapshot();
      remember(witness.node,
               {Term{chunk.term()}, Index{chunk.last_index()}, Term{chunk.last_term()}});
    }
  } else if (witness.kind == Witness::Kind::Sent) {
    const bool gives_vote = message->has_vote_reply() && message->vote_reply().granted() &&
                            !message->vote_reply().pre_vote();
    if (gives_vote) {
      return vote_given(witness.node, witness.peer, Term{message->vote_reply().term()});
    }
    if (message->has_append_reply() && message->append_reply().success()) {
      const auto& reply = message->append_reply();
      return acknowledged(witness.node, witness.peer, Term{reply.term()},
                          Index{reply.match_index()});
    }
    if (message->has_snapshot_reply() && message->snapshot_reply().installed()) {
      const auto& reply = message->snapshot_reply();
      return acknowledged(witness.node, witness.peer, Term{reply.term()},
                          Index{reply.last_index()});
    }
  }
  return std::nullopt;
}

void RaftPromises::remember(NodeId node, Offer offer) {
  Known* const known = find(node);
  if (known == nullptr) return;
  if (known->offers.size() == kOffers) known->offers.pop_front();
  known->offers.push_back(offer);
}

/// Null if it never started.
RaftPromises::Known* RaftPromises::find(NodeId node) {
  const auto found = std::find_if(nodes_.begin(), nodes_.end(),
                                  [&](const Known& known) { return known.node == node; });
  return found == nodes_.end() ? nullptr : &*found;
}

// §5.2: another candidate of the same term, whose log is as good as can be, must not get the vote.
std::optional<Probe> RaftPromises::vote_given(NodeId voter, NodeId candidate, Term term) const {
  const auto other = std::find_if(nodes_.begin(), nodes_.end(), [&](const Known& known) {
    return known.node != voter && known.node != candidate;
  });
  if (other == nodes_.end()) return std::nullopt;
  const NodeId rival = other->node;
  Probe probe;
  probe.promise = fmt::format("{} granted its vote in term {} to {}", to_string(voter),
                              number(term), to_string(candidate));
  probe.from = rival;
  probe.question =
      transport::compose<raft::Message, raft::RequestVote>([&](raft::RequestVote& request) {
        request.set_term(number(term));
        request.set_last_index(std::numeric_limits<std::uint64_t>::max());
        request.set_last_term(number(term));
        // Or the voter would wait until it may have forgotten its leader.
        request.set_transfer(true);
      });
  probe.contradiction = [rival, term](const Effects& effects) -> std::optional<std::string> {
    const raft::Message* answer = answer_to(rival, effects);
    if (answer == nullptr || !answer->has_vote_reply()) return std::nullopt;
    const raft::VoteReply& reply = answer->vote_reply();
    if (!reply.granted() || Term{reply.term()} > term) return forgot_term(reply.term(), term);
    return fmt::format("after a restart it grants it to {} as well", to_string(rival));
  };
  return probe;
}

// §5.3: the leader of the term finds the entry where it was acknowledged.
std::optional<Probe> RaftPromises::acknowledged(NodeId node, NodeId leader, Term term,
                                                Index index) {
  Known* const known_node = find(node);
  if (known_node == nullptr || index == Index{}) return std::nullopt;
  auto& offers = known_node->offers;
  const auto offer = std::find_if(offers.begin(), offers.end(), [&](const Offer& known) {
    return known.term == term && known.last == index;
  });
  if (offer == offers.end()) return std::nullopt;
  const Term entry_term = offer->last_term;
  // Answers leave in the order of the messages that they answer.
  offers.erase(offers.begin(), offer);
  Probe probe;
  probe.promise = fmt::format("{} acknowledged in term {} to {} its log up to index {}",
                              to_string(node), number(term), to_string(leader), number(index));
  probe.from = leader;
  probe.question =
      transport::compose<raft::Message, raft::AppendEntries>([&](raft::AppendEntries& append) {
        append.set_term(number(term));
        append.set_prev_index(number(index));
        append.set_prev_term(number(entry_term));
      });
  probe.contradiction = [leader, term,
                         index](const Effects& effects) -> std::optional<std::string> {
    const raft::Message* answer = answer_to(leader, effects);
    if (answer == nullptr || !answer->has_append_reply()) return std::nullopt;
    const raft::AppendReply& reply = answer->append_reply();
    if (reply.success() || Term{reply.term()} != term) return forgot_term(reply.term(), term);
    return fmt::format("after a restart it does not hold the entry at index {}", number(index));
  };
  return probe;
}

}  // namespace lockstep::consensus
