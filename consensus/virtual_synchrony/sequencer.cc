// Total order by a sequencer: the most senior member gives every message its place (ISIS's
// ABCAST by a token holder that never passes it on; "fixed sequencer").
#include <utility>

#include "consensus/virtual_synchrony/virtual_synchrony.h"

namespace lockstep::consensus {

bool VirtualSynchrony::is_sequencer(NodeId self) const {
  return options_.order == Order::Sequencer && !view_.members.empty() && view_.at(0) == self;
}

void VirtualSynchrony::submit(Ctx& ctx, std::string command) {
  group::Cast cast = next_own(ctx, std::move(command));
  if (is_sequencer(ctx.self())) return order(ctx, ctx.self(), cast.number(), cast.command());
  ctx.send<group::Submit>(view_.at(0), [&](group::Submit& body) {
    body.set_view(view_.id);
    body.set_number(cast.number());
    body.set_command(cast.command());
  });
  pending_[cast.number()] = std::move(*cast.mutable_command());
}

/// What was sent before the last tick and is not in order yet may have been lost.
void VirtualSynchrony::submit_again(Ctx& ctx) {
  if (options_.order != Order::Sequencer) return;
  for (const auto& [own, command] : pending_) {
    if (own > number_at_tick_) break;
    ctx.send<group::Submit>(view_.at(0), [&](group::Submit& body) {
      body.set_view(view_.id);
      body.set_number(own);
      body.set_command(command);
    });
  }
  number_at_tick_ = number_;
}

// The order among messages of one sender is its own: what overtook another one waits.
void VirtualSynchrony::on(Ctx& ctx, NodeId from, const group::Submit& submit) {
  const bool is_mine = submit.view() == view_.id && phase_ == Phase::Normal;
  const auto place = view_.place_of(from);
  if (!is_mine || !is_sequencer(ctx.self()) || !place) return;
  auto& waiting = submitted_[*place];
  if (submit.number() > ordered_[*place]) waiting[submit.number()] = submit.command();
  while (!waiting.empty() && waiting.begin()->first == ordered_[*place] + 1) {
    const auto next = waiting.extract(waiting.begin());
    order(ctx, from, next.key(), next.mapped());
  }
  drain(ctx);
}

void VirtualSynchrony::order(Ctx& ctx, NodeId sender, std::uint64_t own,
                             const std::string& command) {
  group::Cast cast;
  cast.set_view(view_.id);
  cast.set_position(streams_[0].received + 1);
  cast.set_sender(number(sender));
  cast.set_number(own);
  cast.set_command(command);
  ordered_[*view_.place_of(sender)] = own;
  send_to_members(ctx, cast);
  receive(ctx, cast);
}

}  // namespace lockstep::consensus
