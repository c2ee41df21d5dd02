// What a server holds: the history, of which a beginning is committed and applied, and the rest
// pending. In the paper's words, Hist is the committed part and Sent what a server passed on
// without an acknowledgement (OSDI'04 §3.1); CRAQ calls versions clean and dirty.
#include <string>
#include <string_view>
#include <utility>

#include "consensus/chain/chain.h"
#include "statemachine/sessions.h"

namespace lockstep::consensus {

/// Of the update at `index`, which is at least base_.
std::uint64_t Chain::epoch_at(std::uint64_t index) const {
  return index == base_ ? base_epoch_ : update_at(index).epoch;
}

void Chain::append(Ctx& ctx, std::uint64_t epoch, std::string_view command) {
  history_.push_back({epoch, transport::Bytes(command)});
  store(ctx, last());
  append_pending(last(), options_.apportioned ? ctx.now() : Time{});
  ctx.observe(transport::Appended{kGroup, last(), epoch,
                                  statemachine::digest_of(update_at(last()).command)});
}

/// Its object has one more dirty version.
void Chain::append_pending(std::uint64_t index, Time since) {
  if (!options_.apportioned) return;
  if (const auto object = object_of(update_at(index).command)) dirty_[*object].push_back(since);
}

std::optional<std::string> Chain::object_of(std::string_view session_command) const {
  const auto command = statemachine::parse_session_command(session_command);
  if (!command) return std::nullopt;
  return options_.object(command->command).value_or(std::string());
}

// The state machine runs over committed updates only, in one order everywhere. Clients hear from
// the tail (OSDI'04 §3).
void Chain::commit(Ctx& ctx, std::uint64_t index) {
  if (index <= committed_) return;
  ctx.observe(transport::Committed{kGroup, index, epoch_at(index)});
  const bool answers = is_tail(ctx.self());
  while (committed_ < index) {
    const transport::Bytes command = update_at(++committed_).command;
    const std::string result = ctx.apply(machine_, committed_, command, kGroup);
    if (answers) answer_committed(ctx, command, result);
    if (!options_.apportioned) continue;
    const auto object = object_of(command);
    const auto found = object ? dirty_.find(*object) : dirty_.end();
    if (found == dirty_.end()) continue;
    found->second.pop_front();
    if (found->second.empty()) dirty_.erase(found);
  }
  compact_if_due(ctx);
}

void Chain::answer_committed(Ctx& ctx, std::string_view command, std::string_view result) {
  const auto [status, inner] = statemachine::session_result(result);
  // A client that said it has the answer is not waiting for it.
  if (status == statemachine::SessionStatus::Forgotten) return;
  const auto asked = statemachine::parse_session_command(command);
  if (asked) answer(ctx, {ClientId{asked->client}, asked->sequence}, Reply::OK, inner);
}

// A server that was not in the chain for a while: its pending updates may be in nobody's history,
// and others in their places.
void Chain::drop_pending(Ctx& ctx) {
  dirty_.clear();
  if (last() == committed_) return;
  ctx.log("drops the pending updates {} to {}", committed_ + 1, last());
  ctx.observe(transport::Truncated{kGroup, committed_ + 1});
  erase_updates(ctx, committed_ + 1, last());
  history_.resize(committed_ - base_);
}

void Chain::compact_if_due(Ctx& ctx) {
  if (options_.snapshot_every == 0 || committed_ - base_ < options_.snapshot_every) return;
  const std::uint64_t first = base_ + 1;
  base_epoch_ = epoch_at(committed_);
  history_.erase(history_.begin(),
                 history_.begin() + static_cast<std::ptrdiff_t>(committed_ - base_));
  base_ = committed_;
  erase_updates(ctx, first, base_);
  store_snapshot(ctx, machine_.snapshot());
  ctx.observe(transport::Compacted{kGroup, base_, base_epoch_, machine_.digest()});
}

}  // namespace lockstep::consensus
