// Reads that pass the log by: §6.3, "Fast reads".
//
// A primary has a lease while a quorum, itself included, has promised to enter no later view. Each
// answer to a heartbeat is such a promise; it lasts from when the heartbeat was received, which is
// after the round of heartbeats began on the primary's clock.
#include <algorithm>
#include <functional>
#include <vector>

#include "consensus/viewstamped/viewstamped.h"

namespace lockstep::consensus {

void Viewstamped::read(Ctx& ctx, const Request& request) {
  const Asker asker = asker_of(request);
  const auto level = level_of(request);
  if (!level) return answer(ctx, asker, Reply::REJECTED, "malformed read options");
  const bool at_once = *level == viewstamped::ReadOptions::LEASE && has_lease(ctx);
  if (!at_once) return execute(ctx, request);
  const auto result = machine_.read(request.command());
  if (!result) return answer(ctx, asker, Reply::REJECTED, "the command is not read-only");
  ctx.observe(transport::Served{
      {}, number(asker.client), asker.sequence, commit_, static_cast<std::uint32_t>(*level)});
  reached(ctx, ViewstampedReach::LeaseRead);
  answer(ctx, asker, Reply::OK, *result);
}

/// Nothing if the request's options are malformed.
std::optional<Viewstamped::ReadLevel> Viewstamped::level_of(const Request& request) const {
  if (request.options().empty()) return options_.read;
  viewstamped::ReadOptions options;
  const bool is_readable = options.ParseFromString(request.options()) &&
                           viewstamped::ReadOptions::Level_IsValid(options.level());
  if (!is_readable) return std::nullopt;
  return options.level() == viewstamped::ReadOptions::DEFAULT ? options_.read : options.level();
}

// The primary's side.

void Viewstamped::begin_round(Ctx& ctx) {
  if (!options_.lease) return;
  rounds_.begin(ctx.now());
  answered_[ctx.self()] = rounds_.latest();
  confirm_rounds();
}

void Viewstamped::confirm_rounds() {
  std::vector<std::uint64_t> rounds;
  for (const NodeId member : members_) rounds.push_back(answered_[member]);
  std::sort(rounds.begin(), rounds.end(), std::greater<>());
  rounds_.confirm(rounds[quorum() - 1]);
}

// What earlier primaries committed is in the log with which the view began; it has to be executed.
bool Viewstamped::has_lease(Ctx& ctx) const {
  const bool leads = options_.lease && status_ == Status::Normal && is_primary(ctx);
  if (!leads || commit_ < view_start_ || rounds_.confirmed() == 0) return false;
  const auto term_of_lease = options_.view_timeout.low * (100 - options_.lease_margin) / 100;
  return ctx.now() < rounds_.confirmed_since() + term_of_lease;
}

// The backups' side.

void Viewstamped::grant_lease(Ctx& ctx) {
  if (options_.lease) heard_ = ctx.now();
}

/// Whether the candidate for a later view has to wait. Not if it is the primary itself, which gave
/// its lease up when it left the view.
bool Viewstamped::grants_lease(Ctx& ctx, NodeId candidate) const {
  const bool may_grant = options_.lease && status_ == Status::Normal && heard_ &&
                         !is_primary(ctx) && candidate != primary_of(view_);
  return may_grant && ctx.now() - *heard_ < options_.view_timeout.low;
}

}  // namespace lockstep::consensus
