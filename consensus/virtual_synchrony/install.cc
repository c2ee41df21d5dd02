// Everybody's side of a view change: to stop, to accept, to deliver what is left, to go on.
#include <algorithm>
#include <utility>

#include "consensus/virtual_synchrony/virtual_synchrony.h"
#include "statemachine/session_commands.h"

namespace lockstep::consensus {

// Whoever answers says nothing more in its view, and delivers nothing either (CKV §4.2: the sender
// is blocked, which is the price of Sending View Delivery).
void VirtualSynchrony::on(Ctx& ctx, NodeId from, const group::Flush& flush) {
  highest_ = std::max(highest_, flush.ballot());
  const bool is_late = flush.ballot() < promised_ || flush.ballot() <= accepted_.ballot;
  if (is_late || from != group::coordinator_of(flush.ballot())) return;
  join_flush(ctx, flush.ballot());
  group::FlushReply reply;
  reply.set_ballot(flush.ballot());
  reply.set_counter(counter_);
  reply.set_incarnation(incarnation_);
  reply.set_remembers(remembers_);
  reply.set_accepted(accepted_.ballot);
  reply.set_installed(accepted_.installed);
  reply.set_accepted_view(accepted_.proposal.view());
  if (!accepted_.installed) *reply.mutable_proposal() = accepted_.proposal;
  reply.set_view(view_.id);
  reply.set_height(view_.height);
  for (const group::Member& member : view_.members) *reply.add_members() = member;
  reply.set_has_state(has_state_);
  for (const group::Stream& stream : streams_) {
    reply.add_received(stream.received);
    for (const auto& [position, cast] : stream.casts) {
      if (position > stream.stable) *reply.add_casts() = cast;
    }
  }
  for (const auto& [own, command] : pending_) {
    group::Submit& submit = *reply.add_pending();
    submit.set_view(view_.id);
    submit.set_number(own);
    submit.set_command(command);
  }
  ctx.send(from, std::move(reply));
}

void VirtualSynchrony::join_flush(Ctx& ctx, Ballot ballot) {
  if (attempt_ && attempt_->ballot < ballot) attempt_.reset();
  if (ballot > promised_) flushing_ticks_ = 0;
  promised_ = ballot;
  if (phase_ != Phase::Normal) return;
  phase_ = Phase::Flushing;
  ctx.cancel_timer(Timer::TokenHold);
}

void VirtualSynchrony::on(Ctx& ctx, NodeId from, const group::NewView& news) {
  highest_ = std::max(highest_, news.ballot());
  if (news.ballot() < promised_ || !may_accept(ctx.self(), news.proposal())) return;
  if (news.ballot() > accepted_.ballot) {
    join_flush(ctx, news.ballot());
    accepted_ = {news.ballot(), news.proposal(), false};
  }
  // Who helps a straggler needs no answer.
  if (from != group::coordinator_of(news.ballot())) return;
  ctx.send<group::NewViewAck>(from, [&](group::NewViewAck& ack) { ack.set_ballot(news.ballot()); });
}

/// The process that the proposal means may have become another one since it answered, or may have
/// left the view that it is said to come from.
bool VirtualSynchrony::may_accept(NodeId self, const group::Proposal& proposal) const {
  if (proposal.view() <= view_.id) return true;
  for (const group::Ending& ending : proposal.endings()) {
    const auto& nodes = ending.node();
    const bool is_meant = std::find(nodes.begin(), nodes.end(), number(self)) != nodes.end();
    if (is_meant && ending.view() != view_.id) return false;
  }
  for (const group::Member& member : proposal.members()) {
    if (member.node() != number(self)) continue;
    const bool becomes_another = view_.id != 0 && member.incarnation() == incarnation_ + 1;
    return member.incarnation() == incarnation_ || becomes_another;
  }
  return true;
}

void VirtualSynchrony::on(Ctx& ctx, NodeId, const group::Install& body) {
  if (!accepted_.installed && accepted_.proposal.view() == body.view()) install(ctx);
}

void VirtualSynchrony::install(Ctx& ctx) {
  // Without a majority nobody makes good for a coordinator that took no notice of this proposal,
  // and has this node's word that it stays where it is.
  if (!options_.primary_partition && promised_ != accepted_.ballot) return;
  accepted_.installed = true;
  const group::Proposal& proposal = accepted_.proposal;
  if (proposal.view() <= view_.id) {
    // It was agreed on once more what this node knew.
    if (phase_ == Phase::Flushing && promised_ == accepted_.ballot) {
      phase_ = Phase::Normal;
      if (token_) use_token(ctx);
      drain(ctx);
    }
    return;
  }
  group::View next;
  next.id = proposal.view();
  next.height = proposal.height();
  next.members = {proposal.members().begin(), proposal.members().end()};
  const auto place = next.place_of(ctx.self());
  if (!place) return leave_group(ctx);
  if (!may_accept(ctx.self(), proposal)) return;
  std::uint64_t transitional = group::bit_of(ctx.self());
  for (const group::Ending& ending : proposal.endings()) {
    const auto& nodes = ending.node();
    if (std::find(nodes.begin(), nodes.end(), number(ctx.self())) == nodes.end()) continue;
    finish_old_view(ctx, ending);
    for (const std::uint32_t node : nodes) transitional |= group::bit_of(NodeId{node});
  }
  const bool comes_along = incarnation_ == next.members[*place].incarnation() && view_.id != 0;
  incarnation_ = next.members[*place].incarnation();
  has_state_ = comes_along || !options_.primary_partition;
  enter(ctx, std::move(next), transitional);
}

// CKV §4.3: those who go on together deliver the same messages before they do.
void VirtualSynchrony::finish_old_view(Ctx& ctx, const group::Ending& ending) {
  for (group::Stream& stream : streams_) stream.drop_what_follows_a_gap();
  for (const group::Cast& cast : ending.cast()) {
    if (cast.stream() < streams_.size()) streams_[cast.stream()].add(cast);
  }
  deliver_ready(ctx, true);
}

void VirtualSynchrony::enter(Ctx& ctx, group::View view, std::uint64_t transitional) {
  view_ = std::move(view);
  // It may already be part of a later flush, and silent until that ends.
  phase_ = promised_ > accepted_.ballot ? Phase::Flushing : Phase::Normal;
  remembers_ = true;
  highest_ = std::max(highest_, view_.id);
  flushing_ticks_ = 0;
  reset_streams();
  for (auto& [node, peer] : peers_) {
    peer.astray = 0;
    peer.missing.clear();
  }
  ctx.log("installs view {}", group::to_string(view_.id));
  ctx.observe(transport::ViewInstalled{{}, view_.id, view_.mask(), transitional, incarnation_});
  keep_start_state();
  if (has_state_) {
    claim_role(ctx);
  } else {
    say_alive(ctx);
  }
  if (phase_ == Phase::Flushing) return;
  if (options_.order == Order::Token && view_.at(0) == ctx.self()) {
    token_.emplace();
    token_->set_view(view_.id);
    token_->set_hop(1);
    for (std::size_t place = 0; place < view_.members.size(); ++place) token_->add_received(0);
    token_hop_ = 1;
    use_token(ctx);
  }
  for (const group::Cast& cast : std::exchange(early_, {})) {
    if (cast.view() == view_.id) receive(ctx, cast);
    if (cast.view() > view_.id) early_.push_back(cast);
  }
  drain(ctx);
}

void VirtualSynchrony::reset_streams() {
  const std::size_t members = view_.members.size();
  const std::size_t streams = is_total() && members > 0 ? 1 : members;
  streams_.assign(streams, {});
  received_.assign(members, std::vector<std::uint64_t>(streams));
  ordered_.assign(members, 0);
  submitted_.assign(members, {});
  pending_.clear();
  number_ = own_delivered_ = number_at_tick_ = 0;
  token_.reset();
  passed_.reset();
  token_hop_ = 0;
}

/// The group goes on without this process. It forgets, and asks to join as another one.
void VirtualSynchrony::leave_group(Ctx& ctx) {
  if (view_.id == 0) return;
  ctx.log("was left out after view {}", group::to_string(view_.id));
  reached(ctx, GroupReach::Excluded);
  phase_ = Phase::Joining;
  ++incarnation_;
  view_ = {};
  has_state_ = false;
  start_state_.reset();
  flushing_ticks_ = 0;
  ctx.cancel_timer(Timer::TokenHold);
  reset_streams();
  for (const std::string& command : std::exchange(waiting_, {})) {
    const auto asked = statemachine::parse_session_command(command);
    if (asked) answer(ctx, {ClientId{asked->client}, asked->sequence}, Reply::UNAVAILABLE);
  }
}

}  // namespace lockstep::consensus
