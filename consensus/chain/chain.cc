// What surrounds the parts of a chain's server: booting, clients, timers, reports.
#include "consensus/chain/chain.h"

#include <utility>

#include "statemachine/sessions.h"

namespace lockstep::consensus {

Chain::Chain(Options options)
    : options_(std::move(options)), machine_(options_.machine()), neighbours_(options_.patience) {}

void Chain::on(Ctx& ctx, Start start) {
  load(ctx);
  // Answers to the life before must not pass for some to this one.
  last_ask_ = last_read_ = start.incarnation << 32;
  // In a former life it may have promised its place to who joins.
  joiner_counts_ = start.kind == Start::Kind::Restart;
  tick(ctx);
}

void Chain::on(Ctx& ctx, Timer timer, std::uint64_t key) {
  if (timer == Timer::Tick) return tick(ctx);
  const auto found = expiries_.find(NodeId{static_cast<std::uint32_t>(key)});
  if (found == expiries_.end()) return;
  found->second.is_over = true;
  ask_master(ctx);
}

void Chain::on(Ctx& ctx, const Request& request) {
  if (!request.has_command()) {
    return answer(ctx, asker_of(request), Reply::REJECTED, "a chain executes commands only");
  }
  request.read_only() ? read(ctx, request) : execute(ctx, request);
}

// OSDI'04 §3: updates go to the head, which gives them their order.
void Chain::execute(Ctx& ctx, const Request& request) {
  const Asker asker = asker_of(request);
  if (!has_chain()) return answer(ctx, asker, Reply::UNAVAILABLE);
  if (!is_head(ctx.self())) return redirect(ctx, asker, configuration_.head());
  const bool is_full = options_.window != 0 && last() - committed_ >= options_.window;
  if (is_full) return answer(ctx, asker, Reply::UNAVAILABLE);
  const std::uint64_t before = last();
  append(ctx, configuration_.epoch,
         statemachine::encode_session_command(request.client(), request.sequence(),
                                              request.acknowledged_below(), request.command()));
  pass_on(ctx, before);
}

void Chain::reached(Ctx& ctx, ChainReach kind) {
  ctx.observe(transport::Reached{kGroup, static_cast<std::uint32_t>(kind)});
}

void Chain::describe(Fields& fields) const {
  fields("chain", chain::to_string(configuration_));
  fields("member since", member_since_);
  fields("settled", is_settled_ ? "yes" : "no");
  fields("history first", base_ + 1);
  fields("history last", last());
  fields("committed", committed_);
  fields("successor has", successor_last_);
  fields("dirty objects", dirty_.size());
  fields("waiting reads", reads_.size());
}

}  // namespace lockstep::consensus
