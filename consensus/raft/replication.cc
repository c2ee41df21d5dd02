// Log replication: §5.3, and §5.4.2 for what counts as committed.
#include <algorithm>
#include <utility>

#include "consensus/raft/raft.h"
#include "statemachine/sessions.h"
#include "statemachine/sessions.pb.h"

namespace lockstep::consensus {

// The leader's side: sending.

void Raft::replicate(Ctx& ctx) {
  for (Progress& member : progress_) {
    if (member.node != ctx.self()) replicate(ctx, member);
  }
}

void Raft::replicate(Ctx& ctx, Progress& member) {
  if (member.next <= log_.base()) return start_install(ctx, member);
  while (member.next <= log_.last() && member.has_room(options_.pipeline)) {
    const Index furthest{number(member.next) + options_.max_batch - 1};
    const Index last = std::min(furthest, log_.last());
    send_entries(ctx, member, last);
    member.sent(last);
  }
}

// Requires: base() < member.next <= next(last).
void Raft::send_entries(Ctx& ctx, const Progress& member, Index last) {
  ctx.send<raft::AppendEntries>(member.node, [&](raft::AppendEntries& message) {
    const Index prev = previous(member.next);
    message.set_term(number(term_));
    message.set_prev_index(number(prev));
    message.set_prev_term(number(*log_.terms().at(prev)));
    message.set_commit(number(commit_));
    for (Index index = member.next; index <= last; index = next(index)) {
      const raft::LogEntry& entry = log_.at(index);
      raft::Entry& sent = *message.add_entries();
      sent.set_term(number(*log_.terms().at(index)));
      sent.set_no_op(entry.no_op);
      sent.set_command(entry.command);
    }
  });
}

// §5.2: heartbeats keep followers from standing for election. Each also checks where the logs
// meet, so a follower that lost entries on the way says so, and one that lost an answer repeats it.
void Raft::send_heartbeats(Ctx& ctx) {
  ctx.set_timer(Timer::Heartbeat, options_.heartbeat);
  for (Progress& member : progress_) {
    if (member.node == ctx.self()) continue;
    if (member.next <= log_.base()) {
      member.is_installing(log_.base()) ? send_chunk(ctx, member) : start_install(ctx, member);
    } else if (member.next <= log_.last() && member.has_room(options_.pipeline)) {
      replicate(ctx, member);
    } else {
      send_entries(ctx, member, previous(member.next));
    }
  }
}

// Dissertation §10.2.1: the leader may write its log while the followers write theirs, and counts
// itself when its own write is durable. A message to itself leaves no earlier than that.
void Raft::acknowledge_own_log(Ctx& ctx) {
  ctx.send<raft::AppendReply>(ctx.self(), [&](raft::AppendReply& reply) {
    reply.set_term(number(term_));
    reply.set_success(true);
    reply.set_match_index(number(log_.last()));
  });
}

// The follower's side.

void Raft::on(Ctx& ctx, NodeId from, const raft::AppendEntries& append_entries) {
  const Index prev{append_entries.prev_index()};
  const Term term{append_entries.term()};
  if (term < term_) return reject(ctx, from, prev);
  follow_leader(ctx, term, from);
  if (!log_.matches(prev, Term{append_entries.prev_term()})) return reject(ctx, from, prev);

  // An entry that is there already stays: a late or repeated message must not cut off entries that
  // followed it and may have been acknowledged. Only a conflict removes.
  Index index = prev;
  for (const raft::Entry& entry : append_entries.entries()) {
    index = next(index);
    if (index <= log_.last()) {
      if (log_.matches(index, Term{entry.term()})) continue;
      truncate(ctx, index);
    }
    append(ctx, entry);
  }

  // Only this far is the log known to be the leader's; beyond may lie entries of other terms.
  const Index match = std::max(index, log_.base());
  ctx.send<raft::AppendReply>(from, [&](raft::AppendReply& reply) {
    reply.set_term(number(term_));
    reply.set_success(true);
    reply.set_match_index(number(match));
  });
  commit(ctx, std::min(Index{append_entries.commit()}, match));
}

// §5.3, its last but one paragraph: a rejection names the whole conflicting term, so that the
// leader skips it in one step.
void Raft::reject(Ctx& ctx, NodeId leader, Index prev) {
  ctx.send<raft::AppendReply>(leader, [&](raft::AppendReply& reply) {
    reply.set_term(number(term_));
    reply.set_prev_index(number(prev));
    if (prev > log_.last()) {
      reply.set_conflict_index(number(next(log_.last())));
    } else if (prev > log_.base()) {
      reply.set_conflict_index(number(log_.terms().first_of_run(prev)));
      reply.set_conflict_term(number(*log_.terms().at(prev)));
    }
  });
}

// The leader's side again: answers.

void Raft::on(Ctx& ctx, NodeId from, const raft::AppendReply& reply) {
  const Term term{reply.term()};
  if (term > term_) return follow(ctx, term);
  if (role_ != Role::Leader || term < term_) return;
  Progress* const member = progress_of(from);
  if (member == nullptr || Index{reply.match_index()} > log_.last()) return;

  if (reply.success()) {
    if (member->acknowledged(Index{reply.match_index()})) advance_commit(ctx);
  } else {
    if (!member->is_current_rejection(Index{reply.prev_index()})) return;
    member->back_up(resume_index(reply));
  }
  if (from != ctx.self()) replicate(ctx, *member);
}

// Where the logs may meet: after the leader's own last entry of the conflicting term, or else
// before all of that term.
Raft::Index Raft::resume_index(const raft::AppendReply& rejection) const {
  const Index rejected{rejection.prev_index()};
  const auto own = log_.terms().last_of(Term{rejection.conflict_term()});
  const Index resume = own ? next(*own) : Index{rejection.conflict_index()};
  return std::min(resume, rejected);
}

// §5.4.2: an entry of an earlier term may be stored on a majority and still be overwritten
// (Figure 8), so only entries of the leader's own term are committed by counting.
void Raft::advance_commit(Ctx& ctx) {
  const Index agreed = raft::majority_match(progress_);
  if (agreed > commit_ && log_.terms().at(agreed) == term_) commit(ctx, agreed);
}

// Committing and applying, on every server.

void Raft::commit(Ctx& ctx, Index index) {
  if (index <= commit_) return;
  commit_ = index;
  ctx.observe(transport::Committed{{}, number(index), number(*log_.terms().at(index))});
  apply_committed(ctx);
  compact_if_due(ctx);
}

void Raft::apply_committed(Ctx& ctx) {
  while (applied_ < commit_) {
    applied_ = next(applied_);
    const raft::LogEntry& entry = log_.at(applied_);
    if (entry.no_op) continue;
    const std::string result = ctx.apply(machine_, number(applied_), entry.command);
    // An entry of the term that this node leads is one that it appended for a client.
    const bool own = role_ == Role::Leader && log_.terms().at(applied_) == term_;
    if (own) answer_applied(ctx, entry.command, result);
  }
}

void Raft::answer_applied(Ctx& ctx, std::string_view command, std::string_view result) {
  const auto [status, inner] = statemachine::session_result(result);
  // A client that said it has the answer is not waiting for it.
  if (status == statemachine::SessionStatus::Forgotten) return;
  statemachine::SessionCommand asked;
  if (!asked.ParseFromArray(command.data(), static_cast<int>(command.size()))) return;
  Reply reply;
  reply.set_result(inner.data(), inner.size());
  ctx.reply(ClientId{asked.client()}, asked.sequence(), std::move(reply));
}

Raft::Progress* Raft::progress_of(NodeId member) {
  const auto found =
      std::find_if(progress_.begin(), progress_.end(),
                   [&](const Progress& progress) { return progress.node == member; });
  return found == progress_.end() ? nullptr : &*found;
}

}  // namespace lockstep::consensus
