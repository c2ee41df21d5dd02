#include "consensus/virtual_synchrony/promises.h"

#include <fmt/core.h>

#include <string>

#include "consensus/virtual_synchrony/view.h"
#include "consensus/virtual_synchrony/virtual_synchrony.messages.h"

namespace lockstep::consensus {

std::optional<Probe> VirtualSynchronyPromises::see(const Witness& witness) {
  const auto* message = witness.message_as<group::Message>();
  const bool is_flush = message != nullptr && message->has_flush();
  if (witness.kind != Witness::Kind::Sent || !is_flush) return std::nullopt;
  if (witness.peer == witness.node) return std::nullopt;
  const NodeId from = witness.peer;
  const std::uint64_t used = group::counter_of(message->flush().ballot());
  Probe probe;
  probe.promise = fmt::format("{} used the counter {}", to_string(witness.node), used);
  probe.from = from;
  probe.question = transport::compose<group::Message, group::Flush>(
      [&](group::Flush& flush) { flush.set_ballot(group::ballot_of(used + 1, from)); });
  probe.contradiction = [from, used](const Effects& effects) -> std::optional<std::string> {
    for (const Outgoing& outgoing : effects.outgoing) {
      const bool fits = outgoing.kind == Outgoing::Kind::Message && outgoing.to == from &&
                        outgoing.payload.belongs_to(transport::protocol_tag<group::Message>());
      if (!fits) continue;
      const auto& answer = static_cast<const group::Message&>(outgoing.payload.message());
      if (!answer.has_flush_reply() || answer.flush_reply().counter() >= used) continue;
      return fmt::format("after a restart it knows of none above {}",
                         answer.flush_reply().counter());
    }
    return std::nullopt;
  };
  return probe;
}

}  // namespace lockstep::consensus
