#include "consensus/raft/monitors.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "consensus/raft/raft.messages.h"

namespace lockstep::consensus {
namespace {

bool is_vote(const raft::VoteReply& reply) { return reply.granted() && !reply.pre_vote(); }

}  // namespace

RaftMonitor::RaftMonitor(const std::vector<NodeId>& founders) {
  for (const NodeId founder : founders) founders_.voters |= raft::bit_of(founder);
  committed_configurations_.reset({}, founders_);
  for (const NodeId founder : founders) add(founder);
}

void RaftMonitor::see(const Witness& witness) {
  if (violation_) return;
  Watched* node = find(witness.node);
  if (node == nullptr && witness.kind == Witness::Kind::Started) node = add(witness.node);
  if (node == nullptr) return;
  now_ = witness.at;
  event_ = witness.event;
  switch (witness.kind) {
    case Witness::Kind::Crashed:
      node->leads = {};
      node->unproven = {};
      break;
    case Witness::Kind::Started:
      // The node claims anew what its disk gave back.
      node->leads = {};
      node->commit = node->applied = node->read_locally = node->unproven = {};
      node->log.reset({}, {});
      node->configurations.reset({}, founders_);
      node->configured.reset();
      break;
    case Witness::Kind::Requested:
      requested(witness);
      break;
    case Witness::Kind::Stored:
      has_stored(*node);
      break;
    case Witness::Kind::Sent:
      sent(*node, find(witness.peer), witness);
      break;
    case Witness::Kind::Delivered:
      if (const Watched* peer = find(witness.peer)) delivered(*node, *peer, witness);
      break;
    case Witness::Kind::Observed:
      std::visit([&](const auto& claim) { claims(*node, claim); }, *witness.claim);
      break;
    default:
      break;
  }
}

// Messages.

void RaftMonitor::sent(Watched& node, Watched* peer, const Witness& witness) {
  const auto* message = witness.message_as<raft::Message>();
  if (message == nullptr) return;
  visit(*message, [&](const auto& body) { sends_in_term(node, body.term()); });
  switch (message->body_case()) {
    case raft::Message::kRequestVote:
      if (message->request_vote().pre_vote()) return;
      return votes(node, Term{message->request_vote().term()}, node.id);
    case raft::Message::kVoteReply:
      if (is_vote(message->vote_reply()) && peer != nullptr) {
        votes_for_another(node, Term{message->vote_reply().term()}, *peer);
      }
      return;
    case raft::Message::kAppendEntries:
      acts_as_leader(node, Term{message->append_entries().term()});
      return proposes(node, message->append_entries());
    case raft::Message::kInstallSnapshot:
      acts_as_leader(node, Term{message->install_snapshot().term()});
      return offers(node, message->install_snapshot());
    case raft::Message::kAppendReply: {
      const auto& reply = message->append_reply();
      if (reply.success()) acknowledges(node, Term{reply.term()}, Index{reply.match_index()});
      return;
    }
    case raft::Message::kSnapshotReply: {
      const auto& reply = message->snapshot_reply();
      if (reply.installed()) acknowledges(node, Term{reply.term()}, Index{reply.last_index()});
      return;
    }
    case raft::Message::kTimeoutNow:
    case raft::Message::kReadIndexReply:
      return names_read_index(node, message->read_index_reply());
    case raft::Message::kReadIndex:
    case raft::Message::BODY_NOT_SET:
      return;
  }
}

void RaftMonitor::delivered(Watched& node, const Watched& peer, const Witness& witness) {
  const auto* message = witness.message_as<raft::Message>();
  if (message == nullptr) return;
  // Who hears a leader ignores candidates, their terms too (dissertation §4.2.3).
  if (!message->has_request_vote()) {
    visit(*message,
          [&](const auto& body) { node.heard = std::max(node.heard, Term{body.term()}); });
  }
  const auto acknowledged = [&](std::uint64_t term, std::uint64_t index) {
    if (Term{term} != node.leads) return;
    Index& known = node.acknowledged[place_of(peer)];
    known = std::max(known, Index{index});
  };
  if (message->has_request_vote()) {
    asked_to_vote(node, peer, message->request_vote());
  } else if (message->has_vote_reply() && is_vote(message->vote_reply())) {
    const Term term{message->vote_reply().term()};
    if (term > node.votes_in) node.voters = 0;
    node.votes_in = std::max(node.votes_in, term);
    if (term == node.votes_in) node.voters |= raft::bit_of(peer.id);
  } else if (message->has_append_reply() && message->append_reply().success()) {
    acknowledged(message->append_reply().term(), message->append_reply().match_index());
  } else if (message->has_snapshot_reply() && message->snapshot_reply().installed()) {
    acknowledged(message->snapshot_reply().term(), message->snapshot_reply().last_index());
  }
}

void RaftMonitor::sends_in_term(Watched& node, std::uint64_t number_of_term) {
  const Term term{number_of_term};
  if (term < node.sent) {
    broken("Terms Only Grow", "§5.1",
           fmt::format("{} spoke in term {} after it had spoken in term {}", to_string(node.id),
                       number(term), number(node.sent)));
  }
  node.sent = term;
  node.heard = std::max(node.heard, term);
}

void RaftMonitor::votes(Watched& node, Term term, NodeId candidate) {
  if (term == node.voted_in && candidate != node.voted_for) {
    broken("One Vote Per Term", "§5.2",
           fmt::format("{} voted in term {} for {} and for {}", to_string(node.id), number(term),
                       to_string(node.voted_for), to_string(candidate)));
  }
  node.voted_in = term;
  node.voted_for = candidate;
}

// The answer may leave much later, when the voter's log is another; so they are compared now.
void RaftMonitor::asked_to_vote(Watched& node, const Watched& candidate,
                                const raft::RequestVote& request) {
  const Term term{request.term()};
  if (request.pre_vote() || term < node.asked_in) return;
  if (term > node.asked_in) node.worthy = 0;
  node.asked_in = term;
  const auto theirs = std::pair(Term{request.last_term()}, Index{request.last_index()});
  const auto own = std::pair(node.log.last_term(), node.log.last());
  if (theirs >= own) node.worthy |= raft::bit_of(candidate.id);
}

void RaftMonitor::votes_for_another(Watched& node, Term term, const Watched& candidate) {
  votes(node, term, candidate.id);
  const bool asked_itself = candidate.id == node.id || term != node.asked_in;
  if (asked_itself || (node.worthy & raft::bit_of(candidate.id)) != 0) return;
  broken("Votes Go To Up-To-Date Logs", "§5.4.1",
         fmt::format("{} voted in term {} for {}, whose log was behind its own", to_string(node.id),
                     number(term), to_string(candidate.id)));
}

void RaftMonitor::acts_as_leader(Watched& node, Term term) {
  if (term == node.led) return;
  if (const Watched* const known = leader_of(term)) {
    return broken("Election Safety", "Figure 3, §5.2",
                  fmt::format("{} and {} both lead term {}", to_string(known->id),
                              to_string(node.id), number(term)));
  }
  node.led = term;
  const std::uint64_t voters = (node.votes_in == term ? node.voters : 0) | raft::bit_of(node.id);
  const auto& [since, sets] = node.configurations.latest();
  if (sees_members_ && !sets.has_quorum(voters)) {
    broken("Elected By A Quorum", "§5.2, dissertation §4.1",
           fmt::format("{} leads term {} with the votes of {}, which are no quorum of {}, its "
                       "configuration since index {}",
                       to_string(node.id), number(term), to_string(raft::MemberSets{voters, 0, 0}),
                       to_string(sets), number(since)));
  }
  const auto oldest = std::min_element(
      nodes_.begin(), nodes_.end(),
      [](const Watched& one, const Watched& other) { return one.sent < other.sent; });
  std::erase_if(leaders_, [&](const Leader& leader) { return leader.term < oldest->sent; });
  const auto after = std::find_if(leaders_.begin(), leaders_.end(),
                                  [&](const Leader& leader) { return leader.term > term; });
  leaders_.insert(after, {term, node.id});
}

/// Null if none is known.
const RaftMonitor::Watched* RaftMonitor::leader_of(Term term) const {
  // Nearly every question is about the latest.
  for (auto leader = leaders_.rbegin(); leader != leaders_.rend(); ++leader) {
    if (leader->term == term) return &nodes_[places_of_nodes_[number(leader->node)] - 1u];
    if (leader->term < term) break;
  }
  return nullptr;
}

void RaftMonitor::acknowledges(const Watched& node, Term term, Index index) {
  // An answer may leave after the node heard of a newer term and cut its log there.
  if (term != node.heard) return;
  if (index > node.log.last()) {
    return broken(
        "Acknowledged Entries Are Stored", "§5.3",
        fmt::format("{} acknowledged index {} in term {}, but its log ends at {}",
                    to_string(node.id), number(index), number(term), number(node.log.last())));
  }
  const Watched* const leader = leader_of(term);
  const auto own = node.log.at(index);
  if (leader == nullptr || leader->leads != term || !own || index < leader->log.base()) return;
  if (leader->log.at(index) != own) {
    broken("Acknowledged Entries Match", "§5.3",
           fmt::format("{} acknowledged index {} in term {}, where it has an entry of term {} that "
                       "the leader {} has not",
                       to_string(node.id), number(index), number(term), number(*own),
                       to_string(leader->id)));
  }
}

// Bookkeeping.

void RaftMonitor::forget_compacted() {
  Index lowest = nodes_.front().log.base();
  for (const Watched& node : nodes_) lowest = std::min(lowest, node.log.base());
  if (lowest <= places_.first()) return;
  places_.forget_before(lowest);
  configurations_.forget(lowest);
  committed_configurations_.compact(lowest);
}

RaftMonitor::Watched* RaftMonitor::find(NodeId node) {
  const std::uint64_t place = number(node) < kNodes ? places_of_nodes_[number(node)] : 0;
  return place == 0 ? nullptr : &nodes_[place - 1];
}

/// Null if its number is too high.
RaftMonitor::Watched* RaftMonitor::add(NodeId node) {
  if (number(node) == 0 || number(node) >= kNodes) return nullptr;
  Watched& watched = nodes_.emplace_back();
  watched.id = node;
  watched.configurations.reset({}, founders_);
  places_of_nodes_[number(node)] = static_cast<std::uint8_t>(nodes_.size());
  for (Watched& leader : nodes_) leader.acknowledged.resize(nodes_.size());
  return &nodes_.back();
}

std::size_t RaftMonitor::place_of(const Watched& node) const {
  return static_cast<std::size_t>(&node - nodes_.data());
}

const RaftMonitor::Entry* RaftMonitor::Place::find(Term term) const {
  if (entry.term == term && term != Term{}) return &entry;
  const auto found = std::find_if(others.begin(), others.end(),
                                  [&](const Entry& other) { return other.term == term; });
  return found == others.end() ? nullptr : &*found;
}

void RaftMonitor::broken(std::string_view rule, std::string_view source, std::string story) {
  if (violation_) return;
  violation_ = Violation{std::string(rule), std::string(source), std::move(story), event_, now_};
}

std::uint64_t RaftMonitor::digest() const {
  statemachine::Fold digest;
  const auto fold = [&](const Entry& entry) {
    digest(number(entry.term));
    digest(number(entry.previous_term));
    digest(entry.digest);
  };
  for (const Watched& node : nodes_) {
    for (const Term term : {node.sent, node.heard, node.voted_in, node.asked_in, node.votes_in,
                            node.led, node.leads}) {
      digest(number(term));
    }
    for (const Index index : {node.unproven, node.commit, node.applied, node.read_locally}) {
      digest(number(index));
    }
    digest(node.configured ? number(*node.configured) + 1 : 0);
    digest(number(node.voted_for));
    digest(node.worthy);
    digest(node.voters);
    for (const Index index : node.acknowledged) digest(number(index));
    node.log.fold_into(digest);
    node.configurations.fold_into(digest);
  }
  digest(leaders_.size());
  for (const auto& [term, leader] : leaders_) {
    digest(number(term));
    digest(number(leader));
  }
  digest(number(places_.first()));
  digest(number(committed_));
  digest(number(applied_));
  configurations_.fold_into(digest);
  committed_configurations_.fold_into(digest);
  reads_.fold_into(digest);
  digest(places_.values().size());
  for (const Place& known : places_.values()) {
    fold(known.entry);
    digest(known.others.size());
    for (const Entry& entry : known.others) fold(entry);
    digest(number(known.committed));
    digest(number(known.committed_in));
    digest(known.is_applied ? known.command_digest : 0);
    digest(known.is_applied ? known.result_digest : 0);
    digest(known.has_state ? known.state_digest : 0);
  }
  digest(sees_members_ ? 1 : 0);
  digest(pardons_silence_ ? 1 : 0);
  digest(violation_ ? 1 : 0);
  return digest.digest();
}

}  // namespace lockstep::consensus
