// Who is alive, and whether the view has to change. Suspicion may be wrong: then a process that
// lives is excluded, and comes back as another one.
#include <algorithm>

#include "consensus/virtual_synchrony/virtual_synchrony.h"

namespace lockstep::consensus {
namespace {

// Ticks for which somebody may be somewhere else than the view has it: what it said may be old.
constexpr std::uint32_t kAstray = 3;

// Ticks after which one who is behind is helped.
constexpr std::uint32_t kBehind = 2;

}  // namespace

void VirtualSynchrony::say_alive(Ctx& ctx) {
  group::Alive alive;
  alive.set_view(view_.id);
  alive.set_members(view_.mask());
  alive.set_incarnation(incarnation_);
  alive.set_ballot(highest_);
  alive.set_has_state(has_state_);
  alive.set_flushing(phase_ == Phase::Flushing);
  for (const group::Stream& stream : streams_) alive.add_received(stream.received);
  ctx.broadcast(ctx.initial_members(), std::move(alive));
}

void VirtualSynchrony::on(Ctx& ctx, NodeId from, const group::Alive& alive) {
  const auto known = peers_.find(from);
  if (known == peers_.end()) return;
  if (detector_.heard(from)) ctx.log("trusts {} again", to_string(from));
  Peer& peer = known->second;
  peer.view = alive.view();
  peer.members = alive.members();
  peer.incarnation = alive.incarnation();
  peer.has_state = alive.has_state();
  peer.is_flushing = alive.flushing();
  peer.is_known = true;
  highest_ = std::max(highest_, alive.ballot());
  if (!accepted_.installed && alive.view() == accepted_.proposal.view()) {
    // Somebody is in it already, so it was agreed on.
    install(ctx);
  }
  if (is_left_out(ctx, alive)) leave_group(ctx);
  const auto place = view_.place_of(from);
  if (alive.view() != view_.id || phase_ != Phase::Normal || !place) return;
  repair(ctx, from, *place, alive);
  if (!alive.has_state()) send_state(ctx, from);
  forget_start_state();
  drain(ctx);
}

/// There is a later primary view, without this process: whatever it does is not the group's.
bool VirtualSynchrony::is_left_out(Ctx& ctx, const group::Alive& alive) const {
  const bool is_later = view_.id != 0 && alive.view() > view_.id;
  return options_.primary_partition && is_later &&
         (alive.members() & group::bit_of(ctx.self())) == 0;
}

void VirtualSynchrony::look_around(Ctx& ctx) {
  for (auto& [node, peer] : peers_) {
    const bool is_lost = peer.is_known && !detector_.suspects(node) && !is_in_place(node, peer);
    peer.astray = is_lost ? peer.astray + 1 : 0;
  }
  if (attempt_) return continue_attempt(ctx);
  bool is_time = false;
  switch (phase_) {
    case Phase::Normal:
      is_time = change_is_due();
      break;
    case Phase::Flushing:
      is_time = detector_.suspects(group::coordinator_of(promised_)) ||
                ++flushing_ticks_ > 3 * options_.patience;
      break;
    case Phase::Joining:
      // Without a majority to wait for, it is a component of its own until it finds others.
      is_time = !options_.primary_partition && ++flushing_ticks_ > kBehind;
      break;
  }
  if (!is_time || !is_candidate(ctx)) return;
  if (phase_ == Phase::Flushing) reached(ctx, GroupReach::FlushRestarted);
  begin_attempt(ctx);
}

/// Where this view has it; one who is in no view of ours is nowhere.
bool VirtualSynchrony::is_in_place(NodeId node, const Peer& peer) const {
  const auto place = view_.place_of(node);
  return place && peer.view == view_.id && !peer.is_flushing &&
         peer.incarnation == view_.members[*place].incarnation();
}

bool VirtualSynchrony::change_is_due() const {
  for (const auto& [node, peer] : peers_) {
    const auto place = view_.place_of(node);
    if (place && detector_.suspects(node)) return true;
    const bool is_another =
        !place || peer.incarnation != view_.members[*place].incarnation() || peer.view == 0;
    if (peer.astray >= (is_another ? kAstray : options_.patience)) return true;
  }
  return false;
}

/// The most senior member that is where it should be takes the lead.
bool VirtualSynchrony::is_candidate(Ctx& ctx) const {
  for (const auto& [node, peer] : peers_) {
    const bool knows_more = options_.primary_partition && peer.view > view_.id;
    if (knows_more && !detector_.suspects(node)) return false;
  }
  for (const group::Member& member : view_.members) {
    const NodeId node{member.node()};
    if (node == ctx.self()) return true;
    const Peer& peer = peers_.at(node);
    if (!detector_.suspects(node) && peer.astray < kAstray) return false;
  }
  return !options_.primary_partition;
}

/// Those of this view who have not installed it yet may have missed that it was agreed on. The
/// first who has, and still knows how it came to be, tells them.
void VirtualSynchrony::help_stragglers(Ctx& ctx) {
  if (accepted_.proposal.view() != view_.id || view_.id == group::kFirstView) return;
  for (const group::Member& member : view_.members) {
    const NodeId node{member.node()};
    if (node == ctx.self()) break;
    if (peers_.at(node).view == view_.id && !detector_.suspects(node)) return;
  }
  for (const auto& [node, peer] : peers_) {
    if (!view_.has(node) || peer.view == view_.id || peer.astray < kBehind) continue;
    group::NewView news;
    news.set_ballot(accepted_.ballot);
    *news.mutable_proposal() = accepted_.proposal;
    ctx.send(node, std::move(news));
    ctx.send<group::Install>(node, [&](group::Install& body) {
      body.set_ballot(accepted_.ballot);
      body.set_view(view_.id);
    });
  }
}

}  // namespace lockstep::consensus
