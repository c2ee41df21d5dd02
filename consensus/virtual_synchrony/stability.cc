// What all members of the view have: safe delivery (CKV §5), and the repair of losses.
#include <algorithm>

#include "consensus/virtual_synchrony/virtual_synchrony.h"

namespace lockstep::consensus {
namespace {

// Messages sent again to one member at one tick.
constexpr std::uint64_t kRepairs = 32;

}  // namespace

/// Who collects the acknowledgements of a stream; the token does it itself.
std::optional<NodeId> VirtualSynchrony::owner_of(std::size_t stream) const {
  if (options_.order == Order::Token) return std::nullopt;
  return view_.at(is_total() ? 0 : stream);
}

void VirtualSynchrony::acknowledge(Ctx& ctx, const group::Cast& cast) {
  const auto owner = owner_of(cast.stream());
  if (!options_.safe || !owner || *owner == ctx.self()) return;
  ctx.send<group::CastAck>(*owner, [&](group::CastAck& ack) {
    ack.set_view(view_.id);
    ack.set_stream(cast.stream());
    ack.set_position(streams_[cast.stream()].received);
  });
}

void VirtualSynchrony::on(Ctx& ctx, NodeId from, const group::CastAck& ack) {
  const auto place = view_.place_of(from);
  if (ack.view() != view_.id || phase_ != Phase::Normal || !place) return;
  note_received(ctx, *place, ack.stream(), ack.position());
  drain(ctx);
}

void VirtualSynchrony::note_received(Ctx& ctx, std::size_t place, std::size_t stream,
                                     std::uint64_t position) {
  if (stream >= streams_.size() || position <= received_[place][stream]) return;
  received_[place][stream] = position;
  update_stable(ctx, stream);
}

// CKV §5: a message is safe when every member of the view has it, not only those who answer.
void VirtualSynchrony::update_stable(Ctx& ctx, std::size_t stream) {
  std::uint64_t stable = streams_[stream].received;
  for (const auto& received : received_) stable = std::min(stable, received[stream]);
  if (stable <= streams_[stream].stable) return;
  advance_stable(ctx, stream, stable);
  if (!options_.safe || owner_of(stream) != ctx.self()) return;
  group::Stable news;
  news.set_view(view_.id);
  news.set_stream(static_cast<std::uint32_t>(stream));
  news.set_position(stable);
  for (std::size_t place = 0; place < view_.members.size(); ++place) {
    if (view_.at(place) != ctx.self()) ctx.send(view_.at(place), news);
  }
}

void VirtualSynchrony::on(Ctx& ctx, NodeId, const group::Stable& stable) {
  if (stable.view() != view_.id || phase_ != Phase::Normal) return;
  if (stable.stream() < streams_.size()) advance_stable(ctx, stable.stream(), stable.position());
  drain(ctx);
}

void VirtualSynchrony::advance_stable(Ctx& ctx, std::size_t index, std::uint64_t position) {
  group::Stream& stream = streams_[index];
  if (position <= stream.stable) return;
  stream.stable = position;
  stream.forget_what_all_have();
  deliver_ready(ctx, false);
}

/// Whoever sent a message, or put it in order, sends it again to those who lack it.
bool VirtualSynchrony::is_repairer(NodeId self, const group::Cast& cast) const {
  if (options_.order == Order::Sequencer) return is_sequencer(self);
  return cast.sender() == number(self);
}

void VirtualSynchrony::repair(Ctx& ctx, NodeId member, std::size_t place,
                              const group::Alive& alive) {
  if (alive.received_size() != static_cast<int>(streams_.size())) return;
  auto& missing = peers_[member].missing;
  missing.resize(streams_.size());
  for (std::size_t index = 0; index < streams_.size(); ++index) {
    const std::uint64_t has = alive.received(static_cast<int>(index));
    const group::Stream& stream = streams_[index];
    // What was sent since its last tick may still be on its way.
    const std::uint64_t end = std::min(missing[index], has + kRepairs);
    for (std::uint64_t position = has + 1; position <= end; ++position) {
      const auto cast = stream.casts.find(position);
      if (cast == stream.casts.end() || !is_repairer(ctx.self(), cast->second)) continue;
      ctx.send(member, group::Cast(cast->second));
    }
    missing[index] = stream.received;
  }
  for (std::size_t index = 0; index < streams_.size(); ++index) {
    note_received(ctx, place, index, alive.received(static_cast<int>(index)));
  }
}

}  // namespace lockstep::consensus
