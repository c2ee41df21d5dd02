// What lies on disk, and how a server comes back from it: "term" holds the term and the vote, each
// entry has a key of its own, "snapshot" and "snapshot/state" are written together. The world keeps
// messages back until the writes of their handler are durable, so nothing here needs to wait.
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "consensus/raft/raft.h"

namespace lockstep::consensus {
namespace {

constexpr std::string_view kTermKey = "term";
constexpr std::string_view kLogPrefix = "log/";
constexpr std::string_view kSnapshotKey = "snapshot";
constexpr std::string_view kStateKey = "snapshot/state";

bool parse(std::string_view bytes, google::protobuf::MessageLite& record) {
  return record.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

}  // namespace

void Raft::store_term(Ctx& ctx) {
  raft::StoredTerm record;
  record.set_term(number(term_));
  record.set_voted_for(number(voted_for_.value_or(NodeId{})));
  ctx.storage().put(std::string(kTermKey), record);
}

void Raft::load_term(Ctx& ctx) {
  const auto bytes = ctx.storage().get(kTermKey);
  raft::StoredTerm record;
  if (!bytes || !parse(*bytes, record)) return;
  term_ = Term{record.term()};
  if (record.voted_for() != 0) voted_for_ = NodeId{record.voted_for()};
}

// Entries from the first gap or malformed record on are dropped: they cannot be trusted, and what
// lies behind them has no place. Only a disk that broke its word leaves such records.
void Raft::load_log(Ctx& ctx) {
  const auto& image = ctx.storage().image();
  const std::string begin = transport::numbered_key(kLogPrefix, number(next(log_.base())));
  auto at = image.lower_bound(begin);
  raft::Entry entry;
  for (; at != image.end() && at->first.starts_with(kLogPrefix); ++at) {
    const Index index = next(log_.last());
    const bool in_place = at->first == transport::numbered_key(kLogPrefix, number(index));
    if (!in_place || !parse(at->second, entry) || Term{entry.term()} < log_.last_term()) break;
    const Term term{entry.term()};
    ctx.observe(transport::Appended{
        {}, number(index), entry.term(), statemachine::digest_of(entry.command())});
    log_.append(term, {entry.no_op(), std::move(*entry.mutable_command())});
  }
  std::vector<std::string> dropped;
  for (; at != image.end() && at->first.starts_with(kLogPrefix); ++at) dropped.push_back(at->first);
  for (const std::string& key : dropped) ctx.storage().erase(key);
  if (!dropped.empty()) ctx.log("dropped {} unusable log records", dropped.size());
}

void Raft::append(Ctx& ctx, const raft::Entry& entry) {
  log_.append(Term{entry.term()}, {entry.no_op(), entry.command()});
  ctx.storage().put(transport::numbered_key(kLogPrefix, number(log_.last())), entry);
  ctx.observe(transport::Appended{
      {}, number(log_.last()), entry.term(), statemachine::digest_of(entry.command())});
}

void Raft::truncate(Ctx& ctx, Index from) {
  ctx.log("removes entries {} to {}", number(from), number(log_.last()));
  ctx.observe(transport::Truncated{{}, number(from)});
  erase_entries(ctx, from, log_.last());
  log_.truncate(from);
}

void Raft::erase_entries(Ctx& ctx, Index first, Index last) {
  for (Index index = first; index <= last; index = next(index)) {
    ctx.storage().erase(transport::numbered_key(kLogPrefix, number(index)));
  }
}

void Raft::store_snapshot(Ctx& ctx, Index index, Term term, std::string state) {
  raft::StoredSnapshot record;
  record.set_last_index(number(index));
  record.set_last_term(number(term));
  ctx.storage().put(std::string(kSnapshotKey), record);
  ctx.storage().put(std::string(kStateKey), std::move(state));
}

// Without a usable snapshot the log that follows it has no beginning: load_log will drop it.
void Raft::load_snapshot(Ctx& ctx) {
  const auto bytes = ctx.storage().get(kSnapshotKey);
  const auto state = ctx.storage().get(kStateKey);
  raft::StoredSnapshot record;
  if (!bytes || !state) return;
  if (!parse(*bytes, record) || !machine_.restore(*state)) return;
  commit_ = applied_ = Index{record.last_index()};
  log_.reset(applied_, Term{record.last_term()});
  ctx.observe(transport::Compacted{{}, record.last_index(), record.last_term(), machine_.digest()});
}

std::string_view Raft::stored_state(Ctx& ctx) const {
  return ctx.storage().get(kStateKey).value_or(std::string_view{});
}

}  // namespace lockstep::consensus
