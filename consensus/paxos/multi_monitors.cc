#include "consensus/paxos/multi_monitors.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "consensus/paxos/multi_paxos.messages.h"

namespace lockstep::consensus {
namespace {

using paxos::Ballot;
using paxos::Slot;

// So much is remembered, so that memory stays flat in runs of any length.
constexpr std::size_t kPlaces = 1 << 14;
constexpr std::size_t kPreparations = 1 << 12;
constexpr std::size_t kWishes = 1 << 12;

std::uint64_t digest_of(const multi_paxos::Value& value) {
  statemachine::Fold digest;
  fold(digest, value);
  return digest.digest();
}

}  // namespace

MultiPaxosMonitor::MultiPaxosMonitor(Nodes founders, std::uint64_t window)
    : window_(window), is_blind_(founders.size() == 1) {
  configurations_.reset(Slot{1}, std::move(founders));
}

void MultiPaxosMonitor::see(const Witness& witness) {
  if (violation_ || is_blind_) return;
  now_ = witness.at;
  event_ = witness.event;
  if (const auto* request = witness.message_as<Request>()) {
    if (witness.kind == Witness::Kind::Requested) requested(*request);
    return;
  }
  if (witness.kind == Witness::Kind::Observed) {
    return std::visit([&](const auto& claim) { claims(witness.node, claim); }, *witness.claim);
  }
  const auto* message = witness.message_as<multi_paxos::Message>();
  if (message == nullptr) return;
  if (witness.kind == Witness::Kind::Sent) {
    visit(*message, [&](const auto& body) { sent(witness.node, body); });
  } else if (witness.kind == Witness::Kind::Delivered && message->has_promise()) {
    delivered(witness.peer, message->promise());
  }
}

void MultiPaxosMonitor::sent(NodeId node, const multi_paxos::Prepare& prepare) {
  uses_own_ballot(node, Ballot{prepare.ballot()});
}

void MultiPaxosMonitor::uses_own_ballot(NodeId node, Ballot ballot) {
  if (paxos::proposer_of(ballot) == node) return;
  broken("Ballots Have One Proposer", "§2.3",
         fmt::format("{} acts in ballot {}", to_string(node), to_string(ballot)));
}

void MultiPaxosMonitor::sent(NodeId node, const multi_paxos::Promise& promise) {
  Acceptor& acceptor = acceptors_[node];
  const Ballot ballot{promise.ballot()};
  const Slot compacted{promise.snapshot_slot()};
  if (ballot < acceptor.promised) {
    return broken("Promises Only Grow", "§2.3, invariant A1",
                  fmt::format("{} promises ballot {} after {}", to_string(node), to_string(ballot),
                              to_string(acceptor.promised)));
  }
  acceptor.promised = ballot;
  if (compacted > chosen_) {
    return broken("Only Chosen Slots Are Compacted", "Paxos Made Live §5.5",
                  fmt::format("{} compacted its log up to slot {}, but only {} are chosen",
                              to_string(node), number(compacted), number(chosen_)));
  }
  std::map<Slot, Ballot> reported;
  for (const auto& vote : promise.votes()) {
    const Ballot voted{vote.ballot()};
    const Slot slot{vote.slot()};
    reported[slot] = voted;
    if (vote.chosen() || violation_ || is_forgotten(slot)) continue;
    // A leader's vote may have become durable when it died before it asked anybody else.
    if (paxos::proposer_of(voted) == node) proposes(node, voted, slot, vote.value());
    if (!violation_) votes(node, voted, slot);
  }
  if (violation_) return;
  acceptor.votes.erase(acceptor.votes.begin(), acceptor.votes.upper_bound(compacted));
  const Slot from = std::max(Slot{promise.from_slot()}, paxos::next(compacted));
  for (auto at = acceptor.votes.lower_bound(from); at != acceptor.votes.end(); ++at) {
    if (const auto told = reported.find(at->first);
        told != reported.end() && told->second >= at->second) {
      continue;
    }
    return broken(
        "Promises Report All Votes", "§2.3, p1b",
        fmt::format("{} voted in ballot {} for slot {}, but its promise of ballot {} "
                    "does not say so",
                    to_string(node), to_string(at->second), number(at->first), to_string(ballot)));
  }
}

void MultiPaxosMonitor::delivered(NodeId acceptor, const multi_paxos::Promise& promise) {
  Preparation& preparation = preparations_[Ballot{promise.ballot()}];
  preparation.promises.add(acceptor);
  for (const auto& vote : promise.votes()) {
    auto& [ballot, value] = preparation.highest[Slot{vote.slot()}];
    if (Ballot{vote.ballot()} < ballot) continue;
    ballot = Ballot{vote.ballot()};
    value = digest_of(vote.value());
  }
  if (preparations_.size() > kPreparations) preparations_.erase(preparations_.begin());
}

void MultiPaxosMonitor::sent(NodeId node, const multi_paxos::Accept& accept) {
  const Ballot ballot{accept.ballot()};
  uses_own_ballot(node, ballot);
  commits(node, Slot{accept.commit()});
  Slot slot{accept.first_slot()};
  for (const auto& value : accept.values()) {
    if (violation_) return;
    if (!is_forgotten(slot)) proposes(node, ballot, slot, value);
    slot = paxos::next(slot);
  }
  if (violation_ || number(slot) <= accept.commit() + window_ + 1) return;
  broken("Only So Many Slots Ahead", "§2.2, R4: slot_in < slot_out + WINDOW",
         fmt::format("{} proposes in slot {} when slots up to {} are chosen, with a window of {}",
                     to_string(node), number(slot) - 1, accept.commit(), window_));
}

void MultiPaxosMonitor::proposes(NodeId node, Ballot ballot, Slot slot,
                                 const multi_paxos::Value& value) {
  const std::uint64_t digest = digest_of(value);
  Place& place = places_[slot];
  const auto known = place.attempts.find(ballot);
  if (known != place.attempts.end()) {
    if (known->second.value == digest) return;
    return broken("One Value Per Ballot And Slot", "§2.3, invariant A4",
                  fmt::format("{} proposes two values for slot {} in ballot {}", to_string(node),
                              number(slot), to_string(ballot)));
  }
  follows_promises(node, ballot, slot, digest);
  if (violation_) return;
  Attempt attempt{digest, statemachine::digest_of(value.command()), {}, {}};
  for (const auto id : value.members().node()) {
    attempt.members = with(std::move(attempt.members), NodeId{id});
  }
  place.attempts.emplace(ballot, std::move(attempt));
  if (place.chosen == Ballot{} || ballot <= place.chosen) return;
  if (place.attempts.at(place.chosen).value == digest) return;
  broken("Later Ballots Carry The Chosen Value", "§2.3, invariant A5",
         fmt::format("{} proposes in ballot {} another value for slot {} than was chosen in {}",
                     to_string(node), to_string(ballot), number(slot), to_string(place.chosen)));
}

void MultiPaxosMonitor::follows_promises(NodeId node, Ballot ballot, Slot slot,
                                         std::uint64_t value) {
  const Preparation& preparation = preparations_[ballot];
  if (!paxos::is_quorum(preparation.promises, configurations_.at(slot))) {
    return broken("Proposals Need A Quorum Of Promises", "§2.4, scouts",
                  fmt::format("{} proposes in ballot {} for slot {} with the promises of {} nodes, "
                              "which are no quorum of those who govern it",
                              to_string(node), to_string(ballot), number(slot),
                              preparation.promises.count()));
  }
  const auto highest = preparation.highest.find(slot);
  if (highest == preparation.highest.end() || highest->second.second == value) return;
  broken("Values Follow The Promises", "§2.4, pmax",
         fmt::format("{} proposes in ballot {} for slot {} another value than the promises report "
                     "for ballot {}",
                     to_string(node), to_string(ballot), number(slot),
                     to_string(highest->second.first)));
}

void MultiPaxosMonitor::sent(NodeId node, const multi_paxos::Accepted& accepted) {
  const Ballot ballot{accepted.ballot()};
  Acceptor& acceptor = acceptors_[node];
  if (ballot < acceptor.promised) {
    return broken("Promises Are Kept", "§2.3, invariant A2",
                  fmt::format("{} accepts in ballot {} after it promised {}", to_string(node),
                              to_string(ballot), to_string(acceptor.promised)));
  }
  acceptor.promised = ballot;
  const Slot last{accepted.last_slot()};
  for (Slot slot{accepted.first_slot()}; slot <= last && !violation_; slot = paxos::next(slot)) {
    votes(node, ballot, slot);
    if (slot > chosen_ && !places_.contains(slot)) break;
  }
}

void MultiPaxosMonitor::votes(NodeId node, Ballot ballot, Slot slot) {
  if (is_forgotten(slot)) return;
  Place& place = places_[slot];
  const auto found = place.attempts.find(ballot);
  if (found == place.attempts.end()) {
    return broken("Votes Are For Proposals", "§2.3, invariant A2",
                  fmt::format("{} accepts in ballot {} for slot {} what was not proposed",
                              to_string(node), to_string(ballot), number(slot)));
  }
  Ballot& voted = acceptors_[node].votes[slot];
  voted = std::max(voted, ballot);
  found->second.voters.add(node);
  if (paxos::is_quorum(found->second.voters, configurations_.at(slot))) choose(slot, ballot, place);
}

// §2.3: chosen is what a quorum accepted in one ballot.
void MultiPaxosMonitor::choose(Slot slot, Ballot ballot, Place& place) {
  const std::uint64_t value = place.attempts.at(ballot).value;
  if (place.chosen != Ballot{} && place.attempts.at(place.chosen).value != value) {
    return broken("One Chosen Value Per Slot", "§2.3",
                  fmt::format("slot {} has a value chosen in ballot {}, and another in ballot {}",
                              number(slot), to_string(place.chosen), to_string(ballot)));
  }
  if (place.chosen == Ballot{} || ballot < place.chosen) place.chosen = ballot;
  // A later ballot may have been proposed in before the last vote of this one was cast.
  for (auto later = place.attempts.upper_bound(ballot); later != place.attempts.end(); ++later) {
    if (later->second.value == value) continue;
    return broken(
        "Later Ballots Carry The Chosen Value", "§2.3, invariant A5",
        fmt::format("slot {} has a value chosen in ballot {}, but another was proposed in "
                    "ballot {}",
                    number(slot), to_string(ballot), to_string(later->first)));
  }
  advance();
}

// PMMC §2.2: a configuration governs from `window` slots after its own.
void MultiPaxosMonitor::advance() {
  for (auto at = places_.find(paxos::next(chosen_));
       at != places_.end() && at->first == paxos::next(chosen_); ++at) {
    if (at->second.chosen == Ballot{}) break;
    chosen_ = at->first;
    const Attempt& attempt = at->second.attempts.at(at->second.chosen);
    if (attempt.members.empty()) continue;
    if (attempt.members.size() == 1) is_blind_ = true;
    const Slot since = paxos::plus(chosen_, window_);
    if (since > configurations_.latest_since()) configurations_.add(since, attempt.members);
  }
  forget_old();
}

void MultiPaxosMonitor::forget_old() {
  while (places_.size() > kPlaces && places_.begin()->first < chosen_) {
    first_ = paxos::next(places_.begin()->first);
    places_.erase(places_.begin());
  }
  for (auto& [node, acceptor] : acceptors_) {
    acceptor.votes.erase(acceptor.votes.begin(), acceptor.votes.lower_bound(first_));
  }
  configurations_.forget_below(first_);
}

/// Null if nothing is chosen for the slot, or it is forgotten.
MultiPaxosMonitor::Attempt* MultiPaxosMonitor::chosen_in(Slot slot) {
  const auto found = places_.find(slot);
  if (found == places_.end() || found->second.chosen == Ballot{}) return nullptr;
  return &found->second.attempts.at(found->second.chosen);
}

void MultiPaxosMonitor::broken(std::string_view rule, std::string_view source, std::string story) {
  if (violation_) return;
  const bool is_other = source.starts_with("Paxos Made Live");
  violation_ = {
      std::string(rule),
      is_other ? std::string(source) : fmt::format("Paxos Made Moderately Complex {}", source),
      std::move(story), event_, now_};
}

std::uint64_t MultiPaxosMonitor::digest() const {
  statemachine::Fold digest;
  for (const auto& [node, acceptor] : acceptors_) {
    fold(digest, number(node));
    fold(digest, number(acceptor.promised));
    for (const auto& [slot, ballot] : acceptor.votes) fold(digest, number(ballot));
  }
  for (const auto& [slot, place] : places_) {
    fold(digest, number(slot));
    fold(digest, number(place.chosen));
    for (const auto& [ballot, attempt] : place.attempts) {
      fold(digest, number(ballot));
      fold(digest, attempt.value);
      for (const NodeId voter : attempt.voters.voters()) fold(digest, number(voter));
    }
  }
  for (const auto& [ballot, preparation] : preparations_) {
    fold(digest, number(ballot));
    for (const NodeId node : preparation.promises.voters()) fold(digest, number(node));
    for (const auto& [slot, report] : preparation.highest) fold(digest, report.second);
  }
  for (const auto& [client, wish] : wishes_) {
    fold(digest, client);
    fold(digest, number(wish.committed));
  }
  fold(digest, number(committed_));
  return digest.digest();
}

// What nodes say about themselves, and what they tell others that they know.

void MultiPaxosMonitor::sent(NodeId node, const multi_paxos::Heartbeat& heartbeat) {
  uses_own_ballot(node, Ballot{heartbeat.ballot()});
  commits(node, Slot{heartbeat.commit()});
}

void MultiPaxosMonitor::commits(NodeId node, Slot slot) {
  if (slot <= chosen_) {
    committed_ = std::max(committed_, slot);
    return;
  }
  broken("Only Chosen Slots Are Committed", "§2.4, commanders",
         fmt::format("{} takes slots up to {} for chosen, but only {} are", to_string(node),
                     number(slot), number(chosen_)));
}

void MultiPaxosMonitor::sent(NodeId node, const multi_paxos::Chosen& chosen) {
  for (const auto& vote : chosen.votes()) {
    const Slot slot{vote.slot()};
    if (is_forgotten(slot)) continue;
    const Attempt* const known = chosen_in(slot);
    if (known != nullptr && known->value == digest_of(vote.value())) continue;
    return broken("Only Chosen Values Are Learned", "§2.1",
                  fmt::format("{} tells others a value for slot {} that was not chosen",
                              to_string(node), number(slot)));
  }
}

void MultiPaxosMonitor::sent(NodeId node, const multi_paxos::Snapshot& snapshot) {
  commits(node, Slot{snapshot.snapshot().slot()});
}

void MultiPaxosMonitor::sent(NodeId node, const multi_paxos::ReadReply& reply) {
  const auto& votes = acceptors_[node].votes;
  if (votes.empty() || votes.rbegin()->first <= Slot{reply.last_slot()}) return;
  broken("Quorum Reads See The Last Vote", "Linearizable Quorum Reads in Paxos §3",
         fmt::format("{} voted for slot {}, but tells a reader that {} was the last",
                     to_string(node), number(votes.rbegin()->first), reply.last_slot()));
}

void MultiPaxosMonitor::claims(NodeId node, const transport::Committed& claim) {
  commits(node, Slot{claim.index});
}

void MultiPaxosMonitor::claims(NodeId node, const transport::Applied& claim) {
  const Slot slot{claim.index};
  if (is_forgotten(slot)) return;
  const Attempt* const chosen = chosen_in(slot);
  if (chosen != nullptr && chosen->command == claim.command_digest) return;
  broken("Only Chosen Values Are Applied", "§2.1",
         fmt::format("{} applied at slot {} what was not chosen", to_string(node), claim.index));
}

void MultiPaxosMonitor::requested(const Request& request) {
  Wish& wish = wishes_[request.client()];
  if (request.sequence() <= wish.sequence) return;
  wish = {request.sequence(), committed_};
  if (wishes_.size() > kWishes) wishes_.erase(wishes_.begin());
}

// Whatever anybody took for chosen before the read began may have been answered to a client.
void MultiPaxosMonitor::claims(NodeId node, const transport::Served& claim) {
  const auto wish = wishes_.find(claim.client);
  const bool is_known = wish != wishes_.end() && wish->second.sequence == claim.sequence;
  if (!is_known || Slot{claim.index} >= wish->second.committed) return;
  broken("Reads See What Was Committed", "Paxos Made Live §5.2",
         fmt::format("{} answers a read with the state after slot {}, when slot {} was committed "
                     "before the read began",
                     to_string(node), claim.index, number(wish->second.committed)));
}

}  // namespace lockstep::consensus
