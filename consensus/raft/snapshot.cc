// Log compaction and installing snapshots: §7.
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "consensus/raft/raft.h"

namespace lockstep::consensus {

// Each server compacts on its own, what it has applied.
void Raft::compact_if_due(Ctx& ctx) {
  if (options_.snapshot_every == 0) return;
  if (applied_ <= log_.base() || distance(log_.base(), applied_) < options_.snapshot_every) return;
  const Term term = *log_.terms().at(applied_);
  ctx.log("compacts its log up to {}", number(applied_));
  ctx.observe(transport::Compacted{{}, number(applied_), number(term), machine_.digest()});
  erase_entries(ctx, next(log_.base()), applied_);
  log_.compact(applied_);
  store_snapshot(ctx, applied_, term, machine_.snapshot());
}

// The leader's side. Chunks go one by one, each asked for by the answer to the one before; a
// heartbeat repeats the last one, which makes up for whatever was lost.

void Raft::start_install(Ctx& ctx, Progress& member) {
  if (member.is_installing(log_.base())) return;
  const auto state = std::make_shared<const std::string>(stored_state(ctx));
  member.install = raft::Install{log_.base(), log_.base_term(), 0, state};
  ctx.log("sends its snapshot up to {} to {}", number(log_.base()), to_string(member.node));
  send_chunk(ctx, member);
}

// Requires: member.install.
void Raft::send_chunk(Ctx& ctx, const Progress& member) {
  ctx.send<raft::InstallSnapshot>(member.node, [&](raft::InstallSnapshot& chunk) {
    const auto& [index, last_term, offset, state] = *member.install;
    const auto data = std::string_view(*state).substr(offset, options_.snapshot_chunk);
    chunk.set_term(number(term_));
    chunk.set_last_index(number(index));
    chunk.set_last_term(number(last_term));
    chunk.set_offset(offset);
    chunk.set_data(data.data(), data.size());
    chunk.set_done(offset + data.size() == state->size());
  });
}

void Raft::on(Ctx& ctx, NodeId from, const raft::SnapshotReply& reply) {
  const Term term{reply.term()};
  if (term > term_) return follow(ctx, term);
  if (role_ != Role::Leader || term < term_) return;
  Progress* const member = progress_of(from);
  if (member == nullptr || Index{reply.last_index()} > log_.last()) return;

  if (reply.installed()) {
    if (member->acknowledged(Index{reply.last_index()})) advance_commit(ctx);
    return replicate(ctx, *member);
  }
  const bool expected = member->install && Index{reply.last_index()} == member->install->index &&
                        reply.next_offset() <= member->install->state->size();
  if (!expected) return;
  // An answer that asks for what was sent before is late, or the follower began anew. Answering it
  // at once would let every repeated answer start a second stream; the heartbeat does it.
  const bool asks_for_more = reply.next_offset() > member->install->offset;
  member->install->offset = reply.next_offset();
  if (asks_for_more) send_chunk(ctx, *member);
}

// The follower's side.

void Raft::on(Ctx& ctx, NodeId from, const raft::InstallSnapshot& chunk) {
  const Term term{chunk.term()};
  if (term < term_) return reply_snapshot(ctx, from, chunk, false);
  follow_leader(ctx, term, from);
  const Index index{chunk.last_index()};
  // A late snapshot must not take back what was committed since.
  if (index <= commit_) return reply_snapshot(ctx, from, chunk, true);
  const bool complete = collect(chunk);
  reply_snapshot(ctx, from, chunk, complete && install(ctx, index, Term{chunk.last_term()}));
}

// Adds the chunk if it is the next one of the newest snapshot under way. True when that is whole.
bool Raft::collect(const raft::InstallSnapshot& chunk) {
  const Index index{chunk.last_index()};
  const Term term{chunk.term()};
  if (std::pair(term, index) < std::pair(incoming_.term, incoming_.index)) return false;
  if (term != incoming_.term || index != incoming_.index) incoming_ = {term, index, {}};
  if (chunk.offset() != incoming_.state.size()) return false;
  incoming_.state += chunk.data();
  return chunk.done();
}

// §7: entries that follow the snapshot stay if the log agrees with it; otherwise all go.
bool Raft::install(Ctx& ctx, Index index, Term term) {
  std::string state = std::move(incoming_.state);
  incoming_ = {};
  if (!machine_.restore(state)) return false;
  const bool agrees = log_.terms().at(index) == term;
  ctx.log("installs a snapshot up to {}", number(index));
  ctx.observe(transport::Installed{{}, number(index), number(term), machine_.digest()});
  erase_entries(ctx, next(log_.base()), agrees ? index : log_.last());
  if (agrees) {
    log_.compact(index);
  } else {
    log_.reset(index, term);
  }
  commit_ = applied_ = index;
  store_snapshot(ctx, index, term, std::move(state));
  return true;
}

void Raft::reply_snapshot(Ctx& ctx, NodeId leader, const raft::InstallSnapshot& chunk,
                          bool installed) {
  ctx.send<raft::SnapshotReply>(leader, [&](raft::SnapshotReply& reply) {
    const bool collecting = Index{chunk.last_index()} == incoming_.index;
    reply.set_term(number(term_));
    reply.set_last_index(chunk.last_index());
    reply.set_next_offset(collecting ? incoming_.state.size() : 0);
    reply.set_installed(installed);
  });
}

}  // namespace lockstep::consensus
