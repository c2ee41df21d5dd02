// The monitor's rules about views: CKV §3 and §4.3 to §4.5.
#include <fmt/core.h>

#include "consensus/virtual_synchrony/monitors.h"

namespace lockstep::consensus {
namespace {

// Views that are remembered after everybody has left them.
constexpr std::size_t kRemembered = 64;

constexpr unsigned kNodesMax = 64;

bool has(std::uint64_t nodes, NodeId node) {
  return number(node) < kNodesMax && (nodes >> number(node) & 1) != 0;
}

std::string names(std::uint64_t nodes) {
  std::string text;
  for (std::uint32_t node = 0; node < kNodesMax; ++node) {
    if (!has(nodes, NodeId{node})) continue;
    text += (text.empty() ? "n" : " n") + std::to_string(node);
  }
  return "{" + text + "}";
}

}  // namespace

void GroupMonitor::claims(NodeId node, const transport::ViewInstalled& claim) {
  if (!has(claim.members, node)) {
    return broken("Self Inclusion", "CKV §3.1",
                  fmt::format("{} installed view {} of {}, and is not in it", to_string(node),
                              claim.view, names(claim.members)));
  }
  Process& process = processes_[node];
  identify(node, process, claim);
  if (violation_) return;
  const ViewId from = process.view;
  const auto [known, is_new] = views_.try_emplace(claim.view);
  View& view = known->second;
  if (!is_new && view.members != claim.members) {
    return broken(
        "Views Are Unique", "CKV §2",
        fmt::format("{} installed view {} with the members {}, another node with {}",
                    to_string(node), claim.view, names(claim.members), names(view.members)));
  }
  view.members = claim.members;
  if (promise_.has_primary) follow_primary(node, from, claim);
  Stay stay;
  stay.incarnation = claim.incarnation;
  stay.transitional = claim.transitional;
  stay.previous = from;
  compare_transitional(node, view, stay);
  view.stays[node] = std::move(stay);
  process.view = claim.view;
  latest_ = std::max(latest_, claim.view);
  if (from != 0) leave(node, from, claim);
  forget();
}

/// Whether this is the process that was here before, and views only go up for it.
void GroupMonitor::identify(NodeId node, Process& process, const transport::ViewInstalled& claim) {
  const bool is_another = claim.incarnation != process.incarnation;
  const bool goes_on = !is_another && !process.has_ended;
  if (!goes_on && claim.incarnation <= process.incarnation) {
    return broken("Processes Are Unique", "CKV §2",
                  fmt::format("{} came back as process {}, after it had been process {}",
                              to_string(node), claim.incarnation, process.incarnation));
  }
  if (!goes_on) {
    process = {claim.incarnation, false, 0};
  } else if (claim.view <= process.view) {
    broken("Local Monotonicity", "CKV §3.1",
           fmt::format("{} installed view {} after view {}", to_string(node), claim.view,
                       process.view));
  }
}

void GroupMonitor::leave(NodeId node, ViewId from, const transport::ViewInstalled& claim) {
  const auto found = views_.find(from);
  if (found == views_.end()) return;
  View& old = found->second;
  Stay& stay = old.stays[node];
  stay.next = claim.view;
  for (std::uint64_t own = 1; own <= stay.sent; ++own) {
    if (stay.delivered.contains({number(node), own})) continue;
    return broken("Self Delivery", "CKV §4.2",
                  fmt::format("{} left view {} for {} without its own message {}", to_string(node),
                              from, claim.view, own));
  }
  for (const auto& [message, sent] : old.messages) {
    if (!sent.is_safe || stay.delivered.contains(message)) continue;
    return broken("Safe Indication Prefix", "CKV §5",
                  fmt::format("{} left view {} for {} without message {} of n{}, which was "
                              "indicated as safe",
                              to_string(node), from, claim.view, message.second, message.first));
  }
  compare_departures(node, old, stay, claim.view);
  if (promise_.has_primary) agree_on_successor(node, old, claim);
}

void GroupMonitor::compare_departures(NodeId node, View& old, const Stay& stay, ViewId next) {
  for (const auto& [other, theirs] : old.stays) {
    if (violation_ || other == node || theirs.next != next) continue;
    if (theirs.set_digest != stay.set_digest) {
      const Stay& more = theirs.delivered.size() >= stay.delivered.size() ? theirs : stay;
      const Stay& less = &more == &theirs ? stay : theirs;
      MessageId example{};
      for (const MessageId& message : more.delivered) {
        if (!less.delivered.contains(message)) example = message;
      }
      broken(
          "Virtual Synchrony", "CKV §4.3",
          fmt::format("{} and {} went on to view {} together, but only {} had delivered message "
                      "{} of n{}",
                      to_string(other), to_string(node), next,
                      to_string(&more == &theirs ? other : node), example.second, example.first));
    } else if (promise_.order == Order::WeakTotal && theirs.order_digest != stay.order_digest) {
      broken("Weak Total Order", "CKV §6.3",
             fmt::format("{} and {} went on to view {} together, and had delivered the same "
                         "messages in different orders",
                         to_string(other), to_string(node), next));
    }
  }
}

void GroupMonitor::agree_on_successor(NodeId node, const View& old,
                                      const transport::ViewInstalled& claim) {
  for (const auto& [other, theirs] : old.stays) {
    if (theirs.next == 0 || theirs.next == claim.view) continue;
    if (!has(claim.members, other) && !has(views_[theirs.next].members, node)) continue;
    return broken("Agreement on Successors", "CKV §4.5",
                  fmt::format("from the same view {} went to {} and {} to {}, although one is a "
                              "member of the other's",
                              to_string(other), theirs.next, to_string(node), claim.view));
  }
}

/// Who is in the transitional set came from the same view, and who came from there is in it.
void GroupMonitor::compare_transitional(NodeId node, const View& view, const Stay& stay) {
  const bool is_part = (stay.transitional & ~view.members) == 0 && has(stay.transitional, node);
  const auto old = views_.find(stay.previous);
  const bool is_old =
      stay.previous == 0 || old == views_.end() || (stay.transitional & ~old->second.members) == 0;
  if (!is_part || !is_old) {
    return broken("Transitional Set", "CKV §4.4",
                  fmt::format("{} names {}, who are not all in both of its views", to_string(node),
                              names(stay.transitional)));
  }
  for (const auto& [other, theirs] : view.stays) {
    if (other == node) continue;
    const bool together = stay.previous != 0 && theirs.previous == stay.previous;
    const bool is_first = stay.previous == 0 && theirs.previous == 0;
    if (is_first ||
        (has(stay.transitional, other) == together && has(theirs.transitional, node) == together)) {
      continue;
    }
    return broken("Transitional Set", "CKV §4.4",
                  fmt::format("{} came from view {} and {} from view {}, their transitional sets "
                              "are {} and {}",
                              to_string(node), stay.previous, to_string(other), theirs.previous,
                              names(stay.transitional), names(theirs.transitional)));
  }
}

/// One sequence of views, each with somebody who comes from the one before.
void GroupMonitor::follow_primary(NodeId node, ViewId from, const transport::ViewInstalled& claim) {
  if (from == 0) return;
  const auto old = views_.find(from);
  if (old == views_.end()) return;
  ViewId& successor = old->second.successor;
  if (successor == 0) successor = claim.view;
  if (successor == claim.view) return;
  broken("Primary Component Membership", "CKV §3.2",
         fmt::format("view {} was followed by view {} of {}, and at {} by view {} of {}", from,
                     successor, names(views_[successor].members), to_string(node), claim.view,
                     names(claim.members)));
}

void GroupMonitor::forget() {
  while (views_.size() > kRemembered) {
    const ViewId oldest = views_.begin()->first;
    for (const auto& [node, process] : processes_) {
      if (!process.has_ended && process.view == oldest) return;
    }
    views_.erase(views_.begin());
  }
}

}  // namespace lockstep::consensus
