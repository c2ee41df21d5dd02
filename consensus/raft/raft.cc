// What surrounds the parts of Raft: terms (§5.1), booting, clients (§8), reports.
#include "consensus/raft/raft.h"

#include <algorithm>
#include <utility>

#include "statemachine/sessions.h"

namespace lockstep::consensus {
namespace {

std::string_view name_of(Raft::Role role) {
  switch (role) {
    case Raft::Role::Follower:
      return "follower";
    case Raft::Role::PreCandidate:
      return "pre-candidate";
    case Raft::Role::Candidate:
      return "candidate";
    case Raft::Role::Leader:
      return "leader";
  }
  return "?";
}

}  // namespace

Raft::Raft(Options options) : options_(std::move(options)), machine_(options_.machine()) {}

void Raft::on(Ctx& ctx, Start start) {
  const auto all = ctx.initial_members();
  const bool is_among_others = !options_.members.empty();
  configurations_.reset(
      {}, {is_among_others ? options_.members : Nodes(all.begin(), all.end()), {}, {}});
  load_term(ctx);
  load_snapshot(ctx);
  tell_configuration(ctx);
  load_log(ctx);
  load_chunks(ctx);
  // Holds unless the disk lost the term: a log never runs ahead of it.
  term_ = std::max(term_, log_.last_term());
  // A reply to the life before must not pass for one to this life.
  last_read_number_ = start.incarnation << 32;
  // A server forgets that it heard from a leader, whose lease may rest on it.
  if (options_.lease && start.kind == Start::Kind::Restart) leader_heard_ = ctx.now();
  wait_for_leader(ctx);
}

void Raft::on(Ctx& ctx, Timer timer, std::uint64_t) {
  switch (timer) {
    case Timer::Election:
      return on_election_timeout(ctx);
    case Timer::Heartbeat:
      hand_over_to_preferred(ctx);
      return send_heartbeats(ctx);
    case Timer::QuorumCheck:
      return check_quorum(ctx);
    case Timer::Transfer:
      return abandon_transfer(ctx);
    case Timer::CatchUp:
      return abandon_change(ctx);
  }
}

// §8: a client may ask any server; only the leader executes.
void Raft::on(Ctx& ctx, const Request& request) {
  if (request.has_admin()) return administer(ctx, request);
  if (request.has_command()) {
    return request.read_only() ? read(ctx, request) : execute(ctx, request);
  }
  answer(ctx, asker_of(request), Reply::REJECTED,
         "this group executes commands and changes of the group only");
}

void Raft::execute(Ctx& ctx, const Request& request) {
  const Asker asker = asker_of(request);
  if (role_ != Role::Leader) return redirect(ctx, asker, leader_);
  const bool is_full =
      options_.max_uncommitted != 0 && distance(commit_, log_.last()) >= options_.max_uncommitted;
  // A leader that hands over accepts nothing new, or its successor would never catch up.
  if (transfer_ || is_full) return answer(ctx, asker, Reply::UNAVAILABLE);
  raft::Entry entry;
  entry.set_term(number(term_));
  entry.set_command(statemachine::encode_session_command(
      request.client(), request.sequence(), request.acknowledged_below(), request.command()));
  append(ctx, entry);
  acknowledge_own_log(ctx);
  replicate(ctx);
}

void Raft::reached(Ctx& ctx, RaftReach kind) {
  ctx.observe(transport::Reached{{}, static_cast<std::uint32_t>(kind)});
}

// §5.1: whoever sees a higher term adopts it, and follows. A leader also follows in its own term
// when it lost its quorum or its membership.
void Raft::follow(Ctx& ctx, Term term) {
  if (term > term_) {
    term_ = term;
    voted_for_.reset();
    leader_.reset();
    store_term(ctx);
    drop_reads(ctx);
  }
  if (role_ == Role::Leader) stop_leading(ctx);
  role_ = Role::Follower;
}

// Clients whose entries were not committed hear nothing. They ask again, and the sessions see to it
// that their commands take effect once.
void Raft::stop_leading(Ctx& ctx) {
  ctx.log("steps down in term {}", number(term_));
  ctx.observe(transport::Follows{{}, number(term_)});
  for (const Timer timer :
       {Timer::Heartbeat, Timer::QuorumCheck, Timer::Transfer, Timer::CatchUp}) {
    ctx.cancel_timer(timer);
  }
  wait_for_leader(ctx);
  leader_.reset();
  drop_reads(ctx);
  if (transfer_ && transfer_->asker) {
    answer(ctx, *transfer_->asker, transfer_->asked_to_stand ? Reply::OK : Reply::UNAVAILABLE);
  }
  if (change_) answer(ctx, change_->asker, Reply::UNAVAILABLE);
  transfer_.reset();
  change_.reset();
  progress_.clear();
}

void Raft::follow_leader(Ctx& ctx, Term term, NodeId leader) {
  if (term > term_ || role_ != Role::Follower) follow(ctx, term);
  leader_ = leader;
  if (options_.leader_stickiness) leader_heard_ = ctx.now();
  wait_for_leader(ctx);
}

void Raft::wait_for_leader(Ctx& ctx) {
  Between patience = options_.election_timeout;
  if (is_outranked(ctx.self())) {
    patience = {patience.low + patience.high, patience.high + patience.high};
  }
  ctx.set_timer(Timer::Election, patience);
}

void Raft::describe(Fields& fields) const {
  fields("role", name_of(role_));
  fields("term", number(term_));
  fields("voted for", voted_for_ ? to_string(*voted_for_) : "nobody");
  fields("leader", leader_ ? to_string(*leader_) : "unknown");
  fields("commit", number(commit_));
  fields("applied", number(applied_));
  fields("log first", number(next(log_.base())));
  fields("log last", number(log_.last()));
  fields("log last term", number(log_.last_term()));
  fields("snapshot", number(snapshot_.index));
  fields("configuration", to_string(configurations_.latest()));
  fields("configuration index", number(configurations_.latest_index()));
  if (role_ == Role::Leader) {
    fields("round", rounds_.latest());
    fields("confirmed round", rounds_.confirmed());
    fields("waiting reads", reads_.size());
  }
  for (const Progress& member : progress_) {
    const std::string name = to_string(member.node);
    fields(name + " next", number(member.next));
    fields(name + " match", number(member.match));
  }
}

}  // namespace lockstep::consensus
