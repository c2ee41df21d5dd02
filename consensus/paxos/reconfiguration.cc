// Changes of the acceptors: PMMC §2.2. A configuration is a value like any other; chosen in slot s,
// it governs from slot s + α on, since by then everybody who proposes has applied slot s.
#include <utility>

#include "consensus/paxos/multi_paxos.h"

namespace lockstep::consensus {

void MultiPaxos::administer(Ctx& ctx, const Request& request) {
  const Asker asker = asker_of(request);
  const Admin& admin = request.admin();
  if (admin.has_snapshot()) {
    compact(ctx);
    return answer(ctx, asker, Reply::OK);
  }
  if (role_ != Role::Leader) return redirect(ctx, asker, leader_);
  switch (admin.change_case()) {
    case Admin::kAdd:
      return change(ctx, asker, with(configurations_.latest(), NodeId{admin.add()}));
    case Admin::kRemove:
      return change(ctx, asker, without(configurations_.latest(), NodeId{admin.remove()}));
    case Admin::kMembers: {
      Nodes members;
      for (const auto id : admin.members().node()) members = with(std::move(members), NodeId{id});
      return change(ctx, asker, members);
    }
    case Admin::kTransfer:
      return transfer(ctx, asker, NodeId{admin.transfer()});
    default:
      return answer(ctx, asker, Reply::REJECTED,
                    "there are no learners: a new member catches up before it is needed");
  }
}

// One change at a time, and only by a leader that knows what earlier ones got chosen.
void MultiPaxos::change(Ctx& ctx, const Asker& asker, const Nodes& target) {
  const bool is_sound =
      !target.empty() && target.front() != NodeId{} && number(target.back()) < paxos::kBallotNodes;
  if (!is_sound) {
    return answer(ctx, asker, Reply::REJECTED, "expected members with numbers from 1 to 63");
  }
  const bool is_changing = configurations_.latest_since() > paxos::next(applied_);
  if (change_ || is_changing || !is_settled()) return answer(ctx, asker, Reply::UNAVAILABLE);
  if (target == configurations_.latest()) return answer(ctx, asker, Reply::OK);
  Value value;
  for (const NodeId member : target) value.mutable_members()->add_node(number(member));
  change_ = asker;
  waiting_.push_back(std::move(value));
  propose(ctx);
}

/// Sees to what follows when the next slot is governed by others than the last one.
void MultiPaxos::configure(Ctx& ctx) {
  const Slot slot = paxos::next(applied_);
  const Slot since = configurations_.since(slot);
  if (since == configured_) return;
  configured_ = since;
  configurations_.forget_below(slot);
  std::uint64_t voters = 0;
  for (const NodeId member : configurations_.at(slot)) voters |= 1ull << number(member);
  // The slot in which it was chosen; the founders' was not.
  const std::uint64_t chosen_in = since == Slot{1} ? 0 : number(since) - options_.window;
  ctx.observe(transport::Configured{{}, chosen_in, 0, voters, 0, 0});
  if (role_ != Role::Leader) return;
  if (change_ && configurations_.latest_since() == since) {
    answer(ctx, *std::exchange(change_, std::nullopt), Reply::OK);
  }
  // Others have to hear that the change is in force before nobody leads.
  if (may_lead(ctx.self())) return;
  send_heartbeats(ctx);
  if (role_ == Role::Leader) follow(ctx);
}

}  // namespace lockstep::consensus
