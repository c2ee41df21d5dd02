// Leadership transfer: dissertation §3.10. The leader stops accepting commands, brings its
// successor up to date and asks it to stand for election at once.
#include <algorithm>
#include <utility>

#include "consensus/raft/raft.h"

namespace lockstep::consensus {

/// An operator asks for it.
void Raft::transfer(Ctx& ctx, const Asker& asker, NodeId successor) {
  if (!raft::contains(configurations_.latest().voters, successor)) {
    return answer(ctx, asker, Reply::REJECTED, "only a voter can lead");
  }
  if (successor == ctx.self()) return answer(ctx, asker, Reply::OK);
  if (transfer_ || change_) return answer(ctx, asker, Reply::UNAVAILABLE);
  begin_transfer(ctx, successor, asker);
}

void Raft::begin_transfer(Ctx& ctx, NodeId successor, std::optional<Asker> asker) {
  ctx.log("hands over to {}", to_string(successor));
  transfer_ = Transfer{successor, asker, false};
  ctx.set_timer(Timer::Transfer,
                {options_.election_timeout.high, options_.election_timeout.high});
  continue_transfer(ctx);
}

// From here on an election may be won by somebody whose voters do not wait for this leader's lease
// to end; so there is none any more in this term, even if the transfer fails, because the message
// may still arrive.
void Raft::continue_transfer(Ctx& ctx) {
  if (!transfer_ || transfer_->asked_to_stand) return;
  const Progress* const successor = progress_of(transfer_->successor);
  if (successor == nullptr || successor->match != log_.last()) return;
  transfer_->asked_to_stand = true;
  ask_to_stand(ctx, transfer_->successor);
}

void Raft::ask_to_stand(Ctx& ctx, NodeId successor) {
  gave_lease_up_ = true;
  ctx.send<raft::TimeoutNow>(
      successor, [&](raft::TimeoutNow& request) { request.set_term(number(term_)); });
}

/// The successor did not take over within an election timeout: this leader goes on.
void Raft::abandon_transfer(Ctx& ctx) {
  if (!transfer_) return;
  if (transfer_->asker) answer(ctx, *transfer_->asker, Reply::UNAVAILABLE);
  transfer_.reset();
}

void Raft::on(Ctx& ctx, NodeId, const raft::TimeoutNow& request) {
  const Term term{request.term()};
  if (term > term_) follow(ctx, term);
  if (term < term_ || role_ == Role::Leader || !may_stand(ctx.self())) return;
  stand_for_election(ctx, true);
}

// A leader gives way to a voter of higher priority, once that has the whole log.
void Raft::hand_over_to_preferred(Ctx& ctx) {
  if (transfer_ || change_ || !is_outranked(ctx.self())) return;
  const auto preferred = std::max_element(
      progress_.begin(), progress_.end(), [&](const Progress& one, const Progress& other) {
        const auto rank = [&](const Progress& member) {
          return member.is_voter ? priority_of(member.node) : 0;
        };
        return rank(one) < rank(other);
      });
  const bool is_ready = preferred->is_active && preferred->match == log_.last();
  if (is_ready && preferred->node != ctx.self()) begin_transfer(ctx, preferred->node, {});
}

/// Null if this server is the only voter.
const Raft::Progress* Raft::most_advanced_voter(NodeId self) const {
  const Progress* best = nullptr;
  for (const Progress& member : progress_) {
    if (!member.is_voter || member.node == self) continue;
    if (best == nullptr || member.match > best->match) best = &member;
  }
  return best;
}

}  // namespace lockstep::consensus
