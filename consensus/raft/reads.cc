// Reads that pass the log by: dissertation §6.4 (read index), §6.4.1 (lease).
//
// A read index is safe when it counts every entry that was committed before the read began. The
// leader knows such an index if it has committed an entry of its own term, and if it still leads,
// which a round of confirmation shows. Whoever has applied that far may then answer.
#include <utility>

#include "consensus/raft/raft.h"

namespace lockstep::consensus {
namespace {

// More would mean that the leader does not answer; clients ask again.
constexpr std::size_t kForwardedMax = 1024;

}  // namespace

void Raft::read(Ctx& ctx, const Request& request) {
  const Asker asker = asker_of(request);
  const auto level = level_of(request);
  if (!level) return answer(ctx, asker, Reply::REJECTED, "malformed read options");
  if (*level == raft::ReadOptions::LOCAL) return serve(ctx, asker, request.command(), *level);
  if (*level == raft::ReadOptions::LOG) {
    if (role_ == Role::Leader) reached(ctx, RaftReach::LogRead);
    return execute(ctx, request);
  }
  if (role_ == Role::Leader) return read_as_leader(ctx, asker, request.command(), *level);
  // A client that asks again has given up what it asked before.
  std::erase_if(forwarded_,
                [&](const auto& read) { return read.second.asker.client == asker.client; });
  const bool can_forward = leader_ && forwarded_.size() < kForwardedMax;
  if (*level != raft::ReadOptions::FOLLOWER || !can_forward) return redirect(ctx, asker, leader_);
  forwarded_[++last_read_number_] = {asker, request.command(), {}};
  ctx.send<raft::ReadIndex>(*leader_, [&](raft::ReadIndex& question) {
    question.set_term(number(term_));
    question.set_read(last_read_number_);
  });
}

/// Nothing if the request's options are malformed.
std::optional<Raft::ReadLevel> Raft::level_of(const Request& request) const {
  if (request.options().empty()) return options_.read;
  raft::ReadOptions options;
  const bool is_readable = options.ParseFromString(request.options()) &&
                           raft::ReadOptions::Level_IsValid(options.level());
  if (!is_readable) return std::nullopt;
  return options.level() == raft::ReadOptions::DEFAULT ? options_.read : options.level();
}

// The leader's side.

void Raft::read_as_leader(Ctx& ctx, const Asker& asker, const std::string& command,
                          ReadLevel level) {
  if (level == raft::ReadOptions::LEASE && has_lease(ctx)) {
    return serve(ctx, asker, command, level);
  }
  enqueue(ctx, {0, {}, {}, 0, asker, command});
}

void Raft::on(Ctx& ctx, NodeId from, const raft::ReadIndex& question) {
  const Term term{question.term()};
  if (term > term_) return follow(ctx, term);
  if (role_ == Role::Leader) enqueue(ctx, {0, {}, from, question.read(), {}, {}});
}

// Dissertation §6.4, steps 1 to 3. One round at a time is under way: a read that comes meanwhile
// waits for the next, since the answers to this one may have left before the read began.
void Raft::enqueue(Ctx& ctx, PendingRead read) {
  // What an earlier leader committed is known once an entry of this term is.
  if (log_.last() < term_start_) {
    append_no_op(ctx);
    replicate(ctx);
  }
  read.index = std::max(commit_, term_start_);
  const bool is_idle = rounds_.confirmed() == rounds_.latest();
  read.round = rounds_.latest() + 1;
  reads_.push_back(std::move(read));
  if (is_idle) send_heartbeats(ctx);
}

void Raft::begin_round(Ctx& ctx) {
  // The clock is read for leases only; an explorer without a clock can do without them.
  rounds_.begin(options_.lease ? ctx.now() : Time{});
  if (Progress* const self = progress_of(ctx.self())) self->round = rounds_.latest();
  confirm_rounds(ctx);
}

void Raft::confirm_rounds(Ctx& ctx) {
  if (!rounds_.confirm(raft::quorum_value(progress_, &Progress::round))) return;
  answer_reads(ctx);
  const bool has_unasked = !reads_.empty() && reads_.back().round > rounds_.latest();
  if (has_unasked && rounds_.confirmed() == rounds_.latest()) send_heartbeats(ctx);
}

// Dissertation §6.4.1: a quorum heard from this leader when the round began or later, and will not
// vote for another until the shortest election timeout has passed on its clocks. Every change of
// the configuration is committed by servers that heard from this leader later still, so a quorum of
// the next configuration shares a server with those.
bool Raft::has_lease(Ctx& ctx) const {
  if (!options_.lease || gave_lease_up_ || !has_committed_in_term()) return false;
  if (rounds_.confirmed() == 0) return false;
  const auto term_of_lease = options_.election_timeout.low * (100 - options_.lease_margin) / 100;
  return ctx.now() < rounds_.confirmed_since() + term_of_lease;
}

// Steps 4 and 5.
void Raft::answer_reads(Ctx& ctx) {
  while (!reads_.empty() && reads_.front().round <= rounds_.confirmed()) {
    const PendingRead& read = reads_.front();
    if (read.follower != NodeId{}) {
      ctx.send<raft::ReadIndexReply>(read.follower, [&](raft::ReadIndexReply& reply) {
        reply.set_term(number(term_));
        reply.set_read(read.read_number);
        reply.set_index(number(read.index));
      });
    } else if (applied_ >= read.index) {
      serve(ctx, read.asker, read.command, raft::ReadOptions::READ_INDEX);
    } else {
      break;
    }
    reads_.pop_front();
  }
  std::erase_if(forwarded_, [&](const auto& waiting) {
    const ForwardedRead& read = waiting.second;
    const bool is_due = read.index && applied_ >= *read.index;
    if (is_due) serve(ctx, read.asker, read.command, raft::ReadOptions::FOLLOWER);
    return is_due;
  });
}

// A follower's side.

void Raft::on(Ctx& ctx, NodeId, const raft::ReadIndexReply& reply) {
  const Term term{reply.term()};
  if (term > term_) return follow(ctx, term);
  const auto waiting = forwarded_.find(reply.read());
  if (waiting == forwarded_.end()) return;
  waiting->second.index = Index{reply.index()};
  answer_reads(ctx);
}

// Everybody's.

void Raft::serve(Ctx& ctx, const Asker& asker, std::string_view command, ReadLevel level) {
  const auto result = machine_.read(command);
  if (!result) return answer(ctx, asker, Reply::REJECTED, "the command is not read-only");
  ctx.observe(transport::Served{{},
                                number(asker.client),
                                asker.sequence,
                                number(applied_),
                                static_cast<std::uint32_t>(level)});
  switch (level) {
    case raft::ReadOptions::LEASE:
      reached(ctx, RaftReach::LeaseRead);
      break;
    case raft::ReadOptions::FOLLOWER:
      reached(ctx, RaftReach::FollowerRead);
      break;
    case raft::ReadOptions::LOCAL:
      reached(ctx, RaftReach::LocalRead);
      break;
    default:
      reached(ctx, RaftReach::IndexRead);
      break;
  }
  answer(ctx, asker, Reply::OK, *result);
}

/// Whoever waits for a read has to ask again, perhaps another server.
void Raft::drop_reads(Ctx& ctx) {
  for (const PendingRead& read : reads_) {
    if (read.follower == NodeId{}) answer(ctx, read.asker, Reply::UNAVAILABLE);
  }
  reads_.clear();
  for (const auto& [read_number, read] : forwarded_) answer(ctx, read.asker, Reply::UNAVAILABLE);
  forwarded_.clear();
}

}  // namespace lockstep::consensus
