// What lies on disk, if there is one, and how a replica comes back with it (Oki and Liskov 1988).
#include <string>
#include <utility>
#include <vector>

#include "consensus/viewstamped/viewstamped.h"

namespace lockstep::consensus {
namespace {

constexpr std::string_view kViewsKey = "views";
constexpr std::string_view kLogPrefix = "log/";
constexpr std::string_view kCheckpointKey = "checkpoint";
constexpr std::string_view kStateKey = "checkpoint/state";

bool parse(std::string_view bytes, google::protobuf::MessageLite& record) {
  return record.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

std::string log_key(std::uint64_t op) { return transport::numbered_key(kLogPrefix, op); }

}  // namespace

void Viewstamped::store_views(Ctx& ctx) {
  if (!options_.disk) return;
  viewstamped::StoredViews record;
  stamp(view_, record);
  record.set_last_normal(last_normal_.number);
  viewstamped::write(members_, *record.mutable_members());
  record.set_epoch_start(epoch_start_);
  ctx.storage().put(kViewsKey, record);
}

void Viewstamped::append(Ctx& ctx, const viewstamped::Entry& entry) {
  log_.append(viewstamped::entry_in(entry));
  ctx.observe(transport::Appended{{},
                                  log_.last(),
                                  term_of(view_of(entry)),
                                  statemachine::digest_of(log_.at(log_.last()).content)});
  if (options_.disk) ctx.storage().put(log_key(log_.last()), entry);
}

void Viewstamped::truncate(Ctx& ctx, std::uint64_t op) {
  ctx.log("removes operations {} to {}", op, log_.last());
  ctx.observe(transport::Truncated{{}, op});
  if (options_.disk) ctx.storage().erase_range(log_key(op), log_key(log_.last() + 1));
  log_.truncate(op);
}

void Viewstamped::compact(Ctx& ctx, std::uint64_t op) {
  if (options_.disk) ctx.storage().erase_range(log_key(log_.base() + 1), log_key(op + 1));
  log_.compact(op);
}

void Viewstamped::store_checkpoint(Ctx& ctx) {
  if (!options_.disk) return;
  viewstamped::StoredCheckpoint record;
  stamp(checkpoint_.view, record);
  record.set_op(checkpoint_.op);
  record.set_base(log_.base());
  ctx.storage().put(kCheckpointKey, record);
  ctx.storage().put(kStateKey, checkpoint_.state);
}

// A log that a disk did not keep as it said ends before its first gap; such a replica may break the
// promise of the group.
void Viewstamped::load(Ctx& ctx) {
  viewstamped::StoredViews views;
  const auto bytes = ctx.storage().get(kViewsKey);
  if (bytes && parse(*bytes, views)) {
    view_ = view_of(views);
    last_normal_ = {views.epoch(), views.last_normal()};
    epoch_start_ = views.epoch_start();
    if (views.members().node_size() > 0) members_ = viewstamped::nodes_in(views.members());
  }
  load_checkpoint(ctx);
  const auto& image = ctx.storage().image();
  viewstamped::Entry entry;
  for (;;) {
    const auto stored = image.find(log_key(log_.last() + 1));
    if (stored == image.end() || !parse(stored->second, entry)) break;
    log_.append(viewstamped::entry_in(entry));
  }
  if (log_.last() < checkpoint_.op) log_.compact(checkpoint_.op);
}

void Viewstamped::load_checkpoint(Ctx& ctx) {
  const auto bytes = ctx.storage().get(kCheckpointKey);
  const auto state = ctx.storage().get(kStateKey);
  viewstamped::StoredCheckpoint record;
  if (!bytes || !state || !parse(*bytes, record) || !machine_.restore(*state)) return;
  checkpoint_ = {view_of(record), record.op(), transport::Bytes(*state)};
  commit_ = record.op();
  log_.compact(record.base());
  ctx.observe(transport::Compacted{{}, record.op(), term_of(view_of(record)), machine_.digest()});
}

}  // namespace lockstep::consensus
