// The coordinator's side of a view change (ISIS's GBCAST flush): it asks everybody to stop and to
// say what they have, makes of that the end of the old view and the members of the next, and sees
// to it that this is agreed on before anybody installs it.
//
// In primary-partition mode the agreement is consensus: a ballot needs the answers of a majority of
// all nodes, it goes on with the latest proposal that one of them accepted, and the view counts
// when a majority accepted it. Nodes that forgot what they promised are not counted.
#include <algorithm>
#include <set>
#include <utility>

#include "consensus/virtual_synchrony/virtual_synchrony.h"

namespace lockstep::consensus {
namespace {

// Ticks to wait for those who do not answer although nobody suspects them.
constexpr std::uint32_t kPolite = 3;

}  // namespace

void VirtualSynchrony::begin_attempt(Ctx& ctx) {
  counter_ = std::max(counter_, group::counter_of(highest_)) + 1;
  group::StoredCounter stored;
  stored.set_counter(counter_);
  ctx.storage().put("counter", stored);
  attempt_.emplace();
  attempt_->ballot = group::ballot_of(counter_, ctx.self());
  ctx.log("begins ballot {}", group::to_string(attempt_->ballot));
  group::Flush flush;
  flush.set_ballot(attempt_->ballot);
  for (const NodeId node : ctx.initial_members()) ctx.send(node, flush);
}

/// At every tick of an attempt.
void VirtualSynchrony::continue_attempt(Ctx& ctx) {
  if (++attempt_->ticks > 2 * options_.patience) {
    attempt_.reset();
    if (!is_candidate(ctx)) return;
    reached(ctx, GroupReach::FlushRestarted);
    return begin_attempt(ctx);
  }
  if (!attempt_->proposal) {
    group::Flush flush;
    flush.set_ballot(attempt_->ballot);
    for (const NodeId node : ctx.initial_members()) {
      if (!attempt_->replies.contains(node)) ctx.send(node, flush);
    }
    return propose(ctx);
  }
  group::NewView news;
  news.set_ballot(attempt_->ballot);
  *news.mutable_proposal() = *attempt_->proposal;
  for (const auto& [node, reply] : attempt_->replies) {
    if (!attempt_->acks.has(node)) ctx.send(node, news);
  }
  conclude(ctx);
}

void VirtualSynchrony::on(Ctx& ctx, NodeId from, const group::FlushReply& reply) {
  if (!attempt_ || reply.ballot() != attempt_->ballot || attempt_->proposal) return;
  attempt_->replies[from] = reply;
  propose(ctx);
}

bool VirtualSynchrony::is_majority(Ctx& ctx, std::size_t nodes) const {
  return nodes >= majority_of(ctx.initial_members().size());
}

/// How many of them can be counted on to remember what they promised.
std::size_t VirtualSynchrony::remembering(const Nodes& nodes) const {
  return static_cast<std::size_t>(std::count_if(nodes.begin(), nodes.end(), [&](NodeId node) {
    return attempt_->replies.at(node).remembers();
  }));
}

bool VirtualSynchrony::has_heard_enough(Ctx& ctx) const {
  Nodes all;
  for (const auto& [node, reply] : attempt_->replies) all.push_back(node);
  if (!attempt_->replies.contains(ctx.self())) return false;
  if (options_.primary_partition && !is_majority(ctx, remembering(all))) return false;
  if (attempt_->ticks >= kPolite) return true;
  return std::all_of(peers_.begin(), peers_.end(), [&](const auto& peer) {
    return detector_.suspects(peer.first) || contains(all, peer.first);
  });
}

void VirtualSynchrony::propose(Ctx& ctx) {
  if (!has_heard_enough(ctx)) return;
  if (const group::Proposal* const earlier = unfinished()) {
    attempt_->proposal = *earlier;
    reached(ctx, GroupReach::Reproposed);
  } else {
    attempt_->proposal = next_view();
  }
  if (!attempt_->proposal) return;
  group::NewView news;
  news.set_ballot(attempt_->ballot);
  *news.mutable_proposal() = *attempt_->proposal;
  for (const auto& [node, reply] : attempt_->replies) ctx.send(node, news);
}

/// The highest ballot in which anybody accepted a proposal, and the view that this proposed.
std::pair<VirtualSynchrony::Ballot, VirtualSynchrony::Ballot> VirtualSynchrony::latest_accepted()
    const {
  std::pair<Ballot, Ballot> latest;
  for (const auto& [node, reply] : attempt_->replies) {
    if (!reply.remembers()) continue;
    latest = std::max(latest, std::pair<Ballot, Ballot>(reply.accepted(), reply.accepted_view()));
  }
  return latest;
}

/// The latest proposal that may have been agreed on, unless all that it needs know that it was.
const group::Proposal* VirtualSynchrony::unfinished() const {
  if (!options_.primary_partition) return nullptr;
  const Ballot latest = latest_accepted().first;
  const group::Proposal* proposal = nullptr;
  bool is_installed = false;
  for (const auto& [node, reply] : attempt_->replies) {
    if (!reply.remembers() || reply.accepted() != latest) continue;
    is_installed = is_installed || reply.installed();
    if (!reply.installed()) proposal = &reply.proposal();
  }
  if (proposal == nullptr || !is_installed) return proposal;
  const bool somebody_waits = std::any_of(
      proposal->members().begin(), proposal->members().end(), [&](const group::Member& member) {
        const auto reply = attempt_->replies.find(NodeId{member.node()});
        return reply != attempt_->replies.end() && !reply->second.installed() &&
               reply->second.accepted() == latest;
      });
  return somebody_waits ? proposal : nullptr;
}

/// What follows from the answers; nothing if nobody who answered knows the state of the group.
std::optional<group::Proposal> VirtualSynchrony::next_view() const {
  group::Proposal proposal;
  proposal.set_view(attempt_->ballot);
  std::set<Ballot> views;
  for (const auto& [node, reply] : attempt_->replies) {
    if (reply.view() != 0 && reply.has_state()) views.insert(reply.view());
  }
  if (options_.primary_partition) {
    // The latest that was agreed on. If nobody here has its state, somebody else may.
    const Ballot base = latest_accepted().second;
    if (!views.contains(base)) return std::nullopt;
    views = {base};
  }
  for (const Ballot view : views) add_survivors(proposal, view);
  Nodes survivors;
  for (const auto& member : proposal.members()) survivors = with(survivors, NodeId{member.node()});
  for (const auto& [node, reply] : attempt_->replies) {
    if (contains(survivors, node)) continue;
    group::Member& member = *proposal.add_members();
    member.set_node(number(node));
    // It was in a view that the group has left behind, so it goes on as another process.
    member.set_incarnation(reply.incarnation() + (reply.view() == 0 ? 0 : 1));
  }
  return proposal;
}

/// Those who come from this view, in the order of seniority, and how it ends.
void VirtualSynchrony::add_survivors(group::Proposal& proposal, Ballot view) const {
  group::Ending& ending = *proposal.add_endings();
  ending.set_view(view);
  const group::FlushReply* known = nullptr;
  for (const auto& [node, reply] : attempt_->replies) {
    if (reply.view() == view) known = &reply;
  }
  proposal.set_height(std::max(proposal.height(), known->height() + 1));
  for (const group::Member& member : known->members()) {
    const auto reply = attempt_->replies.find(NodeId{member.node()});
    if (reply == attempt_->replies.end() || reply->second.view() != view) continue;
    if (!reply->second.has_state()) continue;
    ending.add_node(member.node());
    *proposal.add_members() = member;
  }
  close_streams(ending);
}

/// Everything that any survivor has, as far as nothing before it is missing, and in total order
/// what the survivors had sent to a sequencer that is gone.
void VirtualSynchrony::close_streams(group::Ending& ending) const {
  std::map<std::pair<std::uint32_t, std::uint64_t>, const group::Cast*> all;
  std::map<std::uint32_t, std::uint64_t> ends;
  std::set<std::pair<std::uint32_t, std::uint64_t>> named;
  for (const std::uint32_t node : ending.node()) {
    const group::FlushReply& reply = attempt_->replies.at(NodeId{node});
    for (const group::Cast& cast : reply.casts()) all[{cast.stream(), cast.position()}] = &cast;
    for (int stream = 0; stream < reply.received_size(); ++stream) {
      std::uint64_t& end = ends[static_cast<std::uint32_t>(stream)];
      end = std::max(end, reply.received(stream));
    }
  }
  for (auto& [stream, end] : ends) {
    while (all.contains({stream, end + 1})) ++end;
  }
  for (const auto& [key, cast] : all) {
    if (key.second > ends[key.first]) continue;
    *ending.add_cast() = *cast;
    named.insert({cast->sender(), cast->number()});
  }
  for (const std::uint32_t node : ending.node()) {
    for (const group::Submit& submit : attempt_->replies.at(NodeId{node}).pending()) {
      if (named.contains({node, submit.number()})) continue;
      group::Cast& cast = *ending.add_cast();
      cast.set_view(ending.view());
      cast.set_position(++ends[0]);
      cast.set_sender(node);
      cast.set_number(submit.number());
      cast.set_command(submit.command());
    }
  }
}

void VirtualSynchrony::on(Ctx& ctx, NodeId from, const group::NewViewAck& ack) {
  if (!attempt_ || ack.ballot() != attempt_->ballot || !attempt_->proposal) return;
  if (attempt_->replies.contains(from)) attempt_->acks.add(from);
  conclude(ctx);
}

/// Installs the view once it is agreed on: a majority has it, and all who seem to be alive; or, in
/// a component of its own, all its members.
void VirtualSynchrony::conclude(Ctx& ctx) {
  const Nodes& acks = attempt_->acks.voters();
  if (options_.primary_partition && !is_majority(ctx, remembering(acks))) return;
  const bool is_polite = attempt_->ticks < 2 * kPolite || !options_.primary_partition;
  for (const auto& [node, reply] : attempt_->replies) {
    const bool may_be_left = options_.primary_partition && detector_.suspects(node);
    if (is_polite && !contains(acks, node) && !may_be_left) return;
  }
  const bool is_new = attempt_->proposal->view() == attempt_->ballot;
  if (is_new) reached(ctx, GroupReach::ViewChange);
  if (attempt_->proposal->endings_size() > 1) reached(ctx, GroupReach::Merged);
  group::Install install;
  install.set_ballot(attempt_->ballot);
  install.set_view(attempt_->proposal->view());
  for (const auto& [node, reply] : attempt_->replies) ctx.send(node, install);
  attempt_.reset();
}

}  // namespace lockstep::consensus
