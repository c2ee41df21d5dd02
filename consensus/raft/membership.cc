// Changing who takes part: dissertation chapter 4.
//
// A change leads to a target configuration. New voters learn the log first (§4.2.1); then the
// target replaces the configuration in one step, if it differs by one voter (§4.1), or through a
// joint configuration (§4.3). Each step is an entry of the log, used from when it is appended; the
// next one waits until it is committed.
#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include "consensus/raft/raft.h"

namespace lockstep::consensus {
namespace {

using raft::Configuration;

// Sets of nodes are also kept as bits of a word (transport::Configured).
constexpr std::uint32_t kHighestNode = 63;

/// The nodes that a change is about.
std::optional<Nodes> named_in(const Admin& admin) {
  const auto one = [](std::uint32_t node) { return Nodes{NodeId{node}}; };
  Nodes nodes;
  switch (admin.change_case()) {
    case Admin::kAdd:
      nodes = one(admin.add());
      break;
    case Admin::kRemove:
      nodes = one(admin.remove());
      break;
    case Admin::kLearner:
      nodes = one(admin.learner());
      break;
    case Admin::kTransfer:
      nodes = one(admin.transfer());
      break;
    case Admin::kMembers:
      for (const std::uint32_t node : admin.members().node()) {
        nodes = raft::with(std::move(nodes), NodeId{node});
      }
      break;
    default:
      return std::nullopt;
  }
  const bool is_valid = !nodes.empty() && nodes.front() != NodeId{} &&
                        number(nodes.back()) <= kHighestNode;
  return is_valid ? std::optional(std::move(nodes)) : std::nullopt;
}

std::size_t difference(const Nodes& left, const Nodes& right) {
  Nodes both;
  std::set_symmetric_difference(left.begin(), left.end(), right.begin(), right.end(),
                                std::back_inserter(both));
  return both.size();
}

/// What the configuration becomes if `nodes` change as asked.
Configuration target_of(Configuration from, Admin::ChangeCase change, const Nodes& nodes) {
  for (const NodeId node : nodes) {
    from.voters = change == Admin::kAdd ? raft::with(std::move(from.voters), node)
                                        : raft::without(std::move(from.voters), node);
    from.learners = change == Admin::kLearner ? raft::with(std::move(from.learners), node)
                                              : raft::without(std::move(from.learners), node);
  }
  if (change == Admin::kMembers) from.voters = nodes;
  return from;
}

}  // namespace

void Raft::administer(Ctx& ctx, const Request& request) {
  const Asker asker = asker_of(request);
  if (role_ != Role::Leader) return redirect(ctx, asker, leader_);
  const Admin& admin = request.admin();
  if (admin.has_snapshot()) {
    compact(ctx);
    return answer(ctx, asker, Reply::OK);
  }
  const auto nodes = named_in(admin);
  if (!nodes) return answer(ctx, asker, Reply::REJECTED, "expected nodes from n1 to n63");
  if (admin.has_transfer()) return transfer(ctx, asker, nodes->front());
  // Until the last change is committed, and an entry of this term with it, nobody knows which
  // configuration the next one may start from (raft-dev, July 2015).
  const bool is_settled = configurations_.latest_index() <= commit_ && has_committed_in_term() &&
                          !configurations_.latest().is_joint();
  if (!is_settled || change_ || transfer_) return answer(ctx, asker, Reply::UNAVAILABLE);
  change(ctx, asker, target_of(configurations_.latest(), admin.change_case(), *nodes));
}

void Raft::change(Ctx& ctx, const Asker& asker, Configuration target) {
  const Configuration& current = configurations_.latest();
  if (target.voters.empty()) {
    return answer(ctx, asker, Reply::REJECTED, "a group needs a voter");
  }
  if (!options_.joint_consensus && difference(current.voters, target.voters) > 1) {
    return answer(ctx, asker, Reply::REJECTED,
                  "changes of more than one voter need joint consensus");
  }
  ctx.log("changes the configuration to {}", to_string(target));
  change_ = Change{asker, std::move(target)};
  ctx.set_timer(Timer::CatchUp, {options_.election_timeout.high * 10,
                                 options_.election_timeout.high * 10});
  Configuration with_newcomers = current;
  for (const NodeId voter : change_->target.voters) {
    if (current.is_member(voter)) continue;
    with_newcomers.learners = raft::with(std::move(with_newcomers.learners), voter);
  }
  if (with_newcomers != current) return append_configuration(ctx, std::move(with_newcomers));
  continue_change(ctx);
}

// The next step of a change, if there is one and nothing has to be waited for.
void Raft::continue_change(Ctx& ctx) {
  if (role_ != Role::Leader || configurations_.latest_index() > commit_) return;
  const Configuration& current = configurations_.latest();
  // §4.3: also if it was another leader that began.
  if (current.is_joint()) {
    return append_configuration(ctx, {current.voters, {}, current.learners});
  }
  if (!change_) return;
  if (current == change_->target) {
    answer(ctx, change_->asker, Reply::OK);
    change_.reset();
    return ctx.cancel_timer(Timer::CatchUp);
  }
  if (!newcomers_caught_up()) return;
  Configuration step = change_->target;
  if (options_.joint_consensus && step.voters != current.voters) step.outgoing = current.voters;
  append_configuration(ctx, std::move(step));
}

// §4.2.1: a voter without the log would cost the group its majority until it has one.
bool Raft::newcomers_caught_up() const {
  const Configuration& current = configurations_.latest();
  return std::all_of(progress_.begin(), progress_.end(), [&](const Progress& member) {
    const bool is_newcomer =
        raft::contains(change_->target.voters, member.node) && !current.is_voter(member.node);
    return !is_newcomer || distance(member.match, log_.last()) <= options_.max_batch;
  });
}

/// The newcomers did not catch up; they stay learners, and the operator may ask again.
void Raft::abandon_change(Ctx& ctx) {
  if (!change_) return;
  answer(ctx, change_->asker, Reply::UNAVAILABLE);
  change_.reset();
}

void Raft::append_configuration(Ctx& ctx, Configuration configuration) {
  raft::Entry entry;
  entry.set_term(number(term_));
  raft::write(configuration, *entry.mutable_members());
  append(ctx, entry);
  acknowledge_own_log(ctx);
  replicate(ctx);
}

// §4.1: a server uses the latest configuration in its log, whether it is committed or not.
void Raft::use_configuration(Ctx& ctx, Index index, Configuration configuration) {
  configurations_.append(index, std::move(configuration));
  tell_configuration(ctx);
  if (role_ == Role::Leader) update_progress(ctx);
}

void Raft::tell_configuration(Ctx& ctx) {
  const Index index = configurations_.latest_index();
  const Term term = log_.terms().at(index).value_or(Term{});
  ctx.observe(raft::configured(index, term, configurations_.latest()));
  ctx.log("is in the configuration {}", to_string(configurations_.latest()));
}

// Those who leave get the log until their leaving is committed: so they learn of it, and do not
// stand for election as if they were still part of the group.
void Raft::update_progress(Ctx& ctx) {
  const Configuration& current = configurations_.latest();
  Nodes members = raft::with(current.members(), ctx.self());
  if (configurations_.latest_index() > commit_) {
    for (const NodeId node : configurations_.previous().members()) {
      members = raft::with(std::move(members), node);
    }
  }
  std::vector<Progress> progress;
  for (const NodeId node : members) {
    Progress* const known = progress_of(node);
    progress.push_back(known != nullptr ? std::move(*known) : Progress(node, next(log_.last())));
    progress.back().is_voter = raft::contains(current.voters, node);
    progress.back().is_outgoing = raft::contains(current.outgoing, node);
  }
  progress_ = std::move(progress);
}

/// The commit index went on from `before`, on a leader.
void Raft::follow_up_committed(Ctx& ctx, Index before) {
  const Index index = configurations_.latest_index();
  if (index <= before || index > commit_) return;
  reached(ctx, RaftReach::ConfigurationCommitted);
  send_heartbeats(ctx);
  update_progress(ctx);
  continue_change(ctx);
  leave_if_removed(ctx);
}

// §4.2.2: a leader that is not part of the new configuration steps down once it is committed. It
// names a successor, so that the group need not wait for an election timeout.
void Raft::leave_if_removed(Ctx& ctx) {
  const bool is_over = configurations_.latest_index() <= commit_ &&
                       !configurations_.latest().is_voter(ctx.self());
  if (role_ != Role::Leader || !is_over) return;
  if (const Progress* const successor = most_advanced_voter(ctx.self())) {
    ask_to_stand(ctx, successor->node);
  }
  follow(ctx, term_);
}

}  // namespace lockstep::consensus
