// What lies on disk, and how a node comes back from it: "promised" holds the ballot, each vote has
// a key of its own, "snapshot" and "snapshot/state" are written together. The world keeps messages
// back until the writes of their handler are durable, so nothing here needs to wait.
#include <string>
#include <string_view>
#include <utility>

#include "consensus/paxos/multi_paxos.h"

namespace lockstep::consensus {
namespace {

constexpr std::string_view kPromisedKey = "promised";
constexpr std::string_view kVotePrefix = "accepted/";
constexpr std::string_view kSnapshotKey = "snapshot";
constexpr std::string_view kStateKey = "snapshot/state";

bool parse(std::string_view bytes, google::protobuf::MessageLite& record) {
  return record.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

}  // namespace

void MultiPaxos::store_promise(Ctx& ctx) {
  multi_paxos::StoredPromise record;
  record.set_ballot(number(promised_));
  ctx.storage().put(kPromisedKey, record);
}

void MultiPaxos::store_vote(Ctx& ctx, Slot slot) {
  const Vote& vote = votes_.at(slot);
  multi_paxos::Vote record;
  record.set_slot(number(slot));
  record.set_ballot(number(vote.ballot));
  *record.mutable_value() = vote.value;
  record.set_chosen(vote.chosen);
  ctx.storage().put(transport::numbered_key(kVotePrefix, number(slot)), record);
}

void MultiPaxos::store_snapshot(Ctx& ctx, std::string state) {
  multi_paxos::StoredSnapshot record;
  write(record);
  ctx.storage().put(kSnapshotKey, record);
  ctx.storage().put(kStateKey, std::move(state));
}

void MultiPaxos::forget_votes(Ctx& ctx, Slot last) {
  votes_.erase(votes_.begin(), votes_.upper_bound(last));
  ctx.storage().erase_range(transport::numbered_key(kVotePrefix, 0),
                            transport::numbered_key(kVotePrefix, number(last) + 1));
}

// Malformed records, which only a disk that broke its word leaves, count as none.
void MultiPaxos::load(Ctx& ctx) {
  const auto promised = ctx.storage().get(kPromisedKey);
  multi_paxos::StoredPromise promise;
  if (promised && parse(*promised, promise)) promised_ = Ballot{promise.ballot()};

  const auto bytes = ctx.storage().get(kSnapshotKey);
  const auto state = ctx.storage().get(kStateKey);
  multi_paxos::StoredSnapshot snapshot;
  if (bytes && state && parse(*bytes, snapshot) && take(snapshot, *state)) {
    ctx.observe(transport::Compacted{{}, number(snapshot_), 0, machine_.digest()});
  }

  const auto& image = ctx.storage().image();
  for (auto at = image.lower_bound(kVotePrefix); at != image.end(); ++at) {
    if (!at->first.starts_with(kVotePrefix)) break;
    multi_paxos::Vote record;
    if (!parse(at->second, record) || Slot{record.slot()} <= snapshot_) continue;
    votes_[Slot{record.slot()}] = {Ballot{record.ballot()}, record.value(), record.chosen()};
    promised_ = std::max(promised_, Ballot{record.ballot()});
  }
  // What was known to be chosen still is.
  learn(ctx, Slot{~std::uint64_t{0}}, {});
}

}  // namespace lockstep::consensus
