#include "chaos/catch_up.h"

#include <fmt/core.h>

#include <algorithm>
#include <tuple>

#include "chaos/fault_plans.h"

namespace lockstep::chaos {

using transport::GroupId;
using transport::NodeId;
using transport::Witness;

namespace {

std::string sentence(NodeId node, std::uint64_t index, std::uint64_t goal) {
  return fmt::format("{} has applied {} of {} entries", to_string(node), index, goal);
}

}  // namespace

void CatchUp::see(const Witness& witness) {
  if (witness.kind == Witness::Kind::Started) {
    for (auto& replica : replicas_) {
      if (replica.node == witness.node) replica.applied = 0;
    }
  }
  if (witness.kind != Witness::Kind::Observed) return;
  const auto& claim = *witness.claim;
  if (const auto* applied = std::get_if<transport::Applied>(&claim)) {
    reached(applied->group, witness.node, applied->index);
  } else if (const auto* installed = std::get_if<transport::Installed>(&claim)) {
    reached(installed->group, witness.node, installed->index);
  } else if (const auto* compacted = std::get_if<transport::Compacted>(&claim)) {
    reached(compacted->group, witness.node, compacted->index);
  } else if (const auto* configured = std::get_if<transport::Configured>(&claim)) {
    replica(configured->group, witness.node).configuration =
        Configuration{configured->term, configured->index,
                      configured->voters | configured->outgoing | configured->learners};
  }
}

CatchUp::Replica& CatchUp::replica(GroupId group, NodeId node) {
  const auto known = std::find_if(replicas_.begin(), replicas_.end(), [&](const Replica& replica) {
    return replica.node == node && replica.group == group;
  });
  return known != replicas_.end() ? *known : replicas_.emplace_back(Replica{group, node, 0, {}});
}

void CatchUp::reached(GroupId group, NodeId node, std::uint64_t index) {
  std::uint64_t& known = replica(group, node).applied;
  known = std::max(known, index);
}

void CatchUp::set_goals() {
  for (const auto& replica : replicas_) {
    std::uint64_t& goal = goals_[replica.group];
    goal = std::max(goal, replica.applied);
  }
}

std::optional<std::uint64_t> CatchUp::members(GroupId group) const {
  // Who hangs back may believe in a configuration that was rolled back, or replaced long ago.
  const auto rank = [](const Replica& replica) {
    return std::tie(replica.applied, replica.configuration->term, replica.configuration->index);
  };
  const Replica* foremost = nullptr;
  for (const auto& replica : replicas_) {
    if (replica.group != group || !replica.configuration) continue;
    if (foremost == nullptr || rank(*foremost) < rank(replica)) foremost = &replica;
  }
  return foremost != nullptr ? std::optional(foremost->configuration->members) : std::nullopt;
}

std::uint64_t CatchUp::applied(GroupId group, NodeId node) const {
  for (const auto& replica : replicas_) {
    if (replica.node == node && replica.group == group) return replica.applied;
  }
  return 0;
}

std::optional<std::string> CatchUp::laggard() const {
  for (const auto& [group, goal] : goals_) {
    if (const auto all = members(group)) {
      for (std::uint32_t id = 1; id <= kNodesMax; ++id) {
        if ((*all >> id & 1) == 0) continue;
        const auto index = applied(group, NodeId{id});
        if (index < goal) return sentence(NodeId{id}, index, goal);
      }
      continue;
    }
    for (const auto& replica : replicas_) {
      if (replica.group != group || replica.applied >= goal) continue;
      return sentence(replica.node, replica.applied, goal);
    }
  }
  return std::nullopt;
}

}  // namespace lockstep::chaos
