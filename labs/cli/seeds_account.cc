#include "labs/cli/seeds_account.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "labs/cli/account.h"
#include "labs/cli/aims_account.h"
#include "statemachine/fold.h"

namespace lockstep::labs {

using chaos::Judgement;
using chaos::ManySeedsResult;
using chaos::SeedSummary;

namespace {

constexpr std::size_t kRowsShown = 20;
constexpr std::size_t kBar = 30;

std::uint64_t count(const ManySeedsResult& result, Judgement judgement) {
  return static_cast<std::uint64_t>(std::count_if(
      result.seeds.begin(), result.seeds.end(),
      [&](const SeedSummary& summary) { return judgement_of(summary) == judgement; }));
}

/// One digest over those of all seeds, in their order.
std::uint64_t digest_of_all(const ManySeedsResult& result) {
  statemachine::Fold digest;
  for (const auto& summary : result.seeds) digest(summary.digest());
  return digest.digest();
}

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

std::string clipped(std::string text, std::size_t width) {
  if (text.size() > width) text = text.substr(0, width - 3) + "...";
  return text;
}

std::string failures(const ManySeedsResult& result) {
  std::string rows;
  std::size_t shown = 0;
  for (const auto& summary : result.seeds) {
    if (judgement_of(summary) == Judgement::Holds) continue;
    if (shown++ == kRowsShown) continue;
    rows +=
        fmt::format("  {:>8}  {:<8} {:<28} {}\n", summary.seed(), name_of(judgement_of(summary)),
                    clipped(summary.detector(), 28), clipped(first_line(summary.story()), 60));
  }
  for (const auto& failure : result.failures) {
    rows += fmt::format("  {:>8}  {:<8} {}\n", failure.seed, "worker", failure.what);
  }
  if (rows.empty()) return {};
  if (shown > kRowsShown) rows += fmt::format("  ... and {} more\n", shown - kRowsShown);
  return fmt::format("\n  {:>8}  {:<8} {:<28} {}\n", "seed", "verdict", "found by", "what") + rows;
}

struct Share {
  std::uint64_t total = 0;
  std::uint64_t seeds = 0;  ///< that reached it at all
};

template <class Counts>
std::vector<Share> shares(const ManySeedsResult& result, std::size_t kinds, Counts counts) {
  std::vector<Share> shares(kinds);
  for (const auto& summary : result.seeds) {
    const auto& of_seed = counts(summary);
    for (int kind = 0; kind < of_seed.size(); ++kind) {
      auto& share = shares[static_cast<std::size_t>(kind)];
      share.total += of_seed.Get(kind);
      share.seeds += of_seed.Get(kind) > 0;
    }
  }
  return shares;
}

std::vector<Share> reach_shares(const ManySeedsResult& result) {
  return shares(
      result, chaos::kReaches,
      [](const SeedSummary& summary) -> const auto& { return summary.reached(); });
}

std::vector<Share> bite_shares(const ManySeedsResult& result) {
  return shares(
      result, chaos::kFaultKinds,
      [](const SeedSummary& summary) -> const auto& { return summary.bites(); });
}

std::string percent(std::uint64_t part, std::uint64_t whole) {
  const std::uint64_t tenths = whole == 0 ? 0 : part * 1000 / whole;
  return fmt::format("{}.{} %", tenths / 10, tenths % 10);
}

std::string coverage(const ManySeedsResult& result) {
  const std::uint64_t seeds = result.seeds.size();
  std::string text = "\nWhat the runs reached (mean of a run, share of seeds that reached it)\n";
  const auto reach = reach_shares(result);
  const auto line = [&](std::string_view name, const Share& share) {
    text +=
        fmt::format("  {:<20} {:>10} {:>9}\n", name,
                    share.total / std::max<std::uint64_t>(seeds, 1), percent(share.seeds, seeds));
  };
  for (std::size_t at = 0; at < reach.size(); ++at) {
    line(name_of(static_cast<chaos::Reach>(at)), reach[at]);
  }
  text += "Faults that took effect\n";
  const auto bites = bite_shares(result);
  for (std::size_t at = 0; at < bites.size(); ++at) {
    if (bites[at].total > 0) line(name_of(static_cast<chaos::FaultKind>(at)), bites[at]);
  }
  return text;
}

template <class Value>
std::uint64_t sum(const ManySeedsResult& result, Value value) {
  std::uint64_t total = 0;
  for (const auto& summary : result.seeds) total += value(summary);
  return total;
}

template <class Value>
std::uint64_t median(const ManySeedsResult& result, Value value) {
  std::vector<std::uint64_t> values;
  for (const auto& summary : result.seeds) values.push_back(value(summary));
  if (values.empty()) return 0;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

std::string statistics(const ManySeedsResult& result) {
  const auto operations =
      std::max<std::uint64_t>(sum(result, [](const auto& s) { return s.completed(); }), 1);
  const auto open = sum(result, [](const auto& s) { return s.indeterminate(); });
  const auto messages = sum(result, [](const auto& s) { return s.messages(); });
  const auto bytes = sum(result, [](const auto& s) { return s.bytes(); });
  const auto syncs = sum(result, [](const auto& s) { return s.syncs(); });
  const auto us = [](std::uint64_t value) {
    return duration_text(std::chrono::microseconds(value));
  };
  std::string text = "\nWhat clients saw\n";
  text += fmt::format("  {} operations completed, {} left open by a time-out\n", operations, open);
  text += fmt::format("  latency {} median, {} p99 (medians over seeds); unavailable {} (median)\n",
                      us(median(result, [](const auto& s) { return s.latency_p50_us(); })),
                      us(median(result, [](const auto& s) { return s.latency_p99_us(); })),
                      us(median(result, [](const auto& s) { return s.unavailable_us(); })));
  return text + fmt::format("  {}.{} messages, {} bytes and {}.{} fsyncs per operation\n",
                            messages / operations, messages * 10 / operations % 10,
                            bytes / operations, syncs / operations, syncs * 10 / operations % 10);
}

}  // namespace

Progress::Progress(std::uint64_t total)
    : total_(total), is_terminal_(::isatty(STDERR_FILENO) != 0) {}

void Progress::show(std::uint64_t done, std::uint64_t failed) {
  if (!is_terminal_ || (done < total_ && done * 200 / total_ == shown_)) return;
  shown_ = done * 200 / total_;
  const auto filled = static_cast<std::size_t>(done * kBar / total_);
  fmt::print(stderr, "\r[{}{}] {} of {} seeds, {} failed", std::string(filled, '#'),
             std::string(kBar - filled, '.'), done, total_, failed);
  std::fflush(stderr);
}

void Progress::clear() {
  if (is_terminal_) fmt::print(stderr, "\r{}\r", std::string(80, ' '));
}

std::string seeds_account(const chaos::RunSpec& first, chaos::SeedRange range,
                          const ManySeedsResult& result,
                          const std::function<std::string(std::uint64_t seed)>& replay) {
  std::string text =
      fmt::format("{}: {} nodes, {} clients, {} operations on {}, seeds {}..{}\n",
                  first.system->name, first.nodes, first.workload.clients,
                  first.workload.operations, first.workload.machine, range.first, range.last);
  text += statistics(result) + coverage(result) + aims_account(*first.system, result) +
          failures(result);
  const auto wrong = count(result, Judgement::Wrong);
  const auto stuck = count(result, Judgement::Stuck);
  text += fmt::format("\nVerdict: {} seeds: {} hold, {} wrong, {} stuck, {} invalid, {} unknown\n",
                      result.seeds.size(), count(result, Judgement::Holds), wrong, stuck,
                      count(result, Judgement::Invalid), count(result, Judgement::Unknown));
  text += fmt::format("  digest of all {}\n", digest_text(digest_of_all(result)));
  const auto worst = std::find_if(result.seeds.begin(), result.seeds.end(),
                                  [](const auto& summary) { return failed(summary); });
  if (worst == result.seeds.end()) return text;
  return text + fmt::format(
                    "  look at the first: {}\n"
                    "  with --shrink for the smallest plan that fails\n",
                    replay(worst->seed()));
}

nlohmann::json seeds_json(const chaos::RunSpec& first, chaos::SeedRange range,
                          const ManySeedsResult& result) {
  nlohmann::json json{{"system", first.system->name},
                      {"first_seed", range.first},
                      {"last_seed", range.last},
                      {"digest", digest_text(digest_of_all(result))},
                      {"failures", nlohmann::json::array()}};
  for (const auto judgement : {Judgement::Holds, Judgement::Wrong, Judgement::Stuck,
                               Judgement::Invalid, Judgement::Unknown}) {
    json[std::string(name_of(judgement))] = count(result, judgement);
  }
  for (const auto& summary : result.seeds) {
    if (judgement_of(summary) == Judgement::Holds) continue;
    json["failures"].push_back({{"seed", summary.seed()},
                                {"judgement", name_of(judgement_of(summary))},
                                {"detector", summary.detector()},
                                {"story", summary.story()},
                                {"event", summary.event()},
                                {"digest", digest_text(summary.digest())}});
  }
  for (const auto& failure : result.failures) {
    json["workers"].push_back({{"seed", failure.seed}, {"what", failure.what}});
  }
  const auto reach = reach_shares(result);
  for (std::size_t at = 0; at < reach.size(); ++at) {
    json["reached"][std::string(name_of(static_cast<chaos::Reach>(at)))] = {
        {"total", reach[at].total}, {"seeds", reach[at].seeds}};
  }
  json["aims"] = aims_json(*first.system, result);
  const auto bites = bite_shares(result);
  for (std::size_t at = 0; at < bites.size(); ++at) {
    json["faults"][std::string(name_of(static_cast<chaos::FaultKind>(at)))] = {
        {"total", bites[at].total}, {"seeds", bites[at].seeds}};
  }
  return json;
}

int exit_code(const ManySeedsResult& result) {
  if (std::any_of(result.seeds.begin(), result.seeds.end(),
                  [](const auto& summary) { return failed(summary); })) {
    return 1;
  }
  if (!result.failures.empty() || count(result, Judgement::Unknown) > 0) return 3;
  return count(result, Judgement::Invalid) * 100 > result.seeds.size() ? 3 : 0;
}

}  // namespace lockstep::labs
