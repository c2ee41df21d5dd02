// How a message travels from its sender to the applications of all members, in FIFO, causal or
// total order (CKV §6).
#include <algorithm>
#include <utility>

#include "consensus/virtual_synchrony/virtual_synchrony.h"
#include "statemachine/sessions.h"

namespace lockstep::consensus {
namespace {

// Messages of a view that is not installed here yet; what does not fit is sent again.
constexpr std::size_t kEarlyMax = 256;

}  // namespace

void VirtualSynchrony::multicast(Ctx& ctx, std::string command) {
  if (options_.order == Order::Sequencer) return submit(ctx, std::move(command));
  group::Cast cast = next_own(ctx, std::move(command));
  const auto place = *view_.place_of(ctx.self());
  cast.set_stream(static_cast<std::uint32_t>(place));
  cast.set_position(cast.number());
  if (options_.order == Order::Causal) {
    // Birman, Schiper, Stephenson 1991: the sender's vector clock.
    for (const group::Stream& stream : streams_) cast.add_past(stream.delivered);
  }
  send_to_members(ctx, cast);
  receive(ctx, cast);
}

group::Cast VirtualSynchrony::next_own(Ctx& ctx, std::string command) {
  group::Cast cast;
  cast.set_view(view_.id);
  cast.set_sender(number(ctx.self()));
  cast.set_number(++number_);
  ctx.observe(transport::Multicast{{}, view_.id, number_, statemachine::digest_of(command)});
  cast.set_command(std::move(command));
  return cast;
}

void VirtualSynchrony::send_to_members(Ctx& ctx, const group::Cast& cast) {
  const auto message = Ctx::prepare<group::Cast>([&](group::Cast& body) { body = cast; });
  for (std::size_t place = 0; place < view_.members.size(); ++place) {
    if (view_.at(place) != ctx.self()) ctx.send(view_.at(place), message);
  }
}

// CKV §4.2: a message is delivered in the view in which it was sent, or not at all.
void VirtualSynchrony::on(Ctx& ctx, NodeId, const group::Cast& cast) {
  if (cast.view() > view_.id && early_.size() < kEarlyMax) early_.push_back(cast);
  if (cast.view() == view_.id && phase_ == Phase::Normal) {
    receive(ctx, cast);
    drain(ctx);
  }
}

void VirtualSynchrony::receive(Ctx& ctx, const group::Cast& cast) {
  const std::size_t index = cast.stream();
  if (index >= streams_.size()) return;
  group::Stream& stream = streams_[index];
  const std::uint64_t before = stream.received;
  stream.add(cast);
  for (std::uint64_t position = before + 1; position <= stream.received; ++position) {
    const group::Cast& ordered = stream.casts.at(position);
    if (ordered.sender() == number(ctx.self())) pending_.erase(ordered.number());
  }
  note_received(ctx, *view_.place_of(ctx.self()), index, stream.received);
  deliver_ready(ctx, false);
  acknowledge(ctx, cast);
}

/// Delivers whatever can be. Who leaves a view does not wait for messages to become safe: those who
/// leave with it hold them as well, and that is all that there is to know.
void VirtualSynchrony::deliver_ready(Ctx& ctx, bool leaving) {
  if (!has_state_) return;
  bool has_more = true;
  while (has_more) {
    has_more = false;
    for (std::size_t stream = 0; stream < streams_.size(); ++stream) {
      while (deliver_next(ctx, stream, leaving)) has_more = true;
    }
  }
}

bool VirtualSynchrony::deliver_next(Ctx& ctx, std::size_t index, bool leaving) {
  group::Stream& stream = streams_[index];
  const std::uint64_t end =
      options_.safe && !leaving ? std::min(stream.stable, stream.received) : stream.received;
  if (stream.delivered >= end) return false;
  const group::Cast& cast = stream.casts.at(stream.delivered + 1);
  if (options_.order == Order::Causal && !knows_past_of(cast)) return false;
  ++stream.delivered;
  deliver(ctx, cast, stream.delivered <= stream.stable);
  if (leaving && stream.delivered > stream.stable) reached(ctx, GroupReach::Flushed);
  stream.forget_what_all_have();
  return true;
}

// CKV §6.2: everything that the sender had delivered comes first, of every member.
bool VirtualSynchrony::knows_past_of(const group::Cast& cast) const {
  for (std::size_t stream = 0; stream < streams_.size(); ++stream) {
    if (stream == cast.stream()) continue;  // A stream keeps its own order.
    const int at = static_cast<int>(stream);
    if (at < cast.past_size() && streams_[stream].delivered < cast.past(at)) return false;
  }
  return true;
}

void VirtualSynchrony::deliver(Ctx& ctx, const group::Cast& cast, bool is_stable) {
  ctx.observe(transport::GroupDelivered{
      {}, cast.view(), cast.sender(), cast.number(), statemachine::digest_of(cast.command())});
  if (options_.safe && is_stable) {
    ctx.observe(transport::SafeIndicated{{}, view_.id, cast.sender(), cast.number()});
    reached(ctx, GroupReach::SafeDelivery);
  }
  ++applied_;
  const std::string result =
      replicates() ? ctx.apply(machine_, applied_, cast.command()) : machine_.apply(cast.command());
  if (cast.sender() != number(ctx.self())) return;
  own_delivered_ = cast.number();
  answer_client(ctx, cast.command(), result);
}

void VirtualSynchrony::answer_client(Ctx& ctx, std::string_view command, std::string_view result) {
  const auto [status, inner] = statemachine::session_result(result);
  // A client that said it has the answer is not waiting for it.
  if (status == statemachine::SessionStatus::Forgotten) return;
  const auto asked = statemachine::parse_session_command(command);
  if (asked) answer(ctx, {ClientId{asked->client}, asked->sequence}, Reply::OK, inner);
}

}  // namespace lockstep::consensus
