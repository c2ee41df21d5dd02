#include "consensus/paxos/multi_promises.h"

#include <fmt/core.h>

#include <string>

#include "consensus/paxos/ballot.h"
#include "consensus/paxos/multi_paxos.messages.h"

namespace lockstep::consensus {
namespace {

using paxos::Ballot;

const multi_paxos::Message* message_in(const Outgoing& outgoing) {
  if (!outgoing.payload.belongs_to(transport::protocol_tag<multi_paxos::Message>())) {
    return nullptr;
  }
  return &static_cast<const multi_paxos::Message&>(outgoing.payload.message());
}

// §2.3, A1: an Accept of a lower ballot is refused. It proposes nothing, so nothing is risked.
Probe promised(const Witness& witness, const multi_paxos::Promise& promise) {
  const Ballot ballot{promise.ballot()};
  Probe probe;
  probe.promise = fmt::format("{} promised ballot {}", to_string(witness.node), to_string(ballot));
  probe.from = witness.peer;
  probe.question = transport::compose<multi_paxos::Message, multi_paxos::Accept>([&](auto& accept) {
    accept.set_ballot(number(ballot) - 1);
    accept.set_first_slot(1);
  });
  probe.contradiction = [ballot](const Effects& effects) -> std::optional<std::string> {
    for (const Outgoing& outgoing : effects.outgoing) {
      const auto* message = message_in(outgoing);
      if (message == nullptr || !message->has_accepted()) continue;
      return fmt::format("after a restart it takes part in ballot {}",
                         to_string(Ballot{number(ballot) - 1}));
    }
    return std::nullopt;
  };
  return probe;
}

// §2.3, p1b: whoever prepares a higher ballot is told of the votes, or that they are compacted. The
// acceptor's own leader seems to ask for it, or leases would let the question wait.
Probe accepted(const Witness& witness, const multi_paxos::Accepted& accepted) {
  const Ballot ballot{accepted.ballot()};
  const std::uint64_t last = accepted.last_slot();
  Probe probe;
  probe.promise = fmt::format("{} accepted slot {} in ballot {}", to_string(witness.node), last,
                              to_string(ballot));
  probe.from = NodeId{paxos::kBallotNodes - 1};
  probe.question =
      transport::compose<multi_paxos::Message, multi_paxos::Prepare>([&](auto& prepare) {
        constexpr std::uint64_t kFar = 1 << 20;
        prepare.set_ballot(number(paxos::above(Ballot{number(ballot) + kFar}, probe.from)));
        prepare.set_from_slot(last);
        prepare.set_takes_over(number(ballot));
      });
  probe.contradiction = [ballot, last](const Effects& effects) -> std::optional<std::string> {
    for (const Outgoing& outgoing : effects.outgoing) {
      const auto* message = message_in(outgoing);
      if (message == nullptr || !message->has_promise()) continue;
      const auto& promise = message->promise();
      if (promise.snapshot_slot() >= last) return std::nullopt;
      for (const auto& vote : promise.votes()) {
        if (vote.slot() == last && Ballot{vote.ballot()} >= ballot) return std::nullopt;
      }
      return fmt::format("after a restart its promise says nothing of slot {}", last);
    }
    return std::nullopt;
  };
  return probe;
}

}  // namespace

std::optional<Probe> MultiPaxosPromises::see(const Witness& witness) const {
  const auto* message = witness.message_as<multi_paxos::Message>();
  if (message == nullptr || witness.kind != Witness::Kind::Sent) return std::nullopt;
  if (message->has_promise()) return promised(witness, message->promise());
  const bool has_votes = message->has_accepted() &&
                         message->accepted().last_slot() >= message->accepted().first_slot();
  if (has_votes) return accepted(witness, message->accepted());
  return std::nullopt;
}

}  // namespace lockstep::consensus
