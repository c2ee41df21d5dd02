// Snapshots (PML §5.5): the state after a slot, with the client sessions and with who governs the
// slots behind it, instead of the votes up to there. A node that needs older slots gets all of it.
#include <string>
#include <utility>

#include "consensus/paxos/multi_paxos.h"

namespace lockstep::consensus {

void MultiPaxos::compact_if_due(Ctx& ctx) {
  const bool is_due = options_.snapshot_every != 0 &&
                      number(applied_) - number(snapshot_) >= options_.snapshot_every;
  if (is_due) compact(ctx);
}

void MultiPaxos::compact(Ctx& ctx) {
  if (applied_ == snapshot_) return;
  snapshot_ = applied_;
  ctx.log("compacts its log up to slot {}", number(applied_));
  ctx.observe(transport::Compacted{{}, number(applied_), 0, machine_.digest()});
  forget_votes(ctx, applied_);
  store_snapshot(ctx, machine_.snapshot());
}

void MultiPaxos::write(multi_paxos::StoredSnapshot& record) const {
  record.set_slot(number(snapshot_));
  for (const auto& [first, members] : configurations_.by_first()) {
    record.add_first_slots(number(first));
    multi_paxos::Members& listed = *record.add_configurations();
    for (const NodeId member : members) listed.add_node(number(member));
  }
}

/// Takes the state over; false, and nothing changed, if it is none.
bool MultiPaxos::take(const multi_paxos::StoredSnapshot& record, std::string_view state) {
  const bool is_readable =
      record.configurations_size() > 0 && record.configurations_size() == record.first_slots_size();
  if (!is_readable || !machine_.restore(state)) return false;
  for (int place = 0; place < record.configurations_size(); ++place) {
    Nodes members;
    for (const auto id : record.configurations(place).node()) {
      members = with(std::move(members), NodeId{id});
    }
    const Slot first{record.first_slots(place)};
    place == 0 ? configurations_.reset(first, std::move(members))
               : configurations_.add(first, std::move(members));
  }
  snapshot_ = commit_ = applied_ = Slot{record.slot()};
  return true;
}

void MultiPaxos::send_snapshot(Ctx& ctx, NodeId to) {
  const auto state = ctx.storage().get("snapshot/state");
  const auto bytes = ctx.storage().get("snapshot");
  if (!state || !bytes) return;
  ctx.log("sends its snapshot up to slot {} to {}", number(snapshot_), to_string(to));
  ctx.send<multi_paxos::Snapshot>(to, [&](multi_paxos::Snapshot& message) {
    message.mutable_snapshot()->ParseFromArray(bytes->data(), static_cast<int>(bytes->size()));
    message.set_state(std::string(*state));
    message.set_commit(number(commit_));
  });
}

// A late snapshot must not take back what was chosen since. A leader whose own proposals are under
// way does not need it.
void MultiPaxos::on(Ctx& ctx, NodeId from, const multi_paxos::Snapshot& message) {
  const bool is_busy = role_ == Role::Leader && !proposals_.empty();
  if (Slot{message.snapshot().slot()} <= commit_ || is_busy) return;
  if (!take(message.snapshot(), message.state())) return;
  ctx.log("installs a snapshot up to slot {}", number(snapshot_));
  ctx.observe(transport::Installed{{}, number(snapshot_), 0, machine_.digest()});
  forget_votes(ctx, snapshot_);
  store_snapshot(ctx, message.state());
  answer_reads(ctx);
  configure(ctx);
  if (commit_ < Slot{message.commit()}) catch_up(ctx, from);
  go_on(ctx);
}

}  // namespace lockstep::consensus
