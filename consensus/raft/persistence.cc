// What lies on disk, and how a server comes back from it: "term" holds the term and the vote, each
// entry has a key of its own, "snapshot" and "snapshot/state" are written together, "incoming" and
// the chunks under "incoming/" are a snapshot that has not arrived in full. The world keeps
// messages back until the writes of their handler are durable, so nothing here needs to wait.
//
// With sealed records a torn write, of which some records are there and the last one is cut, counts
// as far as its records are whole. So the latest term and the latest snapshot have two places each,
// used in turn; a state has a key of its own; and what replaces something is written before that
// goes.
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "consensus/raft/raft.h"
#include "consensus/raft/seal.h"

namespace lockstep::consensus {
namespace {

constexpr std::string_view kTermKey = "term";
constexpr std::string_view kLogPrefix = "log/";
constexpr std::string_view kSnapshotKey = "snapshot";
constexpr std::string_view kStateKey = "snapshot/state";
constexpr std::string_view kStatePrefix = "snapshot/state/";
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

void Raft::put(Ctx& ctx, std::string_view key, std::string bytes, Term follows) const {
  ctx.storage().put(key, options_.sealed_records ? raft::sealed(std::move(bytes), number(follows))
                                                 : std::move(bytes));
}

std::optional<std::string_view> Raft::get(Ctx& ctx, std::string_view key) const {
  const auto record = ctx.storage().get(key);
  return record ? opened(*record) : std::nullopt;
}

std::optional<std::string_view> Raft::opened(std::string_view record, Term follows) const {
  if (!options_.sealed_records) return record;
  return raft::unsealed(record, number(follows));
}

std::string Raft::slot_key(std::string_view key, std::uint32_t slot) const {
  if (!options_.sealed_records) return std::string(key);
  return std::string(key) + (slot == 0 ? "/0" : "/1");
}

/// Where the next record of this kind goes: not over the latest one.
std::string Raft::other_slot(std::string_view key, std::uint32_t& slot) const {
  slot = 1 - slot;
  return slot_key(key, slot);
}

std::string Raft::state_key(Index index) const {
  if (!options_.sealed_records) return std::string(kStateKey);
  return transport::numbered_key(kStatePrefix, number(index));
}

void Raft::store_term(Ctx& ctx) {
  raft::StoredTerm record;
  record.set_term(number(term_));
  record.set_voted_for(number(voted_for_.value_or(NodeId{})));
  put(ctx, other_slot(kTermKey, term_slot_), record.SerializeAsString());
}

// Of two records the one of the later term counts, and of one term the one with a vote.
void Raft::load_term(Ctx& ctx) {
  for (std::uint32_t slot = 0; slot < slots(); ++slot) {
    const auto bytes = get(ctx, slot_key(kTermKey, slot));
    raft::StoredTerm record;
    if (!bytes || !parse(*bytes, record) || Term{record.term()} < term_) continue;
    if (Term{record.term()} == term_ && record.voted_for() == 0) continue;
    term_ = Term{record.term()};
    voted_for_.reset();
    if (record.voted_for() != 0) voted_for_ = NodeId{record.voted_for()};
    term_slot_ = slot;
  }
}

// Entries from the first gap or malformed record on are dropped: they cannot be trusted, and what
// lies behind them has no place. Only a disk that broke its word leaves such records.
void Raft::load_log(Ctx& ctx) {
  const auto& image = ctx.storage().image();
  raft::Entry record;
  for (;;) {
    const Index index = next(log_.last());
    const auto stored = image.find(transport::numbered_key(kLogPrefix, number(index)));
    if (stored == image.end()) break;
    const auto bytes = opened(stored->second, log_.last_term());
    if (!bytes || !parse(*bytes, record)) break;
    if (Term{record.term()} < log_.last_term()) break;
    log_.append(Term{record.term()}, entry_in(record));
    if (index > snapshot_.index) tell_appended(ctx, record);
  }
  if (log_.last() < snapshot_.index) log_.reset(snapshot_.index, snapshot_.term);
  const std::string rest = transport::numbered_key(kLogPrefix, number(next(log_.last())));
  const auto dropped = keys_from(image, rest, kLogPrefix);
  for (const std::string& key : dropped) ctx.storage().erase(key);
  if (!dropped.empty()) ctx.log("dropped {} unusable log records", dropped.size());
  if (options_.sealed_records) erase_leftovers(ctx);
}

/// What a snapshot replaced, and was still there when a write was torn.
void Raft::erase_leftovers(Ctx& ctx) {
  erase_entries(ctx, Index{}, log_.base());
  for (const std::string& key : keys_from(ctx.storage().image(), kStatePrefix, kStatePrefix)) {
    if (key != state_key(snapshot_.index)) ctx.storage().erase(key);
  }
}

void Raft::append(Ctx& ctx, const raft::Entry& entry) {
  const Term follows = log_.last_term();
  log_.append(Term{entry.term()}, entry_in(entry));
  const auto key = transport::numbered_key(kLogPrefix, number(log_.last()));
  options_.sealed_records ? put(ctx, key, entry.SerializeAsString(), follows)
                          : ctx.storage().put(key, entry);
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

/// Stores the snapshot in place of the entries from `first` to `last`.
void Raft::store_snapshot(Ctx& ctx, std::string state, Index first, Index last) {
  raft::StoredSnapshot record;
  record.set_last_index(number(snapshot_.index));
  record.set_last_term(number(snapshot_.term));
  raft::write(snapshot_.configuration, *record.mutable_members());
  record.set_base_index(number(log_.base()));
  record.set_base_term(number(log_.base_term()));
  if (options_.sealed_records) {
    put(ctx, state_key(snapshot_.index), std::move(state));
    put(ctx, other_slot(kSnapshotKey, snapshot_slot_), record.SerializeAsString());
    erase_entries(ctx, first, last);
    return erase_leftovers(ctx);
  }
  erase_entries(ctx, first, last);
  ctx.storage().put(kSnapshotKey, record);
  ctx.storage().put(kStateKey, std::move(state));
}

// Without a usable snapshot the log that follows it has no beginning: load_log will drop it.
void Raft::load_snapshot(Ctx& ctx) {
  raft::StoredSnapshot record;
  std::optional<std::string_view> state;
  for (std::uint32_t slot = 0; slot < slots(); ++slot) {
    const auto bytes = get(ctx, slot_key(kSnapshotKey, slot));
    raft::StoredSnapshot found;
    if (!bytes || !parse(*bytes, found) || found.base_index() > found.last_index()) continue;
    const auto its_state = get(ctx, state_key(Index{found.last_index()}));
    if (!its_state || found.last_index() < record.last_index()) continue;
    record = std::move(found);
    state = its_state;
    snapshot_slot_ = slot;
  }
  if (!state || !machine_.restore(*state)) return;
  snapshot_ = {Index{record.last_index()}, Term{record.last_term()},
               raft::configuration_in(record.members())};
  commit_ = applied_ = snapshot_.index;
  log_.reset(Index{record.base_index()}, Term{record.base_term()});
  configurations_.reset(snapshot_.index, snapshot_.configuration);
  ctx.observe(transport::Compacted{{}, record.last_index(), record.last_term(), machine_.digest()});
}

std::string_view Raft::stored_state(Ctx& ctx) const {
  return get(ctx, state_key(snapshot_.index)).value_or(std::string_view{});
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
    put(ctx, kIncomingKey, record.SerializeAsString());
  }
  put(ctx, transport::numbered_key(kChunkPrefix, offset), std::string(data));
}

void Raft::erase_chunks(Ctx& ctx) {
  ctx.storage().erase(kIncomingKey);
  const auto chunks = keys_from(ctx.storage().image(), kChunkPrefix, kChunkPrefix);
  for (const std::string& key : chunks) ctx.storage().erase(key);
}

void Raft::load_chunks(Ctx& ctx) {
  const auto bytes = get(ctx, kIncomingKey);
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
    const auto chunk = get(ctx, key);
    if (!chunk || chunk->empty()) break;
    incoming_.state += *chunk;
  }
}

}  // namespace lockstep::consensus
