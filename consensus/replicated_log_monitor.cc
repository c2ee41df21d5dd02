#include "consensus/replicated_log_monitor.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

namespace lockstep::consensus {
namespace {

/// So much is remembered, so that memory stays flat in runs of any length.
constexpr std::size_t kPlaces = 1 << 17;
constexpr std::size_t kLeaders = 1 << 10;

}  // namespace

void ReplicatedLogMonitor::see(const Witness& witness) {
  if (violation_) return;
  now_ = witness.at;
  event_ = witness.event;
  if (witness.kind == Witness::Kind::Started) lives_[witness.node] = {};
  if (witness.kind != Witness::Kind::Observed) return;
  std::visit(
      [&](const auto& claim) {
        if (claim.group == group_) claims(witness.node, claim);
      },
      *witness.claim);
}

void ReplicatedLogMonitor::claims(NodeId node, const transport::Leads& claim) {
  const auto [found, is_new] = leaders_.emplace(claim.term, node);
  if (!is_new && found->second != node) {
    return broken("One Leader Per Term",
                  fmt::format("{} and {} both lead {} {}", to_string(found->second),
                              to_string(node), terminology_.term, claim.term));
  }
  if (leaders_.size() > kLeaders) leaders_.erase(leaders_.begin());
}

void ReplicatedLogMonitor::claims(NodeId node, const transport::Committed& claim) {
  Life& life = lives_[node];
  if (claim.index < life.committed) {
    return broken("Commit Only Grows", fmt::format("{} committed up to index {} after {}",
                                                   to_string(node), claim.index, life.committed));
  }
  life.committed = claim.index;
}

void ReplicatedLogMonitor::claims(NodeId node, const transport::Applied& claim) {
  Life& life = lives_[node];
  const bool is_early = life.committed != 0 && claim.index > life.committed;
  if (claim.index <= life.applied || is_early) {
    return broken("Applied In Order",
                  fmt::format("{} applied index {} after {}, having committed up to {}",
                              to_string(node), claim.index, life.applied, life.committed));
  }
  skip(node, life.applied + 1, claim.index);
  life.applied = claim.index;
  Place* const known = place(claim.index);
  if (known == nullptr || violation_) return;
  if (known->is_skipped) {
    return broken("No Command Is Skipped",
                  fmt::format("{} applied a command at index {}, which another node passed over",
                              to_string(node), claim.index));
  }
  if (known->is_applied && (known->command_digest != claim.command_digest ||
                            known->result_digest != claim.result_digest)) {
    return broken("State Machine Safety",
                  fmt::format("{} applied at index {} another {} than another node",
                              to_string(node), claim.index,
                              known->command_digest != claim.command_digest
                                  ? "command"
                                  : "state: the command is the same, but not its result,"));
  }
  known->is_applied = true;
  known->command_digest = claim.command_digest;
  known->result_digest = claim.result_digest;
}

// Indices without a command, such as no-ops, are applied by nobody. Each is passed over once by
// each node, so this is constant time per event on the whole.
void ReplicatedLogMonitor::skip(NodeId node, std::uint64_t from, std::uint64_t to) {
  for (std::uint64_t index = std::max(from, first_); index < to; ++index) {
    Place* const known = place(index);
    if (known == nullptr) continue;
    known->is_skipped = true;
    if (!known->is_applied) continue;
    return broken("No Command Is Skipped",
                  fmt::format("{} passed over index {}, at which another node applied a command",
                              to_string(node), index));
  }
}

void ReplicatedLogMonitor::claims(NodeId node, const transport::Installed& claim) {
  Life& life = lives_[node];
  if (claim.index < life.applied) {
    return broken("Applied In Order",
                  fmt::format("{} installed the state after index {} when it had applied {}",
                              to_string(node), claim.index, life.applied));
  }
  life.applied = claim.index;
  if (life.committed != 0) life.committed = std::max(life.committed, claim.index);
  agree_on_state(node, claim.index, claim.state_digest);
}

void ReplicatedLogMonitor::claims(NodeId node, const transport::Compacted& claim) {
  Life& life = lives_[node];
  const bool boots = life.applied == 0;
  if (!boots && claim.index > std::max(life.applied, life.committed)) {
    return broken("Applied In Order",
                  fmt::format("{} has a snapshot up to index {} but had applied only {}",
                              to_string(node), claim.index, life.applied));
  }
  // The last ones of a snapshot may be such as nobody applies.
  if (!boots) skip(node, life.applied + 1, claim.index + 1);
  if (violation_) return;
  life.applied = std::max(life.applied, claim.index);
  agree_on_state(node, claim.index, claim.state_digest);
}

void ReplicatedLogMonitor::agree_on_state(NodeId node, std::uint64_t index, std::uint64_t digest) {
  Place* const known = place(index);
  if (known == nullptr) return;
  if (known->has_state && known->state_digest != digest) {
    return broken("Snapshots Agree",
                  fmt::format("{} has another state after index {} than another node",
                              to_string(node), index));
  }
  known->has_state = true;
  known->state_digest = digest;
}

ReplicatedLogMonitor::Place* ReplicatedLogMonitor::place(std::uint64_t index) {
  if (index < first_) return nullptr;
  if (index - first_ >= 2 * kPlaces) {
    places_.clear();
    first_ = index;
  }
  while (index - first_ >= places_.size()) places_.emplace_back();
  while (places_.size() > kPlaces) {
    places_.pop_front();
    ++first_;
  }
  return &places_[index - first_];
}

void ReplicatedLogMonitor::broken(std::string_view rule, std::string story) {
  violation_ = Violation{std::string(rule), std::string(terminology_.source), std::move(story),
                         event_, now_};
}

std::uint64_t ReplicatedLogMonitor::digest() const {
  statemachine::Fold digest;
  for (const auto& [node, life] : lives_) {
    for (const std::uint64_t word : {std::uint64_t{number(node)}, life.applied, life.committed}) {
      digest(word);
    }
  }
  for (const auto& [term, leader] : leaders_) {
    digest(term);
    digest(number(leader));
  }
  digest(first_);
  for (const auto& place : places_) {
    digest((place.is_applied ? 1u : 0u) | (place.is_skipped ? 2u : 0u) |
           (place.has_state ? 4u : 0u));
    for (const auto word : {place.command_digest, place.result_digest, place.state_digest}) {
      digest(word);
    }
  }
  digest(violation_.has_value());
  return digest.digest();
}

}  // namespace lockstep::consensus
