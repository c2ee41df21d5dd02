// Log replication: §5.3.
#include <algorithm>
#include <utility>

#include "consensus/raft/raft.h"

namespace lockstep::consensus {

// The leader's side: sending.

void Raft::replicate(Ctx& ctx) {
  Batch batch;
  for (Progress& member : progress_) {
    if (member.node != ctx.self()) replicate(ctx, member, batch);
  }
}

void Raft::replicate(Ctx& ctx, Progress& member, Batch& batch) {
  if (member.next <= log_.base()) return start_install(ctx, member);
  while (member.next <= log_.last() && member.has_room(options_.pipeline)) {
    const Index last = batch_end(member.next);
    send_entries(ctx, member, last, batch);
    member.sent(last);
  }
}

/// Where a message that begins with the entry `first` ends. Requires: base() < first <= last().
Raft::Index Raft::batch_end(Index first) const {
  const Index furthest = std::min(Index{number(first) + options_.max_batch - 1}, log_.last());
  std::uint64_t bytes = log_.at(first).content.size();
  Index last = first;
  while (last < furthest) {
    bytes += log_.at(next(last)).content.size();
    if (bytes > options_.max_batch_bytes) break;
    last = next(last);
  }
  return last;
}

// Dissertation §10.2.1: the leader may write its log while the followers write theirs, and counts
// itself when its own write is durable. So entries need not wait for the leader's disk: should it
// lose them, it cannot lead this term again, and nobody counts them for it.
//
// Requires: base() < member.next <= next(last).
void Raft::send_entries(Ctx& ctx, const Progress& member, Index last, Batch& batch) {
  const bool is_made = batch.message && batch.first == member.next && batch.last == last;
  if (!is_made) {
    batch.first = member.next;
    batch.last = last;
    batch.message = Ctx::prepare<raft::AppendEntries>([&](raft::AppendEntries& message) {
      const Index prev = previous(member.next);
      message.set_term(number(term_));
      message.set_prev_index(number(prev));
      message.set_prev_term(number(*log_.terms().at(prev)));
      message.set_commit(number(commit_));
      message.set_round(rounds_.latest());
      for (Index index = member.next; index <= last; index = next(index)) {
        write(index, *message.add_entries());
      }
    });
  }
  if (options_.async_disk_write) {
    ctx.send_early(member.node, batch.message);
  } else {
    ctx.send(member.node, batch.message);
  }
}

/// The entry at `index`, as messages carry it.
void Raft::write(Index index, raft::Entry& entry) const {
  using Kind = raft::LogEntry::Kind;
  const raft::LogEntry& kept = log_.at(index);
  entry.set_term(number(*log_.terms().at(index)));
  entry.set_no_op(kept.kind == Kind::NoOp);
  if (kept.kind == Kind::Command) entry.set_command(kept.content);
  if (kept.kind == Kind::Configuration) entry.mutable_members()->ParseFromString(kept.content);
}

// §5.2: heartbeats keep followers from standing for election. Each also checks where the logs
// meet, so a follower that lost entries on the way says so, and one that lost an answer repeats it.
void Raft::send_heartbeats(Ctx& ctx) {
  if (role_ != Role::Leader) return;
  ctx.set_timer(Timer::Heartbeat, options_.heartbeat);
  begin_round(ctx);
  Batch batch;
  for (Progress& member : progress_) {
    if (member.node == ctx.self()) continue;
    if (member.next <= log_.base()) {
      const bool is_installing = member.is_installing(snapshot_.index);
      is_installing ? send_chunk(ctx, member) : start_install(ctx, member);
    } else if (member.next <= log_.last() && member.has_room(options_.pipeline)) {
      replicate(ctx, member, batch);
    } else {
      send_entries(ctx, member, previous(member.next), batch);
    }
  }
}

void Raft::append_no_op(Ctx& ctx) {
  raft::Entry entry;
  entry.set_term(number(term_));
  entry.set_no_op(true);
  append(ctx, entry);
  acknowledge_own_log(ctx);
}

// Own writes are known to be durable when a message to itself arrives: it leaves no earlier.
void Raft::acknowledge_own_log(Ctx& ctx) {
  ctx.send<raft::AppendReply>(ctx.self(), [&](raft::AppendReply& reply) {
    reply.set_term(number(term_));
    reply.set_success(true);
    reply.set_match_index(number(log_.last()));
  });
}

// The follower's side.

void Raft::on(Ctx& ctx, NodeId from, const raft::AppendEntries& message) {
  const Index prev{message.prev_index()};
  const Term term{message.term()};
  if (term < term_) return reject(ctx, from, message);
  follow_leader(ctx, term, from);
  if (!log_.matches(prev, Term{message.prev_term()})) return reject(ctx, from, message);

  // An entry that is there already stays: a late or repeated message must not cut off entries that
  // followed it and may have been acknowledged. Only a conflict removes.
  Index index = prev;
  for (const raft::Entry& entry : message.entries()) {
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
    reply.set_round(message.round());
  });
  commit(ctx, std::min(Index{message.commit()}, match));
}

// §5.3, its last but one paragraph: a rejection names the whole conflicting term, so that the
// leader skips it in one step.
void Raft::reject(Ctx& ctx, NodeId leader, const raft::AppendEntries& message) {
  const Index prev{message.prev_index()};
  ctx.send<raft::AppendReply>(leader, [&](raft::AppendReply& reply) {
    reply.set_term(number(term_));
    reply.set_prev_index(number(prev));
    reply.set_round(message.round());
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
  Progress* member = progress_of(from);
  if (member == nullptr || Index{reply.match_index()} > log_.last()) return;

  heard_from(ctx, *member, reply.round());
  if (!reply.success()) {
    if (!member->is_current_rejection(Index{reply.prev_index()})) return;
    member->back_up(resume_index(reply));
  } else if (member->acknowledged(Index{reply.match_index()})) {
    advance_commit(ctx);
    continue_transfer(ctx);
    continue_change(ctx);
  }
  // A commit may have changed the configuration, or ended this leadership.
  member = progress_of(from);
  if (member == nullptr || from == ctx.self()) return;
  Batch batch;
  replicate(ctx, *member, batch);
}

// Where the logs may meet: after the leader's own last entry of the conflicting term, or else
// before all of that term.
Raft::Index Raft::resume_index(const raft::AppendReply& rejection) const {
  const Index rejected{rejection.prev_index()};
  const auto own = log_.terms().last_of(Term{rejection.conflict_term()});
  const Index resume = own ? next(*own) : Index{rejection.conflict_index()};
  return std::min(resume, rejected);
}

/// An answer in this term, to a message of the given round: the member takes this leader for one.
void Raft::heard_from(Ctx& ctx, Progress& member, std::uint64_t round) {
  member.is_active = true;
  if (round <= member.round) return;
  member.round = round;
  confirm_rounds(ctx);
}

/// Null if the node is no member, or this server does not lead.
Raft::Progress* Raft::progress_of(NodeId member) {
  const auto found =
      std::find_if(progress_.begin(), progress_.end(),
                   [&](const Progress& progress) { return progress.node == member; });
  return found == progress_.end() ? nullptr : &*found;
}

}  // namespace lockstep::consensus
