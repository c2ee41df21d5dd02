#include "consensus/paxos/promises.h"

#include <fmt/core.h>

#include <string>

#include "consensus/paxos/ballot.h"
#include "consensus/paxos/paxos.messages.h"

namespace lockstep::consensus {
namespace {

using paxos::Ballot;

/// In which ballots a probe may ask: its own.
const NodeId kAsking{paxos::kBallotNodes - 1};

/// The first answer of this kind for the key; null if there is none.
const paxos::Promise* promise_in(const Effects& effects) {
  for (const Outgoing& outgoing : effects.outgoing) {
    if (!outgoing.payload.belongs_to(transport::protocol_tag<paxos::Message>())) continue;
    const auto& message = static_cast<const paxos::Message&>(outgoing.payload.message());
    if (message.has_promise()) return &message.promise();
  }
  return nullptr;
}

Probe ask_for_promise(NodeId from, const std::string& key, Ballot ballot) {
  Probe probe;
  probe.from = from;
  probe.question = transport::compose<paxos::Message, paxos::Prepare>([&](paxos::Prepare& prepare) {
    prepare.set_key(key);
    prepare.set_ballot(number(ballot));
  });
  return probe;
}

// P1a: after the promise of a ballot that same ballot, and so any lower one, is refused.
Probe promised(const Witness& witness, const paxos::Promise& promise) {
  const Ballot ballot{promise.ballot()};
  Probe probe = ask_for_promise(witness.peer, promise.key(), ballot);
  probe.promise = fmt::format("{} promised ballot {} for {}", to_string(witness.node),
                              to_string(ballot), promise.key());
  probe.contradiction = [](const Effects& effects) -> std::optional<std::string> {
    if (promise_in(effects) == nullptr) return std::nullopt;
    return "after a restart it promises it again";
  };
  return probe;
}

// Phase 1b: whoever prepares a higher ballot is told of the vote.
Probe accepted(const Witness& witness, const paxos::Accepted& accepted) {
  const Ballot ballot{accepted.ballot()};
  // Ballots that other nodes use in a run are far below.
  constexpr std::uint64_t kFar = 1 << 20;
  const Ballot later = paxos::above(Ballot{number(ballot) + kFar}, kAsking);
  Probe probe = ask_for_promise(kAsking, accepted.key(), later);
  probe.promise = fmt::format("{} accepted a value for {} in ballot {}", to_string(witness.node),
                              accepted.key(), to_string(ballot));
  probe.contradiction = [ballot](const Effects& effects) -> std::optional<std::string> {
    const paxos::Promise* const promise = promise_in(effects);
    if (promise == nullptr || Ballot{promise->accepted_ballot()} >= ballot) return std::nullopt;
    return fmt::format("after a restart it reports a vote in ballot {}",
                       to_string(Ballot{promise->accepted_ballot()}));
  };
  return probe;
}

}  // namespace

std::optional<Probe> PaxosPromises::see(const Witness& witness) const {
  const auto* message = witness.message_as<paxos::Message>();
  if (message == nullptr || witness.kind != Witness::Kind::Sent) return std::nullopt;
  if (message->has_promise()) return promised(witness, message->promise());
  if (message->has_accepted()) return accepted(witness, message->accepted());
  return std::nullopt;
}

}  // namespace lockstep::consensus
