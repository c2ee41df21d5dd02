// State for those who join: the application as it is at the beginning of the view, so that what is
// delivered in the view comes on top of it, at them as at everybody else.
#include <utility>

#include "consensus/virtual_synchrony/virtual_synchrony.h"

namespace lockstep::consensus {

void VirtualSynchrony::keep_start_state() {
  start_state_.reset();
  if (!options_.primary_partition || !has_state_ || view_.id == group::kFirstView) return;
  start_state_.emplace();
  start_state_->set_view(view_.id);
  start_state_->set_applied(applied_);
  start_state_->set_state(machine_.snapshot());
}

/// The first member that has the state sends it.
void VirtualSynchrony::send_state(Ctx& ctx, NodeId to) {
  if (!start_state_) return;
  for (const group::Member& member : view_.members) {
    const NodeId node{member.node()};
    if (node == ctx.self()) break;
    const Peer& peer = peers_.at(node);
    if (peer.view == view_.id && peer.has_state && !detector_.suspects(node)) return;
  }
  ctx.send(to, group::Snapshot(*start_state_));
}

void VirtualSynchrony::forget_start_state() {
  if (!start_state_) return;
  for (const auto& [node, peer] : peers_) {
    if (view_.has(node) && (peer.view != view_.id || !peer.has_state)) return;
  }
  start_state_.reset();
}

void VirtualSynchrony::on(Ctx& ctx, NodeId, const group::Snapshot& snapshot) {
  if (snapshot.view() != view_.id || has_state_ || phase_ != Phase::Normal) return;
  if (!machine_.restore(snapshot.state())) return;
  applied_ = snapshot.applied();
  has_state_ = true;
  start_state_ = snapshot;
  if (replicates()) {
    ctx.observe(transport::Installed{{}, applied_, view_.height, machine_.digest()});
  }
  reached(ctx, GroupReach::StateTransferred);
  claim_role(ctx);
  deliver_ready(ctx, false);
  drain(ctx);
}

/// In the terms that all protocols share: the most senior member leads.
void VirtualSynchrony::claim_role(Ctx& ctx) {
  if (view_.at(0) == ctx.self()) {
    ctx.observe(transport::Leads{{}, view_.height});
  } else {
    ctx.observe(transport::Follows{{}, view_.height});
  }
}

}  // namespace lockstep::consensus
