// Leader election: §5.2, §5.4.1 for who may win, and what keeps elections rare: pre-vote
// (dissertation §9.6), leader stickiness (§4.2.3), quorum checks (§6.2), priorities.
#include <algorithm>
#include <utility>

#include "consensus/raft/raft.h"

namespace lockstep::consensus {

// Dissertation §4.2.2: a server that the latest configuration leaves out may still be needed to
// elect a leader while that configuration is not committed.
bool Raft::may_stand(NodeId self) const {
  if (configurations_.latest().is_voter(self)) return true;
  return configurations_.latest_index() > commit_ && configurations_.previous().is_voter(self);
}

void Raft::on_election_timeout(Ctx& ctx) {
  // Who is no part of the group any more does not know either who leads it.
  if (!may_stand(ctx.self())) return leader_.reset();
  if (role_ == Role::PreCandidate) reached(ctx, RaftReach::PreVoteLost);
  options_.pre_vote ? ask_for_pre_votes(ctx) : stand_for_election(ctx, false);
}

// Dissertation §9.6: a server that was cut off for long does not come back with a higher term that
// makes a good leader step down.
void Raft::ask_for_pre_votes(Ctx& ctx) {
  role_ = Role::PreCandidate;
  leader_.reset();
  leader_heard_.reset();
  votes_.clear();
  votes_.add(ctx.self());
  wait_for_leader(ctx);
  const bool decides_alone =
      configurations_.latest().has_quorum([&](NodeId voter) { return votes_.has(voter); });
  decides_alone ? stand_for_election(ctx, false) : ask_for_votes(ctx, true, false);
}

void Raft::stand_for_election(Ctx& ctx, bool transfer) {
  term_ = next(term_);
  voted_for_ = ctx.self();
  role_ = Role::Candidate;
  stands_for_transfer_ = transfer;
  leader_.reset();
  leader_heard_.reset();
  votes_.clear();
  drop_reads(ctx);
  store_term(ctx);
  wait_for_leader(ctx);
  ctx.log("stands for election in term {}", number(term_));
  ask_for_votes(ctx, false, transfer);
  // Its own vote counts like any other: once it is durable.
  ctx.send<raft::VoteReply>(ctx.self(), [&](raft::VoteReply& vote) {
    vote.set_term(number(term_));
    vote.set_granted(true);
  });
}

void Raft::ask_for_votes(Ctx& ctx, bool pre_vote, bool transfer) {
  const auto request = Ctx::prepare<raft::RequestVote>([&](raft::RequestVote& message) {
    message.set_term(number(term_));
    message.set_last_index(number(log_.last()));
    message.set_last_term(number(log_.last_term()));
    message.set_pre_vote(pre_vote);
    message.set_transfer(transfer);
  });
  const Configuration& configuration = configurations_.latest();
  for (const NodeId member : configuration.members()) {
    if (member != ctx.self() && configuration.is_voter(member)) ctx.send(member, request);
  }
}

// One vote per term, first come first served, and only for a log that is up to date.
void Raft::on(Ctx& ctx, NodeId from, const raft::RequestVote& request) {
  // Dissertation §4.2.3: as long as a leader is heard from, candidates are ignored, their terms
  // too. Leases rest on it. Who stands because that leader asked for it need not wait.
  if (!request.transfer() && hears_leader(ctx)) return;
  const Term term{request.term()};
  if (term > term_) follow(ctx, term);

  const bool vote_free = request.pre_vote() || voted_for_.value_or(from) == from;
  const bool granted = term == term_ && vote_free && is_up_to_date(request);
  if (granted && !request.pre_vote()) {
    voted_for_ = from;
    store_term(ctx);
    wait_for_leader(ctx);
  }
  ctx.send<raft::VoteReply>(from, [&](raft::VoteReply& reply) {
    reply.set_term(number(term_));
    reply.set_granted(granted);
    reply.set_pre_vote(request.pre_vote());
  });
}

// §5.4.1: a later last term wins; with equal terms the longer log does. So whoever is elected has
// every committed entry, because some voter of its majority has it.
bool Raft::is_up_to_date(const raft::RequestVote& request) const {
  const Term last_term{request.last_term()};
  if (last_term != log_.last_term()) return last_term > log_.last_term();
  return Index{request.last_index()} >= log_.last();
}

// A leader that checks its quorum hears from itself: it would have stepped down.
bool Raft::hears_leader(Ctx& ctx) const {
  if (!options_.leader_stickiness) return false;
  if (role_ == Role::Leader) return options_.check_quorum;
  return leader_heard_ && ctx.now() - *leader_heard_ < options_.election_timeout.low;
}

void Raft::on(Ctx& ctx, NodeId from, const raft::VoteReply& reply) {
  const Term term{reply.term()};
  if (term > term_) return follow(ctx, term);
  // A vote of an earlier candidacy may arrive during a later one.
  const Role asked_as = reply.pre_vote() ? Role::PreCandidate : Role::Candidate;
  if (role_ != asked_as || term < term_ || !reply.granted()) return;
  votes_.add(from);
  const auto voted = [&](NodeId voter) { return votes_.has(voter); };
  if (!configurations_.latest().has_quorum(voted)) return;
  reply.pre_vote() ? stand_for_election(ctx, false) : lead(ctx);
}

void Raft::lead(Ctx& ctx) {
  role_ = Role::Leader;
  leader_ = ctx.self();
  ctx.cancel_timer(Timer::Election);
  ctx.observe(transport::Leads{{}, number(term_)});
  ctx.log("leads term {} with {} votes", number(term_), votes_.count());
  if (stands_for_transfer_) reached(ctx, RaftReach::Transfer);

  term_start_ = next(log_.last());
  rounds_ = {};
  gave_lease_up_ = false;
  progress_.clear();
  update_progress(ctx);
  // §5.4.2, §8: entries of earlier terms are only committed together with one of this term, so the
  // leader makes one at once instead of waiting for a client.
  if (options_.noop_on_election) append_no_op(ctx);
  send_heartbeats(ctx);
  if (options_.check_quorum) {
    ctx.set_timer(Timer::QuorumCheck,
                  {options_.election_timeout.high, options_.election_timeout.high});
  }
}

// Dissertation §6.2: a leader that reaches no quorum cannot commit anything, so its clients had
// better look for another.
void Raft::check_quorum(Ctx& ctx) {
  const bool has_quorum = configurations_.latest().has_quorum([&](NodeId voter) {
    const Progress* const member = progress_of(voter);
    return voter == ctx.self() || (member != nullptr && member->is_active);
  });
  if (!has_quorum) {
    reached(ctx, RaftReach::CheckQuorum);
    return follow(ctx, term_);
  }
  for (Progress& member : progress_) member.is_active = false;
  ctx.set_timer(Timer::QuorumCheck,
                {options_.election_timeout.high, options_.election_timeout.high});
}

std::uint32_t Raft::priority_of(NodeId node) const {
  const std::size_t place = number(node) - 1;
  return place < options_.priorities.size() ? options_.priorities[place] : 0;
}

/// Whether another voter has a higher priority.
bool Raft::is_outranked(NodeId self) const {
  if (options_.priorities.empty()) return false;
  const auto& voters = configurations_.latest().voters;
  return std::any_of(voters.begin(), voters.end(),
                     [&](NodeId voter) { return priority_of(voter) > priority_of(self); });
}

}  // namespace lockstep::consensus
