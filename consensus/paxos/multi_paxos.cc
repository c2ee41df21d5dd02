// What surrounds the roles of a node: booting, clients, timers, and who leads.
#include "consensus/paxos/multi_paxos.h"

#include <algorithm>
#include <utility>

#include "statemachine/sessions.h"

namespace lockstep::consensus {
namespace {

/// Most requests that wait for a slot; beyond, clients are told to come back.
constexpr std::size_t kWaitingMax = 1024;

std::string_view name_of(MultiPaxos::Role role) {
  switch (role) {
    case MultiPaxos::Role::Follower:
      return "follower";
    case MultiPaxos::Role::Candidate:
      return "candidate";
    case MultiPaxos::Role::Leader:
      return "leader";
  }
  return "?";
}

}  // namespace

MultiPaxos::MultiPaxos(Options options)
    : options_(std::move(options)), machine_(options_.machine()) {}

void MultiPaxos::on(Ctx& ctx, Start start) {
  Nodes founders;
  for (const NodeId founder : ctx.initial_members()) founders = with(std::move(founders), founder);
  configurations_.reset(Slot{1}, std::move(founders));
  load(ctx);
  configure(ctx);
  // An answer to the life before must not pass for one to this life.
  last_read_ = start.incarnation << 32;
  // A node forgets that it heard from a leader, whose lease may rest on it.
  if (options_.lease && start.kind == Start::Kind::Restart) leader_heard_ = ctx.now();
  wait_for_leader(ctx);
}

void MultiPaxos::on(Ctx& ctx, Timer timer, std::uint64_t) {
  switch (timer) {
    case Timer::Election:
      wait_for_leader(ctx);
      leader_.reset();
      if (may_lead(ctx.self())) stand(ctx, {});
      return;
    case Timer::Heartbeat:
      propose_again(ctx);
      return send_heartbeats(ctx);
    case Timer::Transfer:
      if (transfer_) answer(ctx, *transfer_, Reply::UNAVAILABLE);
      return transfer_.reset();
  }
}

void MultiPaxos::on(Ctx& ctx, const Request& request) {
  if (request.has_admin()) return administer(ctx, request);
  if (request.has_command()) {
    return request.read_only() ? read(ctx, request) : execute(ctx, request);
  }
  answer(ctx, asker_of(request), Reply::REJECTED,
         "this group executes commands and changes of the group only");
}

void MultiPaxos::execute(Ctx& ctx, const Request& request) {
  const Asker asker = asker_of(request);
  if (role_ != Role::Leader) return redirect(ctx, asker, leader_);
  if (waiting_.size() >= kWaitingMax) return answer(ctx, asker, Reply::UNAVAILABLE);
  Value value;
  value.set_command(statemachine::encode_session_command(
      request.client(), request.sequence(), request.acknowledged_below(), request.command()));
  waiting_.push_back(std::move(value));
  propose(ctx);
}

// Whoever waits for a slot that this leader proposed in hears nothing: it may still be chosen. They
// ask again, and the sessions see to it that their commands take effect once.
void MultiPaxos::follow(Ctx& ctx) {
  if (role_ == Role::Leader) {
    ctx.log("stops leading in ballot {}", to_string(ballot_));
    ctx.observe(transport::Follows{{}, number(promised_)});
    ctx.cancel_timer(Timer::Heartbeat);
    ctx.cancel_timer(Timer::Transfer);
    for (const Value& value : waiting_) {
      const auto asked = statemachine::parse_session_command(value.command());
      if (asked) answer(ctx, {ClientId{asked->client}, asked->sequence}, Reply::UNAVAILABLE);
    }
    if (transfer_) answer(ctx, *transfer_, Reply::OK);
    if (change_) answer(ctx, *change_, Reply::UNAVAILABLE);
  }
  role_ = Role::Follower;
  leader_.reset();
  transfer_.reset();
  change_.reset();
  waiting_.clear();
  proposals_.clear();
  recovered_.clear();
  wait_for_leader(ctx);
}

void MultiPaxos::hear_leader(Ctx& ctx, NodeId leader) {
  leader_ = leader;
  if (options_.lease) leader_heard_ = ctx.now();
  wait_for_leader(ctx);
}

void MultiPaxos::wait_for_leader(Ctx& ctx) {
  ctx.set_timer(Timer::Election, options_.election_timeout);
}

void MultiPaxos::reached(Ctx& ctx, MultiPaxosReach kind) {
  ctx.observe(transport::Reached{{}, static_cast<std::uint32_t>(kind)});
}

void MultiPaxos::describe(Fields& fields) const {
  fields("role", name_of(role_));
  fields("promised", to_string(promised_));
  fields("leader", leader_ ? to_string(*leader_) : "unknown");
  fields("commit", number(commit_));
  fields("applied", number(applied_));
  fields("last vote", number(last_slot()));
  fields("snapshot", number(snapshot_));
  for (const auto& [first, members] : configurations_.by_first()) {
    std::string text;
    for (const NodeId member : members) text += (text.empty() ? "" : " ") + to_string(member);
    fields("from slot " + std::to_string(number(first)), text);
  }
  for (auto vote = votes_.upper_bound(commit_); vote != votes_.end(); ++vote) {
    fields("slot " + std::to_string(number(vote->first)), to_string(vote->second.ballot));
  }
  if (role_ == Role::Follower) return;
  fields("ballot", to_string(ballot_));
  fields("promises", promises_.count());
  fields("last seen", number(last_seen_));
  if (role_ != Role::Leader) return;
  fields("next slot", number(next_slot_));
  fields("waiting", waiting_.size());
  fields("confirmed round", rounds_.confirmed());
}

}  // namespace lockstep::consensus
