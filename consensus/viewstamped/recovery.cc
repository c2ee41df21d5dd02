// Recovery of a replica that has lost its state: §4.3, with crash vectors (DISC 2017).
#include <algorithm>
#include <utility>

#include "consensus/viewstamped/viewstamped.h"

namespace lockstep::consensus {

// Step 1. Until it has recovered it takes part in nothing: it may have promised what it no longer
// knows.
void Viewstamped::recover(Ctx& ctx) {
  status_ = Status::Recovering;
  ctx.log("has lost its state, and asks for it");
  send_recovery(ctx);
}

void Viewstamped::send_recovery(Ctx& ctx) {
  viewstamped::Recovery question;
  question.set_nonce(incarnation_);
  ctx.broadcast(members_, std::move(question));
  ctx.set_timer(Timer::Retry, options_.heartbeat);
}

// Step 2. The incarnation never repeats, so it is a nonce; and since it grows, it also tells which
// messages of the sender's are from before it forgot them.
void Viewstamped::on(Ctx& ctx, NodeId from, const viewstamped::Recovery& question) {
  if (status_ == Status::Recovering) return;
  std::uint64_t& known = incarnations_[from];
  known = std::max(known, question.nonce());
  if (status_ != Status::Normal) return;
  viewstamped::RecoveryResponse response;
  stamp(view_, response);
  response.set_nonce(question.nonce());
  if (is_primary(ctx)) write_log(log_.base(), *response.mutable_log());
  viewstamped::write(members_, *response.mutable_members());
  write_incarnations(*response.mutable_incarnations());
  ctx.send(from, std::move(response));
}

void Viewstamped::on(Ctx& ctx, NodeId from, const viewstamped::RecoveryResponse& response) {
  if (status_ != Status::Recovering || response.nonce() != incarnation_) return;
  learn_incarnations(response.incarnations());
  const auto known = responses_.find(from);
  if (known != responses_.end() && view_of(known->second) > view_of(response)) return;
  responses_[from] = response;
  recover_if_possible(ctx);
}

// Step 3: f + 1 answers, and among them that of the primary of the latest view. All quorums that
// this replica was ever part of share a member with those who answered.
void Viewstamped::recover_if_possible(Ctx& ctx) {
  const std::size_t needed = members_.size() - quorum() + 1;
  if (status_ != Status::Recovering || responses_.size() < needed) return;
  View latest = recovers_from_;
  for (const auto& [node, response] : responses_) latest = std::max(latest, view_of(response));
  const auto primary = responses_.find(primary_of(latest));
  const bool has_log = primary != responses_.end() && view_of(primary->second) == latest &&
                       primary->second.has_log();
  if (!has_log) return;
  const viewstamped::RecoveryResponse answer = primary->second;
  if (!adopt(ctx, primary->first, answer.log())) return;
  view_ = latest;
  ctx.log("has recovered in view {} with {} operations", view_.number, log_.last());
  reached(ctx, ViewstampedReach::Recovery);
  follow(ctx);
  acknowledge(ctx, primary_of(view_), 0);
  commit(ctx, answer.log().commit());
}

/// Whether it matters how often others have started: only if a start means that they forgot.
bool Viewstamped::counts_lives() const { return !options_.disk && options_.crash_vector; }

void Viewstamped::write_incarnations(Incarnations& list) const {
  if (!counts_lives()) return;
  for (const auto& [node, number] : incarnations_) {
    auto& entry = *list.Add();
    entry.set_node(transport::number(node));
    entry.set_number(number);
  }
}

void Viewstamped::learn_incarnations(const Incarnations& list) {
  for (const auto& entry : list) {
    std::uint64_t& known = incarnations_[NodeId{entry.node()}];
    known = std::max(known, entry.number());
  }
}

/// Whether the sender of this list has forgotten that it sent it.
bool Viewstamped::is_outdated(NodeId sender, const Incarnations& list) const {
  if (!counts_lives()) return false;
  const auto own = std::find_if(list.begin(), list.end(),
                                [&](const auto& entry) { return NodeId{entry.node()} == sender; });
  const auto known = incarnations_.find(sender);
  return own != list.end() && known != incarnations_.end() && own->number() < known->second;
}

}  // namespace lockstep::consensus
