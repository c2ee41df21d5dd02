#include "consensus/paxos/monitors.h"

#include <fmt/core.h>

#include <algorithm>
#include <bit>
#include <utility>

#include "consensus/paxos/paxos.messages.h"
#include "statemachine/decisions.h"

namespace lockstep::consensus {
namespace {

using paxos::Ballot;

constexpr std::size_t kRemembered = 4096;

constexpr std::uint64_t bit_of(NodeId node) { return 1ull << (number(node) % 64); }

}  // namespace

void PaxosMonitor::see(const Witness& witness) {
  if (violation_) return;
  now_ = witness.at;
  event_ = witness.event;
  if (witness.kind == Witness::Kind::Requested) return requested(witness);
  const auto* message = witness.message_as<paxos::Message>();
  if (message == nullptr) return;
  visit(*message, [&](const auto& body) {
    key_ = body.key();
    if (witness.kind == Witness::Kind::Sent) sent(witness, body);
    if (witness.kind == Witness::Kind::Delivered) delivered(body, witness.peer);
  });
}

void PaxosMonitor::requested(const Witness& witness) {
  const auto* request = witness.message_as<Request>();
  const auto command = request == nullptr
                           ? std::nullopt
                           : statemachine::decisions::parse_command(request->command());
  if (!command) return;
  instance(command->key).wished.emplace(statemachine::digest_of(command->value), command->value);
}

void PaxosMonitor::sent(const Witness& witness, const paxos::Prepare& prepare) {
  uses_own_ballot(witness.node, Ballot{prepare.ballot()});
}

void PaxosMonitor::uses_own_ballot(NodeId node, Ballot ballot) {
  if (paxos::proposer_of(ballot) == node) return;
  broken("Ballots Have One Proposer", "§2.2, \"different proposals have different numbers\"",
         fmt::format("{} proposes in ballot {}", to_string(node), to_string(ballot)));
}

void PaxosMonitor::sent(const Witness& witness, const paxos::Promise& promise) {
  Instance& instance = this->instance(promise.key());
  Acceptor& acceptor = instance.acceptors[witness.node];
  const Ballot ballot{promise.ballot()};
  const Ballot accepted{promise.accepted_ballot()};
  if (ballot <= acceptor.promised) {
    return broken("Promises Only Grow", "§2.2, P1a",
                  fmt::format("{} promises ballot {} after ballot {}", to_string(witness.node),
                              to_string(ballot), to_string(acceptor.promised)));
  }
  if (accepted < acceptor.voted) {
    return broken("Promises Report The Last Vote", "§2.2, phase 1b",
                  fmt::format("{} voted in ballot {}, but its promise of ballot {} reports {}",
                              to_string(witness.node), to_string(acceptor.voted), to_string(ballot),
                              to_string(accepted)));
  }
  acceptor.promised = ballot;
  if (accepted == Ballot{}) return;
  votes(witness.node, instance, accepted, statemachine::digest_of(promise.value()));
}

void PaxosMonitor::delivered(const paxos::Promise& promise, NodeId acceptor) {
  Attempt& attempt = instance(promise.key()).attempts[Ballot{promise.ballot()}];
  attempt.reports[acceptor] = {Ballot{promise.accepted_ballot()},
                               statemachine::digest_of(promise.value())};
}

void PaxosMonitor::sent(const Witness& witness, const paxos::Accept& accept) {
  proposes(witness.node, instance(accept.key()), Ballot{accept.ballot()},
           statemachine::digest_of(accept.value()));
}

void PaxosMonitor::proposes(NodeId node, Instance& instance, Ballot ballot, std::uint64_t value) {
  uses_own_ballot(node, ballot);
  if (violation_) return;
  Attempt& attempt = instance.attempts[ballot];
  if (attempt.value && *attempt.value != value) {
    return broken(
        "One Value Per Ballot", "§2.2, P2",
        fmt::format("{} proposes {} in ballot {}, in which {} was proposed", to_string(node),
                    text(instance, value), to_string(ballot), text(instance, *attempt.value)));
  }
  const bool is_new = !std::exchange(attempt.value, value).has_value();
  if (!is_new) return;
  if (attempt.reports.size() < quorums_.prepare) {
    return broken("Proposals Need A Quorum Of Promises", "§2.2, phase 2a",
                  fmt::format("{} proposes in ballot {} with {} promises of {}", to_string(node),
                              to_string(ballot), attempt.reports.size(), quorums_.prepare));
  }
  if (!instance.wished.contains(value)) {
    return broken("Only Proposed Values", "§1",
                  fmt::format("{} proposes in ballot {} what no client wished", to_string(node),
                              to_string(ballot)));
  }
  if (!is_justified(attempt, value)) {
    return broken("Values Follow The Promises", "§2.2, P2c",
                  fmt::format("{} proposes {} in ballot {}, but the promises that it got report "
                              "another value in a higher ballot",
                              to_string(node), text(instance, value), to_string(ballot)));
  }
  if (instance.chosen && ballot > instance.chosen->ballot && value != instance.chosen->value) {
    broken("Later Ballots Carry The Chosen Value", "§2.2, P2b",
           fmt::format("{} proposes {} in ballot {}, but {} was chosen in ballot {}",
                       to_string(node), text(instance, value), to_string(ballot),
                       text(instance, instance.chosen->value), to_string(instance.chosen->ballot)));
  }
}

// The proposal rests on some quorum among the promises that it got: either none of that quorum
// reports a vote, or the highest vote that it reports is for this value. Further promises may have
// arrived while the proposal waited for the disk.
bool PaxosMonitor::is_justified(const Attempt& attempt, std::uint64_t value) const {
  const auto quorum_below = [&](Ballot highest) {
    const auto count =
        std::count_if(attempt.reports.begin(), attempt.reports.end(),
                      [&](const auto& report) { return report.second.accepted <= highest; });
    return static_cast<std::size_t>(count) >= quorums_.prepare;
  };
  if (quorum_below(Ballot{})) return true;
  return std::any_of(attempt.reports.begin(), attempt.reports.end(), [&](const auto& report) {
    const Report& told = report.second;
    return told.accepted != Ballot{} && told.value == value && quorum_below(told.accepted);
  });
}

void PaxosMonitor::sent(const Witness& witness, const paxos::Accepted& accepted) {
  Instance& instance = this->instance(accepted.key());
  const Ballot ballot{accepted.ballot()};
  Acceptor& acceptor = instance.acceptors[witness.node];
  if (ballot < acceptor.promised) {
    return broken("Promises Are Kept", "§2.2, P1a",
                  fmt::format("{} accepts ballot {} after it promised {}", to_string(witness.node),
                              to_string(ballot), to_string(acceptor.promised)));
  }
  acceptor.promised = ballot;
  const std::uint64_t value = statemachine::digest_of(accepted.value());
  votes(witness.node, instance, ballot, value);
}

// §2.2: chosen is what a quorum accepted in one ballot, whether anybody knows it or not.
void PaxosMonitor::votes(NodeId node, Instance& instance, Ballot ballot, std::uint64_t value) {
  if (violation_) return;
  // A group of one asks nobody to accept: its vote is the proposal.
  const bool asks_nobody = paxos::proposer_of(ballot) == node && !instance.attempts[ballot].value;
  if (asks_nobody) proposes(node, instance, ballot, value);
  if (violation_) return;
  Acceptor& acceptor = instance.acceptors[node];
  acceptor.voted = std::max(acceptor.voted, ballot);
  Attempt& attempt = instance.attempts[ballot];
  if (!attempt.value || *attempt.value != value) {
    return broken("Votes Are For Proposals", "§2.2, phase 2b",
                  fmt::format("{} votes in ballot {} for what was not proposed in it",
                              to_string(node), to_string(ballot)));
  }
  attempt.voters |= bit_of(node);
  if (static_cast<std::size_t>(std::popcount(attempt.voters)) < quorums_.accept) return;
  choose(instance, ballot, value);
}

void PaxosMonitor::choose(Instance& instance, Ballot ballot, std::uint64_t value) {
  if (instance.chosen && instance.chosen->value != value) {
    return broken(
        "One Chosen Value", "§1",
        fmt::format("{} is chosen in ballot {}, and {} in ballot {}",
                    text(instance, instance.chosen->value), to_string(instance.chosen->ballot),
                    text(instance, value), to_string(ballot)));
  }
  if (!instance.chosen || ballot < instance.chosen->ballot) instance.chosen = {ballot, value};
  // A later ballot may have been proposed in before the last vote of this one was cast.
  for (auto later = instance.attempts.upper_bound(ballot); later != instance.attempts.end();
       ++later) {
    if (!later->second.value || *later->second.value == value) continue;
    return broken("Later Ballots Carry The Chosen Value", "§2.2, P2b",
                  fmt::format("{} is chosen in ballot {}, but {} was proposed in ballot {}",
                              text(instance, value), to_string(ballot),
                              text(instance, *later->second.value), to_string(later->first)));
  }
}

void PaxosMonitor::sent(const Witness& witness, const paxos::Decided& decided) {
  const Instance& instance = this->instance(decided.key());
  const std::uint64_t value = statemachine::digest_of(decided.value());
  if (instance.chosen && instance.chosen->value == value) return;
  broken("Only Chosen Values Are Learned", "§1",
         fmt::format("{} says that {} is decided, which no quorum accepted",
                     to_string(witness.node), text(instance, value)));
}

PaxosMonitor::Instance& PaxosMonitor::instance(const std::string& key) {
  const auto [found, is_new] = instances_.try_emplace(key);
  if (!is_new) return found->second;
  key_ = key;
  order_.push_back(key);
  if (order_.size() > kRemembered) {
    instances_.erase(order_.front());
    order_.pop_front();
  }
  return found->second;
}

std::string PaxosMonitor::text(const Instance& instance, std::uint64_t value) const {
  const auto known = instance.wished.find(value);
  return known == instance.wished.end() ? "an unknown value" : "\"" + known->second + "\"";
}

void PaxosMonitor::broken(std::string_view rule, std::string_view source, std::string story) {
  if (violation_) return;
  violation_ = {std::string(rule), fmt::format("Paxos Made Simple {}", source),
                fmt::format("{}: {}", key_, story), event_, now_};
}

std::uint64_t PaxosMonitor::digest() const {
  statemachine::Fold digest;
  for (const auto& [key, instance] : instances_) {
    fold(digest, key);
    for (const auto& [value, wish] : instance.wished) fold(digest, value);
    for (const auto& [node, acceptor] : instance.acceptors) {
      fold(digest, number(node));
      fold(digest, number(acceptor.promised));
      fold(digest, number(acceptor.voted));
    }
    for (const auto& [ballot, attempt] : instance.attempts) {
      fold(digest, number(ballot));
      fold(digest, attempt.value.value_or(0));
      fold(digest, attempt.voters);
      for (const auto& [node, report] : attempt.reports) {
        fold(digest, number(node));
        fold(digest, number(report.accepted));
        fold(digest, report.value);
      }
    }
    fold(digest, instance.chosen ? number(instance.chosen->ballot) : 0);
  }
  return digest.digest();
}

}  // namespace lockstep::consensus
