// What lies on disk, and how a server comes back from it: each update has a key of its own,
// "snapshot" and "snapshot/state" are written together, "member" says since when the history
// follows the chain's. The world keeps messages back until the writes of their handler are durable,
// so a server passes on only what it will not forget.
#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "consensus/chain/chain.h"

namespace lockstep::consensus {
namespace {

constexpr std::string_view kHistoryPrefix = "history/";
constexpr std::string_view kSnapshotKey = "snapshot";
constexpr std::string_view kStateKey = "snapshot/state";
constexpr std::string_view kMemberKey = "member";

bool parse(std::string_view bytes, google::protobuf::MessageLite& record) {
  return record.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

}  // namespace

void Chain::store(Ctx& ctx, std::uint64_t index) {
  const Update& update = update_at(index);
  chain::Entry record;
  record.set_epoch(update.epoch);
  record.set_command(*update.command);
  record.set_committed(committed_);
  ctx.storage().put(transport::numbered_key(kHistoryPrefix, index), record);
}

void Chain::store_member(Ctx& ctx) {
  chain::StoredMember record;
  record.set_since(member_since_);
  ctx.storage().put(kMemberKey, record);
}

void Chain::erase_updates(Ctx& ctx, std::uint64_t first, std::uint64_t last) {
  ctx.storage().erase_range(transport::numbered_key(kHistoryPrefix, first),
                            transport::numbered_key(kHistoryPrefix, last + 1));
}

/// The machine's state after base_.
void Chain::store_snapshot(Ctx& ctx, std::string state) {
  chain::StoredSnapshot record;
  record.set_index(base_);
  record.set_epoch(base_epoch_);
  ctx.storage().put(kSnapshotKey, record);
  ctx.storage().put(kStateKey, std::move(state));
}

void Chain::load(Ctx& ctx) {
  chain::StoredMember record;
  const auto member = ctx.storage().get(kMemberKey);
  if (member && parse(*member, record)) member_since_ = record.since();
  load_snapshot(ctx);
  commit(ctx, load_history(ctx));
  for (std::uint64_t index = committed_ + 1; index <= last(); ++index) append_pending(index, {});
}

void Chain::load_snapshot(Ctx& ctx) {
  const auto bytes = ctx.storage().get(kSnapshotKey);
  const auto state = ctx.storage().get(kStateKey);
  chain::StoredSnapshot record;
  if (!bytes || !state || !parse(*bytes, record) || !machine_.restore(*state)) return;
  base_ = committed_ = record.index();
  base_epoch_ = record.epoch();
  ctx.observe(transport::Compacted{kGroup, base_, base_epoch_, machine_.digest()});
}

/// Returns up to where it knew of commits. Updates from the first gap or malformed record on are
/// dropped; only a disk that broke its word leaves such records.
std::uint64_t Chain::load_history(Ctx& ctx) {
  const auto& image = ctx.storage().image();
  std::uint64_t committed = base_;
  chain::Entry record;
  for (;;) {
    const auto stored = image.find(transport::numbered_key(kHistoryPrefix, last() + 1));
    if (stored == image.end() || !parse(stored->second, record)) break;
    history_.push_back({record.epoch(), transport::Bytes(std::string_view(record.command()))});
    committed = std::max(committed, record.committed());
    ctx.observe(transport::Appended{kGroup, last(), record.epoch(),
                                    statemachine::digest_of(update_at(last()).command)});
  }
  std::vector<std::string> unusable;
  const std::string rest = transport::numbered_key(kHistoryPrefix, last() + 1);
  for (auto at = image.lower_bound(rest); at != image.end(); ++at) {
    if (!at->first.starts_with(kHistoryPrefix)) break;
    unusable.push_back(at->first);
  }
  for (const std::string& key : unusable) ctx.storage().erase(key);
  return std::min(committed, last());
}

}  // namespace lockstep::consensus
