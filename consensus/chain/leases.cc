// How a server talks with the master, and what it learns from an answer: the configuration, and a
// lease. The lease runs from when the server asked, by its own clock: at some time after that the
// master did not yet call it suspected.
#include <utility>

#include "consensus/chain/chain.h"

namespace lockstep::consensus {
namespace {

// Then another master is asked.
constexpr std::uint32_t kUnansweredMax = 3;

}  // namespace

void Chain::tick(Ctx& ctx) {
  ctx.set_timer(Timer::Tick, {options_.heartbeat, options_.heartbeat});
  // A server without a lease has not heard from the master, so perhaps from nobody: before it calls
  // others silent, it listens anew.
  const bool leased = has_lease(ctx);
  if (leased && !had_lease_) watch_neighbours(ctx);
  had_lease_ = leased;
  if (leased) neighbours_.tick();
  if (++unanswered_ticks_ > kUnansweredMax) turn_to_next_master();
  ask_master(ctx);
  if (configuration_.since(ctx.self())) send_again(ctx);
}

void Chain::ask_master(Ctx& ctx) {
  const Nodes all = masters(ctx);
  NodeId about = ctx.self();
  const chain::Wish wanted = wish(ctx.self(), about);
  Nodes founders;
  if (wanted == chain::Wish::Found) {
    const auto members = ctx.initial_members();
    founders.assign(members.begin() + static_cast<std::ptrdiff_t>(all.size()), members.end());
  }
  Request request;
  request.set_sequence(++last_ask_);
  request.set_acknowledged_below(last_ask_);
  request.set_read_only(wanted == chain::Wish::Look);
  request.set_command(
      chain::encode_wish(wanted, configuration_.epoch, ctx.self(), about, founders));
  const Time now = ctx.now();
  std::erase_if(asked_, [&](const auto& ask) { return now - ask.second >= options_.lease; });
  asked_[last_ask_] = now;
  ctx.ask(all[master_ % all.size()], std::move(request));
}

/// What this server would have the master do now, and about whom.
chain::Wish Chain::wish(NodeId self, NodeId& about) const {
  using chain::Wish;
  if (!has_chain()) return Wish::Found;
  if (!configuration_.since(self)) return configuration_.joining ? Wish::Look : Wish::Join;
  if (!configuration_.is_member(self) || configuration_.is_suspected(self)) return Wish::Look;
  for (const auto& [node, expiry] : expiries_) {
    if (!expiry.is_over || node == self) continue;
    about = node;
    return Wish::Remove;
  }
  for (const NodeId neighbour : neighbours(self)) {
    if (!neighbours_.suspects(neighbour) || configuration_.is_suspected(neighbour)) continue;
    about = neighbour;
    return Wish::Suspect;
  }
  if (!joiner_is_ready_) return Wish::Look;
  about = configuration_.joining->node;
  return Wish::Extend;
}

void Chain::on(Ctx& ctx, NodeId from, const Reply& reply) {
  const Nodes all = masters(ctx);
  const auto asked = asked_.find(reply.sequence());
  if (asked == asked_.end()) return;
  const Time when = asked->second;
  asked_.erase(asked);
  if (reply.status() == Reply::REDIRECT) {
    for (std::size_t at = 0; at < all.size(); ++at) {
      if (number(all[at]) == reply.redirect()) master_ = at;
    }
    return;
  }
  if (reply.status() != Reply::OK) {
    if (all[master_ % all.size()] == from) turn_to_next_master();
    return;
  }
  unanswered_ticks_ = 0;
  auto configuration = chain::parse_configuration(reply.result());
  if (!configuration) return;
  const bool is_granted =
      configuration->is_member(ctx.self()) && !configuration->is_suspected(ctx.self());
  if (is_granted) lease_until_ = std::max(lease_until_.value_or(Time{}), when + options_.lease);
  learn(ctx, std::move(*configuration));
}

void Chain::turn_to_next_master() {
  unanswered_ticks_ = 0;
  master_ = (master_ + 1) % options_.masters;
}

bool Chain::has_lease(Ctx& ctx) const {
  return lease_until_ && configuration_.is_member(ctx.self()) && ctx.now() < *lease_until_;
}

/// A server without a lease does not count as alive: it cannot serve, and nobody else will say so.
void Chain::heard_from(Ctx& ctx, NodeId node, bool is_leased, std::uint64_t epoch) {
  if (is_leased) neighbours_.heard(node);
  if (epoch <= heard_of_epoch_) return;
  heard_of_epoch_ = epoch;
  if (epoch > configuration_.epoch) ask_master(ctx);
}

void Chain::watch_neighbours(Ctx& ctx) {
  neighbours_ = FailureDetector(options_.patience);
  neighbours_.watch(neighbours(ctx.self()));
}

Nodes Chain::masters(Ctx& ctx) const {
  const auto members = ctx.initial_members();
  const std::size_t count = std::min<std::size_t>(options_.masters, members.size());
  return {members.begin(), members.begin() + static_cast<std::ptrdiff_t>(count)};
}

}  // namespace lockstep::consensus
