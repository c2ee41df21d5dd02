// Leader election: §5.2, and §5.4.1 for who may win.
#include <utility>

#include "consensus/raft/raft.h"

namespace lockstep::consensus {

void Raft::stand_for_election(Ctx& ctx) {
  term_ = next(term_);
  voted_for_ = ctx.self();
  role_ = Role::Candidate;
  leader_.reset();
  votes_.clear();
  store_term(ctx);
  ctx.set_timer(Timer::Election, options_.election_timeout);
  ctx.log("stands for election in term {}", number(term_));

  raft::RequestVote request;
  request.set_term(number(term_));
  request.set_last_index(number(log_.last()));
  request.set_last_term(number(log_.last_term()));
  ctx.broadcast(ctx.initial_members(), std::move(request));
  // Its own vote counts like any other: once it is durable.
  ctx.send<raft::VoteReply>(ctx.self(), [&](raft::VoteReply& vote) {
    vote.set_term(number(term_));
    vote.set_granted(true);
  });
}

// One vote per term, first come first served, and only for a log that is up to date.
void Raft::on(Ctx& ctx, NodeId from, const raft::RequestVote& request) {
  const Term term{request.term()};
  if (term > term_) follow(ctx, term);

  const bool vote_free = voted_for_.value_or(from) == from;
  const bool granted = term == term_ && vote_free && is_up_to_date(request);
  if (granted) {
    voted_for_ = from;
    store_term(ctx);
    ctx.set_timer(Timer::Election, options_.election_timeout);
  }
  ctx.send<raft::VoteReply>(from, [&](raft::VoteReply& reply) {
    reply.set_term(number(term_));
    reply.set_granted(granted);
  });
}

// §5.4.1: a later last term wins; with equal terms the longer log does. So whoever is elected has
// every committed entry, because some voter of its majority has it.
bool Raft::is_up_to_date(const raft::RequestVote& request) const {
  const Term last_term{request.last_term()};
  if (last_term != log_.last_term()) return last_term > log_.last_term();
  return Index{request.last_index()} >= log_.last();
}

void Raft::on(Ctx& ctx, NodeId from, const raft::VoteReply& reply) {
  const Term term{reply.term()};
  if (term > term_) return follow(ctx, term);
  // A vote of an earlier candidacy may arrive during a later one.
  if (role_ != Role::Candidate || term < term_ || !reply.granted()) return;
  votes_.add(from);
  if (votes_.count() >= raft::majority_of(ctx.initial_members().size())) lead(ctx);
}

void Raft::lead(Ctx& ctx) {
  role_ = Role::Leader;
  leader_ = ctx.self();
  ctx.cancel_timer(Timer::Election);
  ctx.observe(transport::Leads{{}, number(term_)});
  ctx.log("leads term {} with {} votes", number(term_), votes_.count());

  progress_.clear();
  for (const NodeId member : ctx.initial_members()) {
    progress_.emplace_back(member, next(log_.last()));
  }
  // §5.4.2, §8: entries of earlier terms are only committed together with one of this term, so the
  // leader makes one at once instead of waiting for a client.
  if (options_.noop_on_election) {
    raft::Entry entry;
    entry.set_term(number(term_));
    entry.set_no_op(true);
    append(ctx, entry);
  }
  acknowledge_own_log(ctx);
  send_heartbeats(ctx);
}

}  // namespace lockstep::consensus
