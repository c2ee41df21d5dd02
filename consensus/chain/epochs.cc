// What changes with the epoch: failures of head, middle and tail, and new servers (OSDI'04 §3.1.1
// to §3.1.5). One rule covers them all: on entering an epoch each server passes on all that is not
// acknowledged, whoever its successor is now.
#include <utility>

#include "consensus/chain/chain.h"

namespace lockstep::consensus {

void Chain::learn(Ctx& ctx, Configuration configuration) {
  if (configuration.epoch < configuration_.epoch) return;
  if (configuration.epoch == configuration_.epoch) {
    // Within an epoch only suspicions are new, and answers may overtake each other.
    for (const NodeId node : configuration.suspected) {
      configuration_.suspected = with(std::move(configuration_.suspected), node);
    }
    return await_leases(ctx);
  }
  const Configuration before = std::exchange(configuration_, std::move(configuration));
  ctx.log("enters epoch {}", chain::to_string(configuration_));
  enter_epoch(ctx, before);
}

void Chain::enter_epoch(Ctx& ctx, const Configuration& before) {
  const NodeId self = ctx.self();
  drop_reads(ctx);
  is_settled_ = false;
  settles_at_.reset();
  successor_last_ = committed_;
  last_at_tick_ = last();
  durable_ = 0;
  joiner_is_ready_ = false;
  if (before.epoch != 0) joiner_counts_ = false;
  const bool has_led = !before.chain.empty() && before.head() == self;
  if (has_led && !is_head(self)) ctx.observe(transport::Follows{kGroup, configuration_.epoch});
  if (is_head(self)) ctx.observe(transport::Leads{kGroup, configuration_.epoch});
  claim_changes(ctx, before);
  watch_neighbours(ctx);
  await_leases(ctx);
  const auto since = configuration_.since(self);
  if (!since) return;
  belong_since(ctx, *since);
  if (is_head(self)) settles_at_ = last();
  settle(ctx);
  pass_on(ctx, committed_);
  acknowledge(ctx, true);
}

// A server that was removed follows nobody until it joins again; in between the chain went its way.
void Chain::belong_since(Ctx& ctx, std::uint64_t since) {
  if (since == member_since_) return;
  drop_pending(ctx);
  last_at_tick_ = last();
  member_since_ = since;
  store_member(ctx);
}

/// For coverage only. The head of the new epoch tells what is new; it may have missed epochs.
void Chain::claim_changes(Ctx& ctx, const Configuration& before) {
  const NodeId self = ctx.self();
  if (before.chain.empty()) return;
  if (before.is_member(self) && !configuration_.since(self)) {
    reached(ctx, ChainReach::FalselySuspected);
  }
  if (!is_head(self)) return;
  for (const auto& place : before.chain) {
    if (configuration_.is_member(place.node)) continue;
    const auto kind = place.node == before.head()   ? ChainReach::HeadRemoved
                      : place.node == before.tail() ? ChainReach::TailRemoved
                                                    : ChainReach::MiddleRemoved;
    reached(ctx, kind);
  }
  for (const auto& place : configuration_.chain) {
    if (!before.is_member(place.node)) reached(ctx, ChainReach::Joined);
  }
}

/// Those whose silence this server would notice.
Nodes Chain::neighbours(NodeId self) const {
  Nodes nodes;
  if (!configuration_.is_member(self)) return nodes;
  for (const auto neighbour : {configuration_.predecessor(self), configuration_.successor(self)}) {
    if (neighbour) nodes = with(std::move(nodes), *neighbour);
  }
  return nodes;
}

// A suspected server may answer reads until its lease is over. Whoever knows of the suspicion waits
// for that: the last lease was asked for before the suspicion took effect.
void Chain::await_leases(Ctx& ctx) {
  std::erase_if(expiries_, [&](const auto& expiry) {
    const bool is_done = !configuration_.is_suspected(expiry.first);
    if (is_done) ctx.cancel_timer(Timer::LeaseOver, number(expiry.first));
    return is_done;
  });
  for (const NodeId node : configuration_.suspected) {
    const std::uint64_t since = configuration_.since(node).value_or(0);
    const auto [known, is_new] = expiries_.try_emplace(node, Expiry{since, false});
    if (!is_new && known->second.since == since) continue;
    known->second = {since, false};
    const Duration wait = options_.lease + options_.lease * options_.lease_margin / 100;
    ctx.set_timer(Timer::LeaseOver, {wait, wait}, number(node));
  }
}

}  // namespace lockstep::consensus
