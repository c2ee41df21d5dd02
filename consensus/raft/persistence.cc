// What lies on disk, and how a server comes back from it: "term" holds the term and the vote, each
// entry has a key of its own, "snapshot" and "snapshot/state" are written together, "incoming" and
// the chunks under "incoming/" are a snapshot that has not arrived in full. The world keeps
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
constexpr std::string_view kIncomingKey = "incoming";
constexpr std::string_view kChunkPrefix = "incoming/";

bool parse(std::string_view bytes, google::protobuf::MessageLite& record) {
  return record.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

raft::LogEntry entry_in(const raft::Entry& record) {
  using Kind = raft::LogEntry::Kind;
  if (record.has_members()) return {Kind::Configuration, record.members().SerializeAsString()};
  return {record.no_op() ? Kind::NoOp : Kind::Command,
          transport::Bytes(std::string_view(record.command()))};
}

/// The keys from `key` on that begin with `prefix`.
std::vector<std::string> keys_from(const transport::Image& image, std::string_view key,
                                   std::string_view prefix) {
  std::vector<std::string> keys;
  for (auto at = image.lower_bound(key); at != image.end() && at->first.starts_with(prefix); ++at) {
    keys.push_back(at->first);
  }
  return keys;
}

}  // namespace

void Raft::store_term(Ctx& ctx) {
  raft::StoredTerm record;
  record.set_term(number(term_));
  record.set_voted_for(number(voted_for_.value_or(NodeId{})));
  ctx.storage().put(kTermKey, record);
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
  raft::Entry record;
  for (;;) {
    const Index index = next(log_.last());
    const auto stored = image.find(transport::numbered_key(kLogPrefix, number(index)));
    if (stored == image.end() || !parse(stored->second, record)) break;
    if (Term{record.term()} < log_.last_term()) break;
    log_.append(Term{record.term()}, entry_in(record));
    if (index > snapshot_.index) tell_appended(ctx, record);
  }
  if (log_.last() < snapshot_.index) log_.reset(snapshot_.index, snapshot_.term);
  const std::string rest = transport::numbered_key(kLogPrefix, number(next(log_.last())));
  const auto dropped = keys_from(image, rest, kLogPrefix);
  for (const std::string& key : dropped) ctx.storage().erase(key);
  if (!dropped.empty()) ctx.log("dropped {} unusable log records", dropped.size());
}

void Raft::append(Ctx& ctx, const raft::Entry& entry) {
  log_.append(Term{entry.term()}, entry_in(entry));
  ctx.storage().put(transport::numbered_key(kLogPrefix, number(log_.last())), entry);
  tell_appended(ctx, entry);
}

/// The entry is the last of the log now. A configuration is used from here on (dissertation §4.1).
void Raft::tell_appended(Ctx& ctx, const raft::Entry& entry) {
  const Index index = log_.last();
  ctx.observe(transport::Appended{
      {}, number(index), entry.term(), statemachine::digest_of(log_.at(index).content)});
  if (entry.has_members()) use_configuration(ctx, index, raft::configuration_in(entry.members()));
}

void Raft::truncate(Ctx& ctx, Index from) {
  ctx.log("removes entries {} to {}", number(from), number(log_.last()));
  ctx.observe(transport::Truncated{{}, number(from)});
  erase_entries(ctx, from, log_.last());
  log_.truncate(from);
  if (configurations_.truncate(from)) tell_configuration(ctx);
}

void Raft::erase_entries(Ctx& ctx, Index first, Index last) {
  ctx.storage().erase_range(transport::numbered_key(kLogPrefix, number(first)),
                            transport::numbered_key(kLogPrefix, number(next(last))));
}

void Raft::store_snapshot(Ctx& ctx, std::string state) {
  raft::StoredSnapshot record;
  record.set_last_index(number(snapshot_.index));
  record.set_last_term(number(snapshot_.term));
  raft::write(snapshot_.configuration, *record.mutable_members());
  record.set_base_index(number(log_.base()));
  record.set_base_term(number(log_.base_term()));
  ctx.storage().put(kSnapshotKey, record);
  ctx.storage().put(kStateKey, std::move(state));
}

// Without a usable snapshot the log that follows it has no beginning: load_log will drop it.
void Raft::load_snapshot(Ctx& ctx) {
  const auto bytes = ctx.storage().get(kSnapshotKey);
  const auto state = ctx.storage().get(kStateKey);
  raft::StoredSnapshot record;
  if (!bytes || !state) return;
  const bool is_readable = parse(*bytes, record) && record.base_index() <= record.last_index();
  if (!is_readable || !machine_.restore(*state)) return;
  snapshot_ = {Index{record.last_index()}, Term{record.last_term()},
               raft::configuration_in(record.members())};
  commit_ = applied_ = snapshot_.index;
  log_.reset(Index{record.base_index()}, Term{record.base_term()});
  configurations_.reset(snapshot_.index, snapshot_.configuration);
  ctx.observe(transport::Compacted{{}, record.last_index(), record.last_term(), machine_.digest()});
}

std::string_view Raft::stored_state(Ctx& ctx) const {
  return ctx.storage().get(kStateKey).value_or(std::string_view{});
}

/// Requires: it is the next one of incoming_.
void Raft::store_chunk(Ctx& ctx, std::string_view data) {
  const std::size_t offset = incoming_.state.size();
  if (offset == 0) {
    raft::StoredIncoming record;
    record.set_last_index(number(incoming_.snapshot.index));
    record.set_last_term(number(incoming_.snapshot.term));
    raft::write(incoming_.snapshot.configuration, *record.mutable_members());
    record.set_size(incoming_.size);
    record.set_digest(incoming_.digest);
    ctx.storage().put(kIncomingKey, record);
  }
  ctx.storage().put(transport::numbered_key(kChunkPrefix, offset), std::string(data));
}

void Raft::erase_chunks(Ctx& ctx) {
  ctx.storage().erase(kIncomingKey);
  const auto chunks = keys_from(ctx.storage().image(), kChunkPrefix, kChunkPrefix);
  for (const std::string& key : chunks) ctx.storage().erase(key);
}

void Raft::load_chunks(Ctx& ctx) {
  const auto bytes = ctx.storage().get(kIncomingKey);
  raft::StoredIncoming record;
  if (!bytes || !parse(*bytes, record)) return;
  incoming_ = {{Index{record.last_index()}, Term{record.last_term()},
                raft::configuration_in(record.members())},
               record.size(),
               record.digest(),
               {},
               {}};
  for (;;) {
    const auto key = transport::numbered_key(kChunkPrefix, incoming_.state.size());
    const auto chunk = ctx.storage().get(key);
    if (!chunk || chunk->empty()) break;
    incoming_.state += *chunk;
  }
}

}  // namespace lockstep::consensus
