#include "labs/cli/aims_account.h"

#include <fmt/core.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace lockstep::labs {

using chaos::CoverageAim;
using chaos::ManySeedsResult;
using chaos::SeedSummary;
using chaos::System;

namespace {

std::uint64_t count_of(const CoverageAim& aim, const System& system, const SeedSummary& summary) {
  chaos::ReachCounts counts{};
  const auto known =
      std::min<std::size_t>(counts.size(), static_cast<std::size_t>(summary.reached_size()));
  std::copy_n(summary.reached().begin(), known, counts.begin());
  const chaos::OwnCounts own(summary.own().begin(), summary.own().end());
  return chaos::count_of(aim.what, counts, system.reach_names, own).value_or(0);
}

/// What the seeds made of one aim.
struct Reached {
  std::uint64_t seeds = 0;
  std::uint64_t total = 0;  ///< of the counts of all seeds
};

Reached reached(const CoverageAim& aim, const System& system, const ManySeedsResult& result) {
  Reached all;
  for (const auto& summary : result.seeds) {
    const auto count = count_of(aim, system, summary);
    all.seeds += count >= aim.minimum;
    all.total += count;
  }
  return all;
}

std::uint64_t permille(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0 : part * 1000 / whole;
}

}  // namespace

std::string aims_account(const System& system, const ManySeedsResult& result) {
  if (system.aims.empty()) return {};
  const std::uint64_t seeds = result.seeds.size();
  std::string text = "Aims (mean of a run, share of seeds that reached so many)\n";
  for (const auto& aim : system.aims) {
    const auto all = reached(aim, system, result);
    const auto share = permille(all.seeds, seeds);
    text +=
        fmt::format("  {:<30} {:>10} {:>7}.{} %\n", fmt::format("{} >= {}", aim.what, aim.minimum),
                    all.total / std::max<std::uint64_t>(seeds, 1), share / 10, share % 10);
  }
  return text;
}

nlohmann::json aims_json(const System& system, const ManySeedsResult& result) {
  auto json = nlohmann::json::array();
  for (const auto& aim : system.aims) {
    const auto all = reached(aim, system, result);
    json.push_back({{"what", aim.what},
                    {"minimum", aim.minimum},
                    {"seeds", all.seeds},
                    {"permille", permille(all.seeds, result.seeds.size())},
                    {"total", all.total}});
  }
  return json;
}

}  // namespace lockstep::labs
