// Total order by a token that goes round: whoever holds it adds its messages to the order, and
// learns from it what all members have (Amir, Moser, Melliar-Smith, Agarwal and Ciarfella, "The
// Totem Single-Ring Ordering and Membership Protocol", ACM TOCS 13(4), 1995).
#include <algorithm>
#include <utility>

#include "consensus/virtual_synchrony/virtual_synchrony.h"

namespace lockstep::consensus {

// A token that comes a second time is an old one: hops only grow.
void VirtualSynchrony::on(Ctx& ctx, NodeId, const group::Token& token) {
  if (token.view() != view_.id || phase_ != Phase::Normal) return;
  if (options_.order != Order::Token || token.hop() <= token_hop_) return;
  if (token.received_size() != static_cast<int>(view_.members.size())) return;
  token_hop_ = token.hop();
  passed_.reset();
  token_ = token;
  use_token(ctx);
}

void VirtualSynchrony::use_token(Ctx& ctx) {
  const bool is_alone = view_.members.size() == 1;
  bool has_work = false;
  while (has_state_ && !waiting_.empty() && number_ - own_delivered_ < options_.window) {
    has_work = true;
    group::Cast cast = next_own(ctx, std::move(waiting_.front()));
    waiting_.pop_front();
    // If what comes before it is lost with its sender, it needs another place.
    pending_[cast.number()] = cast.command();
    token_->set_last(token_->last() + 1);
    cast.set_position(token_->last());
    send_to_members(ctx, cast);
    receive(ctx, cast);
  }
  const auto place = static_cast<int>(*view_.place_of(ctx.self()));
  token_->set_received(place, streams_[0].received);
  for (int member = 0; member < token_->received_size(); ++member) {
    note_received(ctx, static_cast<std::size_t>(member), 0, token_->received(member));
  }
  if (is_alone) return;
  const auto& all = token_->received();
  has_work = has_work || *std::min_element(all.begin(), all.end()) < token_->last();
  token_->set_quiet(has_work ? 0 : token_->quiet() + 1);
  // Once more round, so that everybody learns that everybody has everything.
  if (token_->quiet() < 2 * view_.members.size()) return pass_token(ctx);
  ctx.set_timer(Timer::TokenHold, options_.token_hold);
}

void VirtualSynchrony::pass_token(Ctx& ctx) {
  const std::size_t next = (*view_.place_of(ctx.self()) + 1) % view_.members.size();
  if (view_.at(next) == ctx.self()) return;
  ctx.cancel_timer(Timer::TokenHold);
  token_->set_hop(token_->hop() + 1);
  ctx.send(view_.at(next), *token_);
  passed_ = std::move(token_);
  passed_ticks_ = 0;
  token_.reset();
}

/// A token that was not heard of since the last tick may be lost. If it is not, this is an old one.
void VirtualSynchrony::pass_token_again(Ctx& ctx) {
  if (!passed_ || ++passed_ticks_ < 2) return;
  const std::size_t next = (*view_.place_of(ctx.self()) + 1) % view_.members.size();
  ctx.send(view_.at(next), *passed_);
}

}  // namespace lockstep::consensus
