#include "consensus/viewstamped/monitors.h"

#include <fmt/core.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "consensus/viewstamped/contents.h"
#include "consensus/viewstamped/viewstamped.messages.h"

namespace lockstep::consensus {
namespace {

constexpr std::size_t kViews = 1 << 12;

std::string to_string(viewstamped::View view) {
  return fmt::format("view {}", viewstamped::term_of(view));
}

/// The view that a claim speaks of.
viewstamped::View view_in(std::uint64_t term) { return {term / 1'000'000, term % 1'000'000}; }

}  // namespace

ViewstampedMonitor::ViewstampedMonitor(Nodes founders) {
  primaries_[View{}] = founders.front();
  members_[0] = std::move(founders);
}

/// Those of the latest epoch that is known, if this one is not.
const Nodes& ViewstampedMonitor::members_of(View view) const {
  return std::prev(members_.upper_bound(view.epoch))->second;
}

NodeId ViewstampedMonitor::primary_of(View view) const {
  const Nodes& members = members_of(view);
  return members[view.number % members.size()];
}

void ViewstampedMonitor::see(const Witness& witness) {
  if (violation()) return;
  replicas_.see(witness);
  if (violation()) return;
  now_ = witness.at;
  event_ = witness.event;
  Watched& node = nodes_[witness.node];
  node.id = witness.node;
  switch (witness.kind) {
    case Witness::Kind::Started:
      return started(node);
    case Witness::Kind::Crashed:
      return node.leads.reset();
    case Witness::Kind::Stored:
      node.has_disk = true;
      return;
    case Witness::Kind::Sent:
      if (const auto* message = witness.message_as<viewstamped::Message>()) {
        sent(node, witness.peer, *message);
      }
      return;
    case Witness::Kind::Delivered:
      if (const auto* message = witness.message_as<viewstamped::Message>()) {
        delivered(node, witness.peer, *message);
      }
      return;
    case Witness::Kind::Observed:
      return std::visit([&](const auto& claim) { claims(node, claim); }, *witness.claim);
    default:
      return;
  }
}

// A disk keeps what was promised. Without one a replica begins anew, and says so by RECOVERY.
void ViewstampedMonitor::started(Watched& node) {
  const Watched before = std::exchange(node, {});
  node.id = before.id;
  if (!before.has_disk) return;
  node.has_disk = true;
  node.spoke = before.spoke;
  node.acknowledged_in = before.acknowledged_in;
  node.acknowledged = before.acknowledged;
  node.held_in = before.held_in;
  node.held = before.held;
  node.executed = before.executed;
}

void ViewstampedMonitor::sent(Watched& node, NodeId to, const viewstamped::Message& message) {
  using Message = viewstamped::Message;
  switch (message.body_case()) {
    case Message::kPrepare:
      speaks(node, view_of(message.prepare()));
      notes_reconfigurations(message.prepare().first(), message.prepare());
      proposes(node, message.prepare());
      return acts_as_primary(node, view_of(message.prepare()));
    case Message::kCommit:
      speaks(node, view_of(message.commit()));
      return acts_as_primary(node, view_of(message.commit()));
    case Message::kPrepareOk:
      speaks(node, view_of(message.prepare_ok()));
      if (to != node.id) {
        acknowledges(node, view_of(message.prepare_ok()), message.prepare_ok().op());
      }
      return;
    case Message::kStartViewChange:
      return speaks(node, view_of(message.start_view_change()));
    case Message::kDoViewChange:
      speaks(node, view_of(message.do_view_change()));
      return does_view_change(node, message.do_view_change());
    case Message::kStartView:
      speaks(node, view_of(message.start_view()));
      acts_as_primary(node, view_of(message.start_view()));
      takes_best(node, view_of(message.start_view()), message.start_view().log());
      return keeps_committed(node, view_of(message.start_view()), message.start_view().log());
    case Message::kNewState:
      // It may tell of an epoch's first view, in whichever the sender is.
      return must_have_recovered(node, "gave its log away");
    case Message::kRecoveryResponse:
      return speaks(node, view_of(message.recovery_response()));
    case Message::kStartEpoch:
      return begins_epoch(node, message.start_epoch());
    case Message::kRecovery:
      if (node.nonce != message.recovery().nonce()) node.answers.clear();
      node.nonce = message.recovery().nonce();
      node.is_recovering = true;
      return;
    default:
      return;
  }
}

void ViewstampedMonitor::delivered(Watched& node, NodeId from,
                                   const viewstamped::Message& message) {
  using Message = viewstamped::Message;
  switch (message.body_case()) {
    case Message::kPrepare:
      return holds(node, message.prepare());
    case Message::kPrepareOk: {
      const View view = view_of(message.prepare_ok());
      if (view > node.prepared_in) node.prepared.clear();
      node.prepared_in = std::max(node.prepared_in, view);
      std::uint64_t& op = node.prepared[from];
      if (view == node.prepared_in) op = std::max(op, message.prepare_ok().op());
      return;
    }
    case Message::kStartViewChange: {
      const View view = view_of(message.start_view_change());
      if (view > node.heard_leaving) node.left.clear();
      node.heard_leaving = std::max(node.heard_leaving, view);
      if (view == node.heard_leaving) node.left.add(from);
      return;
    }
    case Message::kDoViewChange:
      return has_offer(node, from, message.do_view_change());
    case Message::kStartView:
      return holds(node, view_of(message.start_view()), message.start_view().log());
    case Message::kNewState:
      return holds(node, view_of(message.new_state()), message.new_state().log());
    case Message::kRecoveryResponse: {
      const viewstamped::RecoveryResponse& response = message.recovery_response();
      if (!node.is_recovering || response.nonce() != node.nonce) return;
      node.answers[from] = {view_of(response), response.has_log()};
      if (response.has_log()) holds(node, view_of(response), response.log());
      return;
    }
    default:
      return;
  }
}

// Views.

void ViewstampedMonitor::speaks(Watched& node, View view) {
  must_have_recovered(node, "spoke");
  if (view < node.spoke) {
    broken("Views Only Grow", "§4.2",
           fmt::format("{} spoke in {} after it had spoken in {}", to_string(node.id),
                       to_string(view), to_string(node.spoke)));
  }
  node.spoke = view;
}

void ViewstampedMonitor::does_view_change(Watched& node, const viewstamped::DoViewChange& message) {
  const View view = view_of(message);
  const View last_normal{view.epoch, message.last_normal()};
  const std::uint64_t last = viewstamped::last_of(message.log());
  if (std::pair(last_normal, last) < std::pair(node.acknowledged_in, node.acknowledged)) {
    return broken("Acknowledged Operations Are Offered", "§4.2, step 2",
                  fmt::format("{} offered for {} its log up to {} of {}, but had acknowledged {} "
                              "in {}",
                              to_string(node.id), to_string(view), last, to_string(last_normal),
                              node.acknowledged, to_string(node.acknowledged_in)));
  }
  if (node.heard_leaving > view) return;  // It has heard more since it wrote this.
  Votes left = node.heard_leaving == view ? node.left : Votes();
  left.add(node.id);
  if (left.count() >= quorum_of(view)) return;
  broken("A Quorum Leaves Its Views First", "§4.2, step 2; §8.2",
         fmt::format("{} sent its DOVIEWCHANGE for {} when it knew of {} replicas that had left "
                     "their views",
                     to_string(node.id), to_string(view), left.count()));
}

void ViewstampedMonitor::has_offer(Watched& node, NodeId from,
                                   const viewstamped::DoViewChange& message) {
  const View view = view_of(message);
  if (view < node.offered_in) return;
  if (view > node.offered_in) node.offers.clear();
  node.offered_in = view;
  Offer offer{message.last_normal(), viewstamped::last_of(message.log()), {}};
  const auto& entries = message.log().entries();
  if (!entries.empty()) offer.last_view = view_of(*entries.rbegin());
  node.offers[from] = offer;
}

/// The first time that somebody acts as the primary of a view, it has to have begun it.
void ViewstampedMonitor::acts_as_primary(Watched& node, View view) {
  const auto [known, is_new] = primaries_.emplace(view, node.id);
  if (known->second != node.id || primary_of(view) != node.id) {
    return broken("One Primary Per View", "§4",
                  fmt::format("{} acts as the primary of {}, which is {}", to_string(node.id),
                              to_string(view), to_string(primary_of(view))));
  }
  // The first view of an epoch begins with the log of the epoch before.
  if (!is_new || view.number == 0) return;
  if (primaries_.size() > kViews) primaries_.erase(primaries_.begin());
  const std::size_t offers = node.begun == view ? node.chosen_from.size() : 0;
  if (offers >= quorum_of(view)) return;
  broken("Views Begin With A Quorum", "§4.2, step 3",
         fmt::format("{} began {} with the logs of {} replicas", to_string(node.id),
                     to_string(view), offers));
}

/// A new primary's log is the best of those that a quorum offered. Which quorum is its own affair:
/// it may have ignored who offered while its lease bound it to another primary.
void ViewstampedMonitor::takes_best(const Watched& node, View view, const viewstamped::Log& log) {
  if (node.begun != view || node.chosen_from.empty()) return;
  const auto rank = [](const Offer& offer) { return std::pair(offer.last_normal, offer.last); };
  const auto is_taken = [&](const Offer& offer) {
    if (viewstamped::last_of(log) < offer.last) return false;
    if (offer.last <= log.base() || offer.last_view == View{}) return true;
    return view_of(viewstamped::entry_at(log, offer.last)) == offer.last_view;
  };
  std::size_t most = 0;
  for (const auto& [giver, taken] : node.chosen_from) {
    if (!is_taken(taken)) continue;
    std::size_t no_better = 0;
    for (const auto& [from, offer] : node.chosen_from) no_better += rank(offer) <= rank(taken);
    most = std::max(most, no_better);
  }
  if (most >= quorum_of(view)) return;
  broken("The Latest View's Longest Log Is Taken", "§4.2, step 3",
         fmt::format("{} began {} with a log that is the best of {} of the {} that were offered",
                     to_string(node.id), to_string(view), most, node.chosen_from.size()));
}

void ViewstampedMonitor::claims(Watched& node, const transport::Leads& claim) {
  must_have_recovered(node, "led");
  node.leads = view_in(claim.term);
  // More may arrive until its STARTVIEW leaves.
  node.begun = *node.leads;
  node.chosen_from = node.offered_in == node.begun ? node.offers : std::map<NodeId, Offer>();
}

void ViewstampedMonitor::claims(Watched& node, const transport::Follows& claim) {
  must_have_recovered(node, fmt::format("followed in view {}", claim.term));
  node.leads.reset();
}

// Recovery.

void ViewstampedMonitor::must_have_recovered(Watched& node, std::string_view deed) {
  if (!node.is_recovering) return;
  if (has_recovered(node)) {
    node.is_recovering = false;
    return;
  }
  broken("Recovering Replicas Take No Part", "§4.3",
         fmt::format("{} {} after {} answers with its nonce, before it had recovered",
                     to_string(node.id), deed, node.answers.size()));
}

/// f + 1 answers, and among them that of the primary of the latest view.
bool ViewstampedMonitor::has_recovered(const Watched& node) const {
  View latest;
  for (const auto& [from, answer] : node.answers) latest = std::max(latest, answer.view);
  const std::size_t needed = members_of(latest).size() - quorum_of(latest) + 1;
  if (node.answers.size() < needed) return false;
  const auto primary = node.answers.find(primary_of(latest));
  return primary != node.answers.end() && primary->second.view == latest && primary->second.has_log;
}

}  // namespace lockstep::consensus
