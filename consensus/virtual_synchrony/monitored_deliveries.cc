// The monitor's rules about messages: CKV §4.1, §4.2, §5 and §6.
#include <fmt/core.h>

#include <algorithm>

#include "consensus/virtual_synchrony/monitors.h"

namespace lockstep::consensus {
namespace {

std::string name(std::pair<std::uint64_t, std::uint64_t> message) {
  return fmt::format("message {} of n{}", message.second, message.first);
}

std::uint64_t digest_of(std::pair<std::uint64_t, std::uint64_t> message) {
  statemachine::Fold digest;
  digest(message.first);
  digest(message.second);
  return digest.digest();
}

}  // namespace

/// What the node does in its view now; null if it is in none, which nobody may be who does this.
GroupMonitor::Stay* GroupMonitor::present(NodeId node, std::string_view deed) {
  const auto known = processes_.find(node);
  if (known == processes_.end() || known->second.has_ended || known->second.view == 0) {
    broken("Initial View Event", "CKV §3.1",
           fmt::format("{} {} before it installed a view", to_string(node), deed));
    return nullptr;
  }
  return &views_[known->second.view].stays[node];
}

void GroupMonitor::claims(NodeId node, const transport::Multicast& claim) {
  Stay* const stay = present(node, "sent a message");
  if (stay == nullptr) return;
  const ViewId current = processes_[node].view;
  if (claim.view != current || claim.number != stay->sent + 1) {
    return broken("Delivery Integrity", "CKV §4.1",
                  fmt::format("{} sent a message {} of view {}, after {} messages in view {}",
                              to_string(node), claim.number, claim.view, stay->sent, current));
  }
  ++stay->sent;
  Sent sent;
  sent.digest = claim.digest;
  sent.past = stay->last;
  views_[current].messages[{number(node), claim.number}] = std::move(sent);
}

void GroupMonitor::claims(NodeId node, const transport::GroupDelivered& claim) {
  Stay* const stay = present(node, "delivered a message");
  if (stay == nullptr) return;
  const ViewId current = processes_[node].view;
  const MessageId message{claim.sender, claim.number};
  if (promise_.in_sending_view && claim.view != current) {
    return broken("Sending View Delivery", "CKV §4.2",
                  fmt::format("{} delivered {} of view {} in view {}", to_string(node),
                              name(message), claim.view, current));
  }
  const auto origin = views_.find(claim.view);
  const auto found = origin == views_.end() ? decltype(origin->second.messages.end()){}
                                            : origin->second.messages.find(message);
  const bool is_sent = origin != views_.end() && found != origin->second.messages.end();
  if (!is_sent || found->second.digest != claim.digest) {
    return broken("Delivery Integrity", "CKV §4.1",
                  fmt::format("{} delivered {} of view {}, which was {}", to_string(node),
                              name(message), claim.view, is_sent ? "another one" : "never sent"));
  }
  Sent& sent = found->second;
  if (sent.delivered_in == 0) sent.delivered_in = current;
  if (sent.delivered_in != current) {
    return broken("Same View Delivery", "CKV §4.2",
                  fmt::format("{} delivered {} in view {}, others did in view {}", to_string(node),
                              name(message), current, sent.delivered_in));
  }
  if (stay->delivered.contains(message)) {
    return broken("No Duplication", "CKV §4.1",
                  fmt::format("{} delivered {} twice", to_string(node), name(message)));
  }
  if (!is_in_order(node, *stay, sent, message)) return;
  if (!is_in_total_order(node, views_[current], *stay, message)) return;
  note(*stay, sent, message);
}

bool GroupMonitor::is_in_order(NodeId node, const Stay& stay, const Sent& sent, MessageId message) {
  const auto at = [](const auto& numbers, std::uint64_t sender) {
    const auto found = numbers.find(sender);
    return found == numbers.end() ? std::uint64_t{0} : found->second;
  };
  const std::uint64_t last = at(stay.last, message.first);
  if (message.second < last) {
    broken("FIFO Delivery", "CKV §6.1",
           fmt::format("{} delivered {} after the sender's message {}", to_string(node),
                       name(message), last));
  } else if (promise_.is_reliable && message.second != last + 1) {
    broken("Reliable FIFO", "CKV §6.1",
           fmt::format("{} delivered {}, and of those before only {}", to_string(node),
                       name(message), last));
  }
  if (promise_.order == Order::Fifo || violation_) return !violation_;
  if (message.second <= at(stay.known, message.first)) {
    broken("Causal Delivery", "CKV §6.2",
           fmt::format("{} delivered {} after a message that its sender sent after that one",
                       to_string(node), name(message)));
  }
  for (const auto& [sender, needed] : sent.past) {
    if (!promise_.is_reliable || violation_ || sender == message.first) continue;
    if (at(stay.last, sender) >= needed) continue;
    broken("Reliable Causal", "CKV §6.2",
           fmt::format("{} delivered {}, whose sender had delivered message {} of n{} before it "
                       "sent that, and has not delivered that one",
                       to_string(node), name(message), needed, sender));
  }
  return !violation_;
}

/// Everybody's deliveries are the beginning of one sequence.
bool GroupMonitor::is_in_total_order(NodeId node, View& view, const Stay& stay, MessageId message) {
  if (promise_.order != Order::StrongTotal) return true;
  const std::size_t place = stay.delivered.size();
  if (place == view.order.size()) view.order.push_back(message);
  if (view.order[place] == message) return true;
  broken("Reliable Total Order", "CKV §6.3",
         fmt::format("{} delivered {} as the {}th of its view, others {}", to_string(node),
                     name(message), place + 1, name(view.order[place])));
  return false;
}

void GroupMonitor::note(Stay& stay, const Sent& sent, MessageId message) {
  stay.delivered.insert(message);
  std::uint64_t& last = stay.last[message.first];
  last = std::max(last, message.second);
  for (const auto& [sender, needed] : sent.past) {
    std::uint64_t& known = stay.known[sender];
    if (sender != message.first) known = std::max(known, needed);
  }
  stay.set_digest += digest_of(message);
  statemachine::Fold order;
  order(stay.order_digest);
  order(digest_of(message));
  stay.order_digest = order.digest();
}

void GroupMonitor::claims(NodeId node, const transport::SafeIndicated& claim) {
  if (present(node, "was told that a message is safe") == nullptr) return;
  const auto view = views_.find(claim.view);
  const MessageId message{claim.sender, claim.number};
  if (view == views_.end() || !view->second.messages.contains(message)) {
    return broken("Delivery Integrity", "CKV §4.1",
                  fmt::format("{} was told that {} of view {} is safe, which was never sent",
                              to_string(node), name(message), claim.view));
  }
  view->second.messages[message].is_safe = true;
  for (const auto& [other, stay] : view->second.stays) {
    if (stay.next == 0 || stay.delivered.contains(message)) continue;
    return broken("Safe Indication Prefix", "CKV §5",
                  fmt::format("{} was told that {} is safe, but {} had left view {} without it",
                              to_string(node), name(message), to_string(other), claim.view));
  }
}

}  // namespace lockstep::consensus
