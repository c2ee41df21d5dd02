#include "consensus/viewstamped/promises.h"

#include <fmt/core.h>

#include <string>
#include <utility>

#include "consensus/viewstamped/viewstamped.messages.h"

namespace lockstep::consensus {
namespace {

using viewstamped::View;

/// The first message of this protocol that leaves for `to`; null if there is none.
const viewstamped::Message* answer_to(NodeId to, const Effects& effects) {
  for (const Outgoing& outgoing : effects.outgoing) {
    const bool fits = outgoing.kind == Outgoing::Kind::Message && outgoing.to == to &&
                      outgoing.payload.belongs_to(transport::protocol_tag<viewstamped::Message>());
    if (fits) return &static_cast<const viewstamped::Message&>(outgoing.payload.message());
  }
  return nullptr;
}

/// A PREPARE without operations, as if those before `first` were known.
Envelope empty_prepare(View view, std::uint64_t first) {
  return transport::compose<viewstamped::Message, viewstamped::Prepare>(
      [&](viewstamped::Prepare& prepare) {
        stamp(view, prepare);
        prepare.set_first(first);
      });
}

}  // namespace

std::optional<Probe> ViewstampedPromises::see(const Witness& witness) {
  const bool is_founder =
      witness.kind == Witness::Kind::Started && witness.start.kind == Start::Kind::First;
  if (is_founder) founders_ = with(std::move(founders_), witness.node);
  const auto* message = witness.message_as<viewstamped::Message>();
  if (message == nullptr || witness.kind != Witness::Kind::Sent) return std::nullopt;
  if (message->has_start_view_change()) {
    return left_view(witness.node, view_of(message->start_view_change()));
  }
  if (message->has_prepare_ok() && witness.peer != witness.node) {
    const auto& ok = message->prepare_ok();
    return acknowledged(witness.node, witness.peer, view_of(ok), ok.op());
  }
  return std::nullopt;
}

// §4.2: the primary of the view before must get no answer from it any more. Which founder that is
// is known of the first epoch only.
std::optional<Probe> ViewstampedPromises::left_view(NodeId node, View view) const {
  if (view.epoch != 0 || view.number == 0) return std::nullopt;
  const View before{0, view.number - 1};
  const NodeId primary = founders_[before.number % founders_.size()];
  if (primary == node) return std::nullopt;
  Probe probe;
  probe.promise = fmt::format("{} left its view for view {}", to_string(node), view.number);
  probe.from = primary;
  probe.question = empty_prepare(before, 1);
  probe.contradiction = [primary](const Effects& effects) -> std::optional<std::string> {
    const viewstamped::Message* answer = answer_to(primary, effects);
    if (answer == nullptr || !(answer->has_prepare_ok() || answer->has_get_state())) {
      return std::nullopt;
    }
    return "after a restart it takes part in the view before";
  };
  return probe;
}

// §4.1: the primary of the view finds the operation where it was acknowledged.
std::optional<Probe> ViewstampedPromises::acknowledged(NodeId node, NodeId primary, View view,
                                                       std::uint64_t op) {
  if (op == 0) return std::nullopt;
  Probe probe;
  probe.promise = fmt::format("{} acknowledged to {} operation {} in view {}", to_string(node),
                              to_string(primary), op, term_of(view));
  probe.from = primary;
  probe.question = empty_prepare(view, op + 1);
  probe.contradiction = [primary](const Effects& effects) -> std::optional<std::string> {
    const viewstamped::Message* answer = answer_to(primary, effects);
    if (answer == nullptr || !answer->has_get_state()) return std::nullopt;
    return fmt::format("after a restart it asks for what follows operation {}",
                       answer->get_state().op());
  };
  return probe;
}

}  // namespace lockstep::consensus
