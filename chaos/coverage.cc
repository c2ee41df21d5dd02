#include "chaos/coverage.h"

#include <fmt/core.h>

namespace lockstep::chaos {

using transport::Witness;

namespace {

/// A node may claim any number.
constexpr std::uint32_t kOwnKindsMax = 256;

}  // namespace

std::string_view name_of(Reach reach) {
  switch (reach) {
    case Reach::Operations:
      return "operations";
    case Reach::Elections:
      return "elections";
    case Reach::Truncations:
      return "truncations";
    case Reach::SnapshotInstalls:
      return "snapshot installs";
    case Reach::Compactions:
      return "compactions";
    case Reach::Crashes:
      return "crashes";
    case Reach::Restarts:
      return "restarts";
    case Reach::Bites:
      return "effects of faults";
    case Reach::ConfigurationChanges:
      return "configuration changes";
  }
  return "?";
}

std::optional<std::uint64_t> count_of(const std::string& what, const ReachCounts& counts,
                                      const std::vector<std::string>& own_names,
                                      const OwnCounts& own) {
  for (std::size_t at = 0; at < kReaches; ++at) {
    if (name_of(static_cast<Reach>(at)) == what) return counts[at];
  }
  for (std::size_t kind = 0; kind < own_names.size(); ++kind) {
    if (own_names[kind] == what) return kind < own.size() ? own[kind] : 0;
  }
  return {};
}

std::vector<std::string> missed(const std::vector<CoverageGoal>& floor, const ReachCounts& counts) {
  std::vector<std::string> sentences;
  for (const auto& goal : floor) {
    if (at(counts, goal.reach) >= goal.minimum) continue;
    sentences.push_back(fmt::format("{}: {}, at least {} are needed", name_of(goal.reach),
                                    at(counts, goal.reach), goal.minimum));
  }
  return sentences;
}

void Coverage::see(const Witness& witness) {
  switch (witness.kind) {
    case Witness::Kind::Crashed:
      ++at(counts_, Reach::Crashes);
      return;
    case Witness::Kind::Started:
      if (witness.start.kind == transport::Start::Kind::Restart) ++at(counts_, Reach::Restarts);
      return;
    case Witness::Kind::Observed:
      observe(witness);
      return;
    default:
      return;
  }
}

void Coverage::observe(const Witness& witness) {
  if (const auto* leads = std::get_if<transport::Leads>(witness.claim)) {
    if (leads->group != group_) return;
    if (reigns_.empty() || reigns_.back().term < leads->term) {
      ++at(counts_, Reach::Elections);
      reigns_.push_back({witness.at, witness.node, leads->term});
    }
  } else if (std::holds_alternative<transport::Truncated>(*witness.claim)) {
    ++at(counts_, Reach::Truncations);
  } else if (std::holds_alternative<transport::Installed>(*witness.claim)) {
    ++at(counts_, Reach::SnapshotInstalls);
  } else if (std::holds_alternative<transport::Compacted>(*witness.claim)) {
    ++at(counts_, Reach::Compactions);
  } else if (const auto* configured = std::get_if<transport::Configured>(witness.claim)) {
    const bool is_new = configurations_
                            .insert({number(configured->group), configured->voters,
                                     configured->outgoing, configured->learners})
                            .second;
    at(counts_, Reach::ConfigurationChanges) += is_new && configured->index > 0;
  } else if (const auto* reached = std::get_if<transport::Reached>(witness.claim)) {
    if (reached->group != group_ || reached->kind >= kOwnKindsMax) return;
    if (reached->kind >= own_.size()) own_.resize(reached->kind + 1);
    ++own_[reached->kind];
  }
}

}  // namespace lockstep::chaos
