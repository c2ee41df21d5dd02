// What the monitor knows of operations: who has them, and which are committed.
#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "consensus/viewstamped/contents.h"
#include "consensus/viewstamped/monitors.h"
#include "consensus/viewstamped/viewstamped.messages.h"

namespace lockstep::consensus {
namespace {

/// So many operations are remembered, so that memory stays flat in runs of any length.
constexpr std::size_t kPlaces = 1 << 16;

}  // namespace

// What a node has received.

void ViewstampedMonitor::holds(Watched& node, const viewstamped::Prepare& prepare) {
  const View view = view_of(prepare);
  // Who executed the end of an epoch has the log with which the next one begins.
  const bool begins_epoch = view.number == 0 && view.epoch > node.held_in.epoch;
  if (begins_epoch && prepare.first() <= node.executed + 1) {
    node.held_in = view;
    node.held = node.executed;
  }
  const bool fits =
      view == node.held_in && prepare.first() <= std::max(node.held, node.executed) + 1;
  if (!fits) return;
  const auto count = static_cast<std::uint64_t>(prepare.entries_size());
  node.held = std::max(node.held, prepare.first() + count - 1);
}

/// Which group follows if these operations are committed.
void ViewstampedMonitor::notes_reconfigurations(std::uint64_t first,
                                                const viewstamped::Prepare& prepare) {
  for (std::uint64_t op = first; const viewstamped::Entry& entry : prepare.entries()) {
    if (entry.has_members()) {
      reconfigurations_[{op, view_of(entry)}] = viewstamped::nodes_in(entry.members());
    }
    ++op;
  }
}

/// A group of one sends no PREPAREs: what it becomes shows when it says so.
void ViewstampedMonitor::begins_epoch(const Watched& node, const viewstamped::StartEpoch& message) {
  if (message.epoch() == 0 || members_.contains(message.epoch())) return;
  const Nodes& before = members_of({message.epoch() - 1, 0});
  if (before == Nodes{node.id})
    members_[message.epoch()] = viewstamped::nodes_in(message.members());
}

/// A log of a later view replaces what is not executed; one of the same view extends it.
void ViewstampedMonitor::holds(Watched& node, View view, const viewstamped::Log& log) {
  const std::uint64_t last = viewstamped::last_of(log);
  if (view > node.held_in && log.base() <= node.executed) {
    node.held_in = view;
    node.held = last;
  } else if (view == node.held_in && log.base() <= std::max(node.held, node.executed)) {
    node.held = std::max(node.held, last);
  }
}

// §4.1, step 4: in order.
void ViewstampedMonitor::acknowledges(Watched& node, View view, std::uint64_t op) {
  if (view < node.acknowledged_in || view < node.held_in) return;
  const std::uint64_t has =
      std::max(node.executed, view == node.held_in ? node.held : std::uint64_t{0});
  if (op > has) {
    broken("Operations Are Acknowledged In Order", "§4.1, step 4",
           fmt::format("{} acknowledged operation {} in view {}, of which {} had arrived without "
                       "a gap",
                       to_string(node.id), op, viewstamped::term_of(view), has));
  }
  if (view > node.acknowledged_in) node.acknowledged = 0;
  node.acknowledged_in = view;
  node.acknowledged = std::max(node.acknowledged, op);
}

// §8.1: an operation that was committed is in the log of every later view.
void ViewstampedMonitor::keeps_committed(const Watched& node, View view,
                                         const viewstamped::Log& log) {
  const std::uint64_t last = viewstamped::last_of(log);
  const auto lost = [&](std::uint64_t op) {
    broken("Committed Operations Stay", "§8.1",
           fmt::format("{} began view {} without operation {}, which was committed",
                       to_string(node.id), viewstamped::term_of(view), op));
  };
  // Only if it is this view that begins; the message may also be for somebody who is late.
  const auto latest = primaries_.rbegin();
  if (latest->first != view) return;
  if (last < committed_) return lost(last + 1);
  for (std::uint64_t op = log.base() + 1; op <= std::min(last, committed_); ++op) {
    const Place* const known = place(op);
    if (known == nullptr || !known->committed) continue;
    if (*known->committed != view_of(viewstamped::entry_at(log, op))) return lost(op);
  }
}

// What nodes claim.

// One primary gives each number once, so view and number name one operation.
void ViewstampedMonitor::proposes(const Watched& node, const viewstamped::Prepare& prepare) {
  for (std::uint64_t op = prepare.first(); const viewstamped::Entry& entry : prepare.entries()) {
    Place* const known = place(op++);
    if (known == nullptr) continue;
    const std::uint64_t digest = statemachine::digest_of(
        entry.has_members() ? entry.members().SerializeAsString() : entry.command());
    const auto [first, is_new] = known->digests.emplace(view_of(entry), digest);
    if (is_new || first->second == digest) continue;
    return broken("One Operation Per Viewstamp", "Oki and Liskov 1988; §4.1, step 3",
                  fmt::format("{} sent another operation {} of view {} than was sent before",
                              to_string(node.id), op - 1, viewstamped::term_of(view_of(entry))));
  }
}

void ViewstampedMonitor::claims(Watched& node, const transport::Committed& claim) {
  commits(node, claim.index, {claim.term / 1'000'000, claim.term % 1'000'000});
  node.executed = std::max(node.executed, claim.index);
}

// §4.1, step 5: the primary counts; the others hear of it.
void ViewstampedMonitor::commits(Watched& node, std::uint64_t op, View view) {
  if (op > committed_) {
    if (!node.leads) {
      return broken("Primaries Commit First", "§4.1, step 5",
                    fmt::format("{} committed operation {}, which no primary had committed",
                                to_string(node.id), op));
    }
    std::size_t count = 0;
    for (const auto& [from, prepared] : node.prepared) count += prepared >= op ? 1 : 0;
    if (node.prepared_in != *node.leads || count < quorum_of(*node.leads)) {
      return broken("Committed By A Quorum", "§4.1, step 5",
                    fmt::format("{} committed operation {} in view {} with {} acknowledgements",
                                to_string(node.id), op, viewstamped::term_of(*node.leads),
                                node.prepared_in == *node.leads ? count : 0));
    }
    committed_ = op;
    const auto next = reconfigurations_.find({op, view});
    if (next != reconfigurations_.end()) members_[view.epoch + 1] = next->second;
  }
  Place* const known = place(op);
  if (known == nullptr) return;
  if (known->committed && *known->committed != view) {
    return broken("Committed Operations Stay", "§8.1",
                  fmt::format("{} committed operation {} of view {}; that of view {} had been "
                              "committed",
                              to_string(node.id), op, viewstamped::term_of(view),
                              viewstamped::term_of(*known->committed)));
  }
  known->committed = view;
}

void ViewstampedMonitor::claims(Watched& node, const transport::Applied& claim) {
  node.executed = std::max(node.executed, claim.index);
}
void ViewstampedMonitor::claims(Watched& node, const transport::Installed& claim) {
  node.executed = std::max(node.executed, claim.index);
}
void ViewstampedMonitor::claims(Watched& node, const transport::Compacted& claim) {
  node.executed = std::max(node.executed, claim.index);
}

// Memory.

/// Null if it is forgotten.
ViewstampedMonitor::Place* ViewstampedMonitor::place(std::uint64_t op) {
  if (op < first_) return nullptr;
  if (op - first_ >= 2 * kPlaces) {
    places_.clear();
    first_ = op;
  }
  while (op - first_ >= places_.size()) places_.emplace_back();
  while (places_.size() > kPlaces) {
    places_.pop_front();
    ++first_;
  }
  return &places_[static_cast<std::size_t>(op - first_)];
}

void ViewstampedMonitor::broken(std::string_view rule, std::string_view source, std::string story) {
  if (violation_) return;
  violation_ = Violation{std::string(rule), std::string(source), std::move(story), event_, now_};
}

std::uint64_t ViewstampedMonitor::digest() const {
  statemachine::Fold digest;
  const auto view = [&](View each) { digest(viewstamped::term_of(each)); };
  digest(replicas_.digest());
  for (const auto& [id, node] : nodes_) {
    digest(number(id));
    for (const View each : {node.spoke, node.acknowledged_in, node.held_in, node.heard_leaving,
                            node.offered_in, node.prepared_in, node.leads.value_or(View{})}) {
      view(each);
    }
    for (const std::uint64_t word :
         {node.acknowledged, node.held, node.executed, node.nonce, std::uint64_t{node.has_disk},
          std::uint64_t{node.is_recovering}, std::uint64_t{node.leads.has_value()}}) {
      digest(word);
    }
    for (const NodeId voter : node.left.voters()) digest(number(voter));
    for (const auto& [from, offer] : node.offers) {
      digest(number(from));
      digest(offer.last_normal);
      digest(offer.last);
      view(offer.last_view);
    }
    view(node.begun);
    digest(node.chosen_from.size());
    for (const auto& [from, op] : node.prepared) {
      digest(number(from));
      digest(op);
    }
    for (const auto& [from, answer] : node.answers) {
      digest(number(from));
      view(answer.view);
      digest(answer.has_log);
    }
  }
  for (const auto& [epoch, nodes] : members_) {
    digest(epoch);
    for (const NodeId member : nodes) digest(number(member));
  }
  for (const auto& [stamp, nodes] : reconfigurations_) {
    digest(stamp.first);
    view(stamp.second);
    for (const NodeId member : nodes) digest(number(member));
  }
  for (const auto& [each, primary] : primaries_) {
    view(each);
    digest(number(primary));
  }
  digest(first_);
  for (const Place& each : places_) {
    for (const auto& [stamp, bytes] : each.digests) {
      view(stamp);
      digest(bytes);
    }
    digest(each.committed ? viewstamped::term_of(*each.committed) + 1 : 0);
  }
  digest(committed_);
  digest(violation_.has_value());
  return digest.digest();
}

}  // namespace lockstep::consensus
