#include "consensus/chain/promises.h"

#include <fmt/core.h>

#include <string>

#include "consensus/chain/chain.messages.h"

namespace lockstep::consensus {

// Updates that it passed on are not asked for: they were durable before they left, and the
// acknowledgement follows.
std::optional<Probe> ChainPromises::see(const Witness& witness) const {
  const auto* message = witness.message_as<chain::Message>();
  const bool is_promise = witness.kind == Witness::Kind::Sent && message != nullptr &&
                          message->has_update_ack() && message->update_ack().last() > 0;
  if (!is_promise) return std::nullopt;
  const std::uint64_t promised = message->update_ack().last();
  Probe probe;
  probe.promise =
      fmt::format("{} acknowledged its history up to {}", to_string(witness.node), promised);
  probe.from = witness.peer;
  probe.question = transport::compose<chain::Message, chain::Update>([&](chain::Update& update) {
    update.set_epoch(message->update_ack().epoch());
    update.set_previous(promised);
    update.set_last(promised);
  });
  probe.contradiction = [promised](const Effects& effects) -> std::optional<std::string> {
    for (const Outgoing& outgoing : effects.outgoing) {
      if (!outgoing.payload.belongs_to(transport::protocol_tag<chain::Message>())) continue;
      const auto& answer = static_cast<const chain::Message&>(outgoing.payload.message());
      if (!answer.has_update_ack() || answer.update_ack().last() >= promised) continue;
      return fmt::format("it has one up to {}", answer.update_ack().last());
    }
    return std::nullopt;
  };
  return probe;
}

}  // namespace lockstep::consensus
