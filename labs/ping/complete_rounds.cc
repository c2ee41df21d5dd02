#include "labs/ping/complete_rounds.h"

#include <fmt/core.h>

#include "labs/ping/ping.messages.h"

namespace lockstep::labs {

using transport::NodeId;
using transport::Witness;

void CompleteRounds::see(const Witness& witness) {
  if (violation_) return;
  if (witness.kind == Witness::Kind::Observed) {
    if (std::holds_alternative<transport::Reached>(*witness.claim)) judge(witness);
    return;
  }
  const auto* message = witness.message_as<lab::ping::Message>();
  if (message == nullptr) return;
  Round& round = rounds_[witness.node];
  if (witness.kind == Witness::Kind::Sent && message->has_ping()) {
    if (message->ping().round() != round.number) round = {message->ping().round(), {}};
  } else if (witness.kind == Witness::Kind::Delivered && message->has_pong()) {
    if (message->pong().round() == round.number) round.answered.insert(witness.peer);
  }
}

void CompleteRounds::judge(const Witness& witness) {
  const Round& round = rounds_[witness.node];
  std::string silent;
  for (std::uint32_t id = 1; id <= nodes_; ++id) {
    if (NodeId{id} == witness.node || round.answered.count(NodeId{id}) != 0) continue;
    silent += (silent.empty() ? "" : " and ") + to_string(NodeId{id});
  }
  if (silent.empty()) return;
  transport::Violation violation;
  violation.rule = "complete rounds";
  violation.source = "README, what the tests hold you to";
  violation.story = fmt::format("{} claims that everybody answered in its round {}, but {} did not",
                                to_string(witness.node), round.number, silent);
  violation.event = witness.event;
  violation.at = witness.at;
  violation_ = std::move(violation);
}

std::uint64_t CompleteRounds::digest() const {
  statemachine::Fold digest;
  for (const auto& [node, round] : rounds_) {
    statemachine::fold(digest, std::uint64_t{number(node)});
    statemachine::fold(digest, round.number);
    for (const NodeId other : round.answered)
      statemachine::fold(digest, std::uint64_t{number(other)});
  }
  return digest.digest();
}

}  // namespace lockstep::labs
