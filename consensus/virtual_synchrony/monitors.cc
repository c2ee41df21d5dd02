#include "consensus/virtual_synchrony/monitors.h"

#include "statemachine/fold.h"

namespace lockstep::consensus {

void GroupMonitor::see(const Witness& witness) {
  if (violation_) return;
  now_ = witness.at;
  event_ = witness.event;
  switch (witness.kind) {
    case Witness::Kind::Crashed:
    case Witness::Kind::Started:
      // Whatever it does from now on, it does as another process.
      if (const auto known = processes_.find(witness.node); known != processes_.end()) {
        known->second.has_ended = true;
        known->second.view = 0;
      }
      return;
    case Witness::Kind::Observed:
      std::visit(
          [&](const auto& claim) {
            if (claim.group == group_) claims(witness.node, claim);
          },
          *witness.claim);
      return;
    default:
      return;
  }
}

void GroupMonitor::broken(std::string_view rule, std::string_view source, std::string story) {
  if (violation_) return;
  violation_ = Violation{std::string(rule), std::string(source), std::move(story), event_, now_};
}

std::uint64_t GroupMonitor::digest() const {
  statemachine::Fold digest;
  for (const auto& [node, process] : processes_) {
    digest(number(node));
    digest(process.incarnation);
    digest(process.has_ended ? 1 : 0);
    digest(process.view);
  }
  for (const auto& [id, view] : views_) {
    digest(id);
    digest(view.members);
    digest(view.successor);
    for (const auto& [node, stay] : view.stays) {
      digest(number(node));
      for (const std::uint64_t word :
           {stay.incarnation, stay.transitional, stay.previous, stay.next, stay.sent,
            stay.set_digest, stay.order_digest, std::uint64_t{stay.delivered.size()}}) {
        digest(word);
      }
    }
    for (const auto& [message, sent] : view.messages) {
      digest(message.first);
      digest(message.second);
      digest(sent.digest);
      digest(sent.is_safe ? 1 : 0);
      digest(sent.delivered_in);
      for (const auto& [sender, last] : sent.past) {
        digest(sender);
        digest(last);
      }
    }
    for (const auto& [sender, own] : view.order) {
      digest(sender);
      digest(own);
    }
  }
  digest(violation_ ? 1 : 0);
  return digest.digest();
}

}  // namespace lockstep::consensus
