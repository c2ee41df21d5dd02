// What surrounds the three parts of Raft: terms (§5.1), booting, clients (§8), reports.
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
    case Raft::Role::Candidate:
      return "candidate";
    case Raft::Role::Leader:
      return "leader";
  }
  return "?";
}

}  // namespace

Raft::Raft(Options options) : options_(std::move(options)), machine_(options_.machine()) {}

void Raft::on(Ctx& ctx, Start) {
  load_term(ctx);
  load_snapshot(ctx);
  load_log(ctx);
  // Holds unless the disk lost the term: a log never runs ahead of it.
  term_ = std::max(term_, log_.last_term());
  ctx.set_timer(Timer::Election, options_.election_timeout);
}

void Raft::on(Ctx& ctx, Timer timer, std::uint64_t) {
  if (timer == Timer::Heartbeat) return send_heartbeats(ctx);
  const auto members = ctx.initial_members();
  const bool is_member = std::find(members.begin(), members.end(), ctx.self()) != members.end();
  if (is_member) stand_for_election(ctx);
}

// §8: a client may ask any server; only the leader executes.
void Raft::on(Ctx& ctx, const Request& request) {
  if (!request.has_command()) {
    return answer(ctx, request, Reply::REJECTED, "this group executes commands only");
  }
  if (role_ != Role::Leader) {
    return answer(ctx, request, leader_ ? Reply::REDIRECT : Reply::UNAVAILABLE, {});
  }
  raft::Entry entry;
  entry.set_term(number(term_));
  entry.set_command(statemachine::encode_session_command(
      request.client(), request.sequence(), request.acknowledged_below(), request.command()));
  append(ctx, entry);
  acknowledge_own_log(ctx);
  replicate(ctx);
}

void Raft::answer(Ctx& ctx, const Request& request, Reply::Status status, std::string_view result) {
  Reply reply;
  reply.set_status(status);
  reply.set_result(result.data(), result.size());
  if (status == Reply::REDIRECT) reply.set_redirect(number(*leader_));
  ctx.reply(ClientId{request.client()}, request.sequence(), std::move(reply));
}

// §5.1: whoever sees a higher term adopts it, and follows. A leader also follows in its own term
// when it hears of another leader there, which no run within the promise shows it.
void Raft::follow(Ctx& ctx, Term term) {
  if (term > term_) {
    term_ = term;
    voted_for_.reset();
    leader_.reset();
    store_term(ctx);
  }
  if (role_ == Role::Leader) {
    ctx.log("steps down in term {}", number(term_));
    ctx.observe(transport::Follows{{}, number(term_)});
    ctx.cancel_timer(Timer::Heartbeat);
    ctx.set_timer(Timer::Election, options_.election_timeout);
    // Clients whose entries were not committed hear nothing. They ask again, and the sessions see
    // to it that their commands take effect once.
    progress_.clear();
  }
  role_ = Role::Follower;
}

void Raft::follow_leader(Ctx& ctx, Term term, NodeId leader) {
  if (term > term_ || role_ != Role::Follower) follow(ctx, term);
  leader_ = leader;
  ctx.set_timer(Timer::Election, options_.election_timeout);
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
  fields("snapshot", number(log_.base()));
  for (const Progress& member : progress_) {
    const std::string name = to_string(member.node);
    fields(name + " next", number(member.next));
    fields(name + " match", number(member.match));
  }
}

}  // namespace lockstep::consensus
