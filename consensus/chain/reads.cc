// Who answers queries. In chain replication the tail does (OSDI'04 §3): what it has applied is
// committed. In CRAQ every server does, since it knows which objects have pending updates (§2.3).
//
// Either way a server answers only within its lease and when it has settled in its epoch: then all
// updates that are committed have passed through it.
#include <chrono>
#include <utility>

#include "consensus/chain/chain.h"

namespace lockstep::consensus {
namespace {

// More would mean that the tail does not answer; clients ask again.
constexpr std::size_t kReadsMax = 1024;

using chain::ReadOptions;

}  // namespace

void Chain::read(Ctx& ctx, const Request& request) {
  const Asker asker = asker_of(request);
  ReadOptions options;
  const bool is_readable =
      options.ParseFromString(request.options()) && ReadOptions::Level_IsValid(options.level());
  if (!is_readable) return answer(ctx, asker, Reply::REJECTED, "malformed read options");
  if (options.level() == ReadOptions::DEFAULT) {
    options.set_level(options_.apportioned ? ReadOptions::ANY : ReadOptions::TAIL);
  }
  if (options.level() == ReadOptions::TAIL) {
    if (!has_chain()) return answer(ctx, asker, Reply::UNAVAILABLE);
    if (!is_tail(ctx.self())) return redirect(ctx, asker, configuration_.tail());
  } else if (!options_.apportioned) {
    return answer(ctx, asker, Reply::REJECTED, "only CRAQ reads at other servers than the tail");
  }
  if (options.level() == ReadOptions::ANY_EVENTUAL) {
    return serve(ctx, asker, request.command(), options.level(), committed_,
                 ChainReach::EventualRead);
  }
  may_serve(ctx) ? read_here(ctx, request, options) : answer(ctx, asker, Reply::UNAVAILABLE);
}

/// Requires: may_serve(ctx).
void Chain::read_here(Ctx& ctx, const Request& request, const ReadOptions& options) {
  const Asker asker = asker_of(request);
  const std::string& command = request.command();
  if (is_tail(ctx.self())) {
    return serve(ctx, asker, command, options.level(), committed_, ChainReach::TailRead);
  }
  const auto dirty = dirty_.find(options_.object(command).value_or(std::string()));
  if (dirty == dirty_.end()) {
    return serve(ctx, asker, command, options.level(), last(), ChainReach::CleanRead);
  }
  // CRAQ §2.4: the version was the latest until the pending update came here, as each does before
  // it is committed. So what is answered is no staler than the time since.
  const Duration bound = std::chrono::microseconds(options.bound_us());
  const bool is_fresh = ctx.now() - dirty->second.front() <= bound;
  if (options.level() == ReadOptions::ANY_BOUNDED && is_fresh) {
    return serve(ctx, asker, command, options.level(), committed_, ChainReach::BoundedRead);
  }
  ask_for_version(ctx, request, options.level());
}

// A tail answers from what it has committed, which after a change of the chain may be less than
// what the last tail had.
bool Chain::may_serve(Ctx& ctx) const {
  if (!is_settled_ || !has_lease(ctx)) return false;
  return !is_tail(ctx.self()) || committed_ >= *settles_at_;
}

// CRAQ §2.3: a dirty object. The tail's answer says up to where updates are committed, and so which
// version of this object is the last committed one.
void Chain::ask_for_version(Ctx& ctx, const Request& request, ReadLevel level) {
  const Asker asker = asker_of(request);
  // A client that asks again has given up what it asked before.
  std::erase_if(reads_, [&](const auto& read) { return read.second.asker.client == asker.client; });
  if (reads_.size() >= kReadsMax) return answer(ctx, asker, Reply::UNAVAILABLE);
  reads_[++last_read_] = {asker, request.command(), level};
  ctx.send<chain::VersionQuery>(configuration_.tail(), [&](chain::VersionQuery& query) {
    query.set_epoch(configuration_.epoch);
    query.set_read(last_read_);
  });
}

void Chain::on(Ctx& ctx, NodeId from, const chain::VersionQuery& query) {
  const bool is_current = query.epoch() == configuration_.epoch;
  if (!is_current || !is_tail(ctx.self()) || !may_serve(ctx)) return;
  ctx.observe(transport::Served{kGroup, number(transport::client_of(from)), query.read(),
                                committed_, static_cast<std::uint32_t>(ReadOptions::TAIL)});
  ctx.send<chain::VersionReply>(from, [&](chain::VersionReply& reply) {
    reply.set_epoch(query.epoch());
    reply.set_read(query.read());
    reply.set_committed(committed_);
  });
}

void Chain::on(Ctx& ctx, NodeId from, const chain::VersionReply& reply) {
  const auto found = reads_.find(reply.read());
  const bool is_current = has_chain() && reply.epoch() == configuration_.epoch;
  if (!is_current || from != configuration_.tail() || found == reads_.end()) return;
  const PendingRead read = std::move(found->second);
  reads_.erase(found);
  // The updates before it passed through here. One that did not would be missing in the answer.
  if (reply.committed() > last()) return answer(ctx, read.asker, Reply::UNAVAILABLE);
  commit(ctx, reply.committed());
  serve(ctx, read.asker, read.command, read.level, committed_, ChainReach::DirtyRead);
}

/// Answers from what is applied. For this object it is the state after `index`.
void Chain::serve(Ctx& ctx, const Asker& asker, std::string_view command, ReadLevel level,
                  std::uint64_t index, ChainReach kind) {
  const auto result = machine_.read(command);
  if (!result) {
    return answer(ctx, asker, Reply::REJECTED, "the request is marked read-only but may change");
  }
  ctx.observe(transport::Served{kGroup, number(asker.client), asker.sequence, index,
                                static_cast<std::uint32_t>(level)});
  reached(ctx, kind);
  answer(ctx, asker, Reply::OK, *result);
}

void Chain::drop_reads(Ctx& ctx) {
  for (const auto& [read, pending] : reads_) answer(ctx, pending.asker, Reply::UNAVAILABLE);
  reads_.clear();
}

}  // namespace lockstep::consensus
