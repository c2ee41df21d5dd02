// Reads: through the log, by the leader's lease (PML §5.2), or by a quorum of acceptors (Charapko,
// Ailijiang, Demirbas, HotStorage 2019).
#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

#include "consensus/paxos/multi_paxos.h"

namespace lockstep::consensus {
namespace {

// More would mean that nobody answers; clients ask again.
constexpr std::size_t kPendingMax = 1024;

}  // namespace

void MultiPaxos::read(Ctx& ctx, const Request& request) {
  const Asker asker = asker_of(request);
  const auto level = level_of(request);
  if (!level) return answer(ctx, asker, Reply::REJECTED, "malformed read options");
  if (*level == multi_paxos::ReadOptions::QUORUM && reads_.size() < kPendingMax) {
    // A client that asks again has given up what it asked before.
    std::erase_if(reads_,
                  [&](const auto& read) { return read.second.asker.client == asker.client; });
    reads_[++last_read_] = {asker, request.command(), {}, {}};
    return query(ctx, last_read_);
  }
  if (role_ != Role::Leader) return redirect(ctx, asker, leader_);
  if (*level == multi_paxos::ReadOptions::LEASE && has_lease(ctx)) {
    return serve(ctx, asker, request.command(), *level);
  }
  reached(ctx, MultiPaxosReach::LogRead);
  execute(ctx, request);
}

/// Nothing if the request's options are malformed.
std::optional<MultiPaxos::ReadLevel> MultiPaxos::level_of(const Request& request) const {
  multi_paxos::ReadOptions options;
  const bool is_readable = options.ParseFromString(request.options()) &&
                           multi_paxos::ReadOptions::Level_IsValid(options.level());
  if (!is_readable) return std::nullopt;
  return options.level() == multi_paxos::ReadOptions::DEFAULT ? options_.read : options.level();
}

// A quorum of each configuration that may choose the next values heard from this leader when the
// round began or later, and promises nobody else a ballot until the shortest election timeout has
// passed on its clocks. So whatever was answered to a client is chosen here, and applied.
bool MultiPaxos::has_lease(Ctx& ctx) const {
  if (!options_.lease || gave_lease_up_ || !is_settled()) return false;
  if (rounds_.confirmed() == 0 || agreed_round() < rounds_.confirmed()) return false;
  const auto length = options_.election_timeout.low * (100 - options_.lease_margin) / 100;
  return ctx.now() < rounds_.confirmed_since() + length;
}

/// The latest round that a quorum of each of those configurations has answered.
std::uint64_t MultiPaxos::agreed_round() const {
  std::uint64_t agreed = std::numeric_limits<std::uint64_t>::max();
  configurations_.all_of(paxos::next(commit_), horizon(), [&](const Nodes& members) {
    std::vector<std::uint64_t> rounds;
    for (const NodeId member : members) {
      const auto heard = rounds_heard_.find(member);
      rounds.push_back(heard == rounds_heard_.end() ? 0 : heard->second);
    }
    std::sort(rounds.rbegin(), rounds.rend());
    agreed = std::min(agreed, rounds[majority_of(rounds.size()) - 1]);
    return true;
  });
  return agreed;
}

// Quorum reads: a value that was answered to a client has a quorum's votes, so some acceptor of the
// quorum that is asked now names its slot or a later one. Whoever has applied that far may answer.

void MultiPaxos::query(Ctx& ctx, std::uint64_t read) {
  PendingRead& pending = reads_.at(read);
  pending.answers.add(ctx.self());
  pending.slot = last_slot();
  for (const NodeId member : everybody()) {
    if (member == ctx.self()) continue;
    ctx.send<multi_paxos::ReadQuery>(member,
                                     [&](multi_paxos::ReadQuery& query) { query.set_read(read); });
  }
  answer_reads(ctx);
}

void MultiPaxos::on(Ctx& ctx, NodeId from, const multi_paxos::ReadQuery& query) {
  ctx.send<multi_paxos::ReadReply>(from, [&](multi_paxos::ReadReply& reply) {
    reply.set_read(query.read());
    reply.set_last_slot(number(last_slot()));
  });
}

void MultiPaxos::on(Ctx& ctx, NodeId from, const multi_paxos::ReadReply& reply) {
  const auto found = reads_.find(reply.read());
  if (found == reads_.end()) return;
  PendingRead& pending = found->second;
  pending.answers.add(from);
  pending.slot = std::max(pending.slot, Slot{reply.last_slot()});
  answer_reads(ctx);
}

// Who was asked may have been replaced meanwhile: then those who govern the next slots have to be
// among those who answered, or the client asks again.
bool MultiPaxos::is_answered(const PendingRead& read) const {
  return applied_ >= read.slot &&
         configurations_.all_of(paxos::next(applied_), horizon(), [&](const Nodes& members) {
           return paxos::is_quorum(read.answers, members);
         });
}

void MultiPaxos::answer_reads(Ctx& ctx) {
  std::erase_if(reads_, [&](const auto& waiting) {
    const PendingRead& read = waiting.second;
    if (!is_answered(read)) return false;
    serve(ctx, read.asker, read.command, multi_paxos::ReadOptions::QUORUM);
    return true;
  });
}

void MultiPaxos::serve(Ctx& ctx, const Asker& asker, std::string_view command, ReadLevel level) {
  const auto result = machine_.read(command);
  if (!result) return answer(ctx, asker, Reply::REJECTED, "the command is not read-only");
  ctx.observe(transport::Served{{},
                                number(asker.client),
                                asker.sequence,
                                number(applied_),
                                static_cast<std::uint32_t>(level)});
  const bool by_lease = level == multi_paxos::ReadOptions::LEASE;
  reached(ctx, by_lease ? MultiPaxosReach::LeaseRead : MultiPaxosReach::QuorumRead);
  answer(ctx, asker, Reply::OK, *result);
}

}  // namespace lockstep::consensus
