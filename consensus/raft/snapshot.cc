// Log compaction and installing snapshots: §7.
#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "consensus/raft/raft.h"

namespace lockstep::consensus {

// Each server compacts on its own, what it has applied.
void Raft::compact_if_due(Ctx& ctx) {
  const std::uint64_t entries = distance(snapshot_.index, applied_);
  const bool many = options_.snapshot_every != 0 && entries >= options_.snapshot_every;
  const bool large = options_.snapshot_bytes != 0 && applied_bytes_ >= options_.snapshot_bytes;
  if (many || large) compact(ctx);
}

void Raft::compact(Ctx& ctx) {
  if (applied_ == snapshot_.index) return;
  snapshot_ = {applied_, *log_.terms().at(applied_), configurations_.at(applied_)};
  applied_bytes_ = 0;
  ctx.log("compacts its log up to {}", number(applied_));
  ctx.observe(transport::Compacted{
      {}, number(applied_), number(snapshot_.term), machine_.digest()});
  const std::uint64_t kept = std::min(options_.snapshot_keep, distance(log_.base(), applied_));
  const Index base{number(applied_) - kept};
  const Index first = next(log_.base());
  log_.compact(base);
  configurations_.compact(applied_);
  store_snapshot(ctx, machine_.snapshot(), first, base);
}

// The leader's side. Chunks go one by one, each asked for by the answer to the one before; a
// heartbeat repeats the last one, which makes up for whatever was lost.

void Raft::start_install(Ctx& ctx, Progress& member) {
  if (member.is_installing(snapshot_.index)) return;
  const auto state = std::make_shared<const std::string>(stored_state(ctx));
  member.install = raft::Install{snapshot_.index, snapshot_.term, snapshot_.configuration,
                                 state,           statemachine::digest_of(*state), 0};
  ctx.log("sends its snapshot up to {} to {}", number(snapshot_.index), to_string(member.node));
  send_chunk(ctx, member);
}

// Requires: member.install.
void Raft::send_chunk(Ctx& ctx, const Progress& member) {
  ctx.send<raft::InstallSnapshot>(member.node, [&](raft::InstallSnapshot& chunk) {
    const raft::Install& install = *member.install;
    const auto data =
        std::string_view(*install.state).substr(install.offset, options_.snapshot_chunk);
    chunk.set_term(number(term_));
    chunk.set_last_index(number(install.index));
    chunk.set_last_term(number(install.term));
    raft::write(install.configuration, *chunk.mutable_members());
    chunk.set_size(install.state->size());
    chunk.set_digest(install.digest);
    chunk.set_offset(install.offset);
    chunk.set_data(data.data(), data.size());
    chunk.set_round(rounds_.latest());
  });
}

void Raft::on(Ctx& ctx, NodeId from, const raft::SnapshotReply& reply) {
  const Term term{reply.term()};
  if (term > term_) return follow(ctx, term);
  if (role_ != Role::Leader || term < term_) return;
  Progress* member = progress_of(from);
  if (member == nullptr || Index{reply.last_index()} > log_.last()) return;

  heard_from(ctx, *member, reply.round());
  if (reply.installed()) {
    if (member->acknowledged(Index{reply.last_index()})) {
      advance_commit(ctx);
      continue_change(ctx);
    }
    member = progress_of(from);
    Batch batch;
    if (member != nullptr) replicate(ctx, *member, batch);
    return;
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

// The follower's side. What has arrived is stored: neither a crash nor a new leader with the same
// snapshot makes it come again.

void Raft::on(Ctx& ctx, NodeId from, const raft::InstallSnapshot& chunk) {
  const Term term{chunk.term()};
  if (term < term_) return reply_snapshot(ctx, from, chunk, false);
  follow_leader(ctx, term, from);
  // A late snapshot must not take back what was committed since.
  if (Index{chunk.last_index()} <= commit_) return reply_snapshot(ctx, from, chunk, true);
  const bool complete = collect(ctx, chunk);
  reply_snapshot(ctx, from, chunk, complete && install(ctx));
}

/// Whether the chunk is of the snapshot that is arriving.
bool Raft::continues(const raft::InstallSnapshot& chunk) const {
  return Index{chunk.last_index()} == incoming_.snapshot.index &&
         Term{chunk.last_term()} == incoming_.snapshot.term && chunk.size() == incoming_.size &&
         chunk.digest() == incoming_.digest;
}

// Adds the chunk if it is the next one of the newest snapshot under way. True when that is whole.
bool Raft::collect(Ctx& ctx, const raft::InstallSnapshot& chunk) {
  const Term sender{chunk.term()};
  const Index index{chunk.last_index()};
  if (!continues(chunk)) {
    const bool is_older = std::pair(sender, index) <
                          std::pair(incoming_.sender, incoming_.snapshot.index);
    if (is_older) return false;
    erase_chunks(ctx);
    incoming_ = {{index, Term{chunk.last_term()}, raft::configuration_in(chunk.members())},
                 chunk.size(),
                 chunk.digest(),
                 {},
                 sender};
  } else if (sender > incoming_.sender) {
    incoming_.sender = sender;
    if (!incoming_.state.empty()) reached(ctx, RaftReach::SnapshotResumed);
  }
  if (chunk.offset() != incoming_.state.size()) return false;
  store_chunk(ctx, chunk.data());
  incoming_.state += chunk.data();
  return incoming_.state.size() == incoming_.size;
}

// §7: entries that follow the snapshot stay if the log agrees with it; otherwise all go.
bool Raft::install(Ctx& ctx) {
  Incoming whole = std::exchange(incoming_, {});
  incoming_.sender = whole.sender;
  erase_chunks(ctx);
  const bool is_sound = statemachine::digest_of(whole.state) == whole.digest;
  if (!is_sound || !machine_.restore(whole.state)) return false;
  snapshot_ = std::move(whole.snapshot);
  const auto& [index, term, configuration] = snapshot_;
  const bool agrees = log_.terms().at(index) == term;
  ctx.log("installs a snapshot up to {}", number(index));
  ctx.observe(transport::Installed{{}, number(index), number(term), machine_.digest()});
  const Index first = next(log_.base());
  const Index last = agrees ? index : log_.last();
  if (agrees) {
    log_.compact(index);
    configurations_.compact(index);
  } else {
    log_.reset(index, term);
    configurations_.reset(index, configuration);
    tell_configuration(ctx);
  }
  commit_ = applied_ = index;
  applied_bytes_ = 0;
  store_snapshot(ctx, std::move(whole.state), first, last);
  answer_reads(ctx);
  return true;
}

void Raft::reply_snapshot(Ctx& ctx, NodeId leader, const raft::InstallSnapshot& chunk,
                          bool installed) {
  ctx.send<raft::SnapshotReply>(leader, [&](raft::SnapshotReply& reply) {
    reply.set_term(number(term_));
    reply.set_last_index(chunk.last_index());
    reply.set_next_offset(continues(chunk) ? incoming_.state.size() : 0);
    reply.set_installed(installed);
    reply.set_round(chunk.round());
  });
}

}  // namespace lockstep::consensus
