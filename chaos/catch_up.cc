#include "chaos/catch_up.h"

#include <fmt/core.h>

#include <algorithm>

namespace lockstep::chaos {

using transport::GroupId;
using transport::NodeId;
using transport::Witness;

void CatchUp::see(const Witness& witness) {
  if (witness.kind == Witness::Kind::Started) {
    for (auto& [replica, index] : applied_) {
      if (replica.second == witness.node) index = 0;
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
  }
}

void CatchUp::reached(GroupId group, NodeId node, std::uint64_t index) {
  std::uint64_t& known = applied_[{group, node}];
  known = std::max(known, index);
}

void CatchUp::set_goals() {
  for (const auto& [replica, index] : applied_) {
    std::uint64_t& goal = goals_[replica.first];
    goal = std::max(goal, index);
  }
}

std::optional<std::string> CatchUp::laggard() const {
  for (const auto& [replica, index] : applied_) {
    const auto goal = goals_.find(replica.first);
    if (goal == goals_.end() || index >= goal->second) continue;
    return fmt::format("{} has applied {} of {} entries", to_string(replica.second), index,
                       goal->second);
  }
  return std::nullopt;
}

}  // namespace lockstep::chaos
