// Committing and applying: §5.3, §5.4.2 for what counts as committed, §8 for the answers.
#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "consensus/raft/raft.h"
#include "statemachine/sessions.h"

namespace lockstep::consensus {

// §5.4.2: an entry of an earlier term may be stored on a majority and still be overwritten
// (Figure 8), so only entries of the leader's own term are committed by counting.
void Raft::advance_commit(Ctx& ctx) {
  const Index agreed = raft::quorum_value(progress_, &Progress::match);
  if (agreed > commit_ && log_.terms().at(agreed) == term_) commit(ctx, agreed);
}

void Raft::commit(Ctx& ctx, Index index) {
  if (index <= commit_) return;
  const Index before = std::exchange(commit_, index);
  ctx.observe(transport::Committed{{}, number(index), number(*log_.terms().at(index))});
  apply_committed(ctx);
  answer_reads(ctx);
  compact_if_due(ctx);
  if (role_ == Role::Leader) follow_up_committed(ctx, before);
}

void Raft::apply_committed(Ctx& ctx) {
  while (applied_ < commit_) {
    applied_ = next(applied_);
    const raft::LogEntry& entry = log_.at(applied_);
    if (entry.kind != raft::LogEntry::Kind::Command) continue;
    applied_bytes_ += entry.content.size();
    const std::string result = ctx.apply(machine_, number(applied_), entry.content);
    // An entry of the term that this node leads is one that it appended for a client.
    const bool own = role_ == Role::Leader && applied_ >= term_start_;
    if (own) answer_applied(ctx, entry.content, result);
  }
}

void Raft::answer_applied(Ctx& ctx, std::string_view command, std::string_view result) {
  const auto [status, inner] = statemachine::session_result(result);
  // A client that said it has the answer is not waiting for it.
  if (status == statemachine::SessionStatus::Forgotten) return;
  const auto asked = statemachine::parse_session_command(command);
  if (asked) answer(ctx, {ClientId{asked->client}, asked->sequence}, Reply::OK, inner);
}

}  // namespace lockstep::consensus
