#include "chaos/check/causal.h"

#include <algorithm>
#include <map>
#include <queue>
#include <utility>

#include "chaos/check/accesses.h"
#include "chaos/check/explain.h"

namespace lockstep::chaos {
namespace {

constexpr std::size_t kNone = static_cast<std::size_t>(-1);

/// Accesses with their direct dependencies, and for each how much of every session lies in its
/// past: within a session the past is always a beginning.
class Causality {
 public:
  explicit Causality(const std::vector<Access>& accesses) : accesses_(accesses) {
    find_sessions();
    link();
  }

  /// Puts the accesses into an order of their dependencies. A circle, if there is one.
  std::vector<std::size_t> sort() {
    std::vector<std::size_t> waiting(accesses_.size(), 0);
    for (const auto& next : next_) {
      for (const auto to : next) ++waiting[to];
    }
    std::vector<std::size_t> ready;
    for (std::size_t at = accesses_.size(); at-- > 0;) {
      if (waiting[at] == 0) ready.push_back(at);
    }
    past_.assign(accesses_.size(), std::vector<std::uint32_t>(sessions_.size(), 0));
    std::size_t sorted = 0;
    while (!ready.empty()) {
      const std::size_t at = ready.back();
      ready.pop_back();
      ++sorted;
      for (const auto to : next_[at]) {
        include(to, at);
        if (--waiting[to] == 0) ready.push_back(to);
      }
    }
    return sorted == accesses_.size() ? std::vector<std::size_t>{} : circle(waiting);
  }

  /// Whether `later` depends on `earlier`. Requires: there is no circle.
  bool depends(std::size_t later, std::size_t earlier) const {
    return past_[later][session_of_[earlier]] > place_[earlier];
  }

  /// The last write of the object in each session that `access` depends on.
  template <class Visit>
  void last_writes_before(std::size_t access, const std::string& object, const Visit& visit) const {
    const auto found = writes_.find(object);
    if (found == writes_.end()) return;
    for (const auto& [session, writes] : found->second) {
      const std::uint32_t seen = past_[access][session];
      const auto end = std::partition_point(
          writes.begin(), writes.end(), [&](std::size_t write) { return place_[write] < seen; });
      if (end != writes.begin()) visit(*std::prev(end));
    }
  }

  /// A shortest way along direct dependencies and `extra` ones. Empty if there is none.
  std::vector<std::size_t> way(std::size_t from, std::size_t to,
                               const std::vector<std::vector<std::size_t>>& extra = {}) const {
    std::vector<std::size_t> before(accesses_.size(), kNone);
    std::queue<std::size_t> open;
    open.push(from);
    while (!open.empty()) {
      const std::size_t at = open.front();
      open.pop();
      const auto visit = [&](std::size_t next) {
        if (before[next] != kNone) return;
        before[next] = at;
        open.push(next);
      };
      for (const auto next : next_[at]) visit(next);
      if (!extra.empty()) {
        for (const auto next : extra[at]) visit(next);
      }
      if (before[to] != kNone) break;
    }
    if (before[to] == kNone) return {};
    std::vector<std::size_t> way{to};
    do {
      way.push_back(before[way.back()]);
    } while (way.back() != from);
    std::reverse(way.begin(), way.end());
    return way;
  }

 private:
  /// What never returned has no place in its session: it is one of its own.
  void find_sessions() {
    std::map<std::uint64_t, std::size_t> numbers;
    for (std::size_t at = 0; at < accesses_.size(); ++at) {
      const Access& access = accesses_[at];
      std::size_t session = sessions_.size();
      if (access.returned) session = numbers.emplace(access.process, session).first->second;
      if (session == sessions_.size()) sessions_.emplace_back();
      session_of_.push_back(session);
      place_.push_back(static_cast<std::uint32_t>(sessions_[session].size()));
      sessions_[session].push_back(at);
      if (access.writes) writes_[access.object][session].push_back(at);
    }
  }

  void link() {
    next_.resize(accesses_.size());
    std::map<std::uint64_t, std::size_t> last;
    for (std::size_t at = 0; at < accesses_.size(); ++at) {
      const auto before = last.find(accesses_[at].process);
      if (before != last.end()) next_[before->second].push_back(at);
      if (accesses_[at].returned) last[accesses_[at].process] = at;
      if (accesses_[at].source) next_[*accesses_[at].source].push_back(at);
    }
  }

  void include(std::size_t later, std::size_t earlier) {
    for (std::size_t session = 0; session < sessions_.size(); ++session) {
      past_[later][session] = std::max(past_[later][session], past_[earlier][session]);
    }
    auto& own = past_[later][session_of_[earlier]];
    own = std::max(own, place_[earlier] + 1);
  }

  /// Some circle among those that still wait: back along dependencies until one comes again.
  std::vector<std::size_t> circle(const std::vector<std::size_t>& waiting) const {
    for (std::size_t at = 0; at < accesses_.size(); ++at) {
      if (waiting[at] == 0) continue;
      if (auto way_back = way(at, at); !way_back.empty()) return way_back;
    }
    return {};
  }

  const std::vector<Access>& accesses_;
  std::vector<std::vector<std::size_t>> sessions_;
  std::vector<std::size_t> session_of_;
  std::vector<std::uint32_t> place_;
  std::vector<std::vector<std::size_t>> next_;  // Direct dependencies, forwards.
  std::vector<std::vector<std::uint32_t>> past_;
  std::map<std::string, std::map<std::size_t, std::vector<std::size_t>>> writes_;
};

std::vector<std::size_t> joined(std::vector<std::size_t> first,
                                const std::vector<std::size_t>& second) {
  first.insert(first.end(), second.begin() + 1, second.end());
  return first;
}

/// A read that depends on a write which its own value comes before.
std::optional<CausalViolation> outdated(const Causality& causality,
                                        const std::vector<Access>& accesses) {
  std::optional<CausalViolation> found;
  for (std::size_t read = 0; read < accesses.size() && !found; ++read) {
    if (!accesses[read].reads) continue;
    const auto source = accesses[read].source;
    causality.last_writes_before(read, accesses[read].object, [&](std::size_t write) {
      if (found || write == read || (source && write == *source)) return;
      if (!source) {
        found = {CausalPattern::WriteCOInitRead, causality.way(write, read)};
      } else if (causality.depends(write, *source)) {
        found = {CausalPattern::WriteCORead,
                 joined(causality.way(*source, write), causality.way(write, read))};
      }
    });
  }
  return found;
}

/// Whoever depends on one write and reads another of the same object has put the other one last.
std::optional<CausalViolation> disagreement(const Causality& causality,
                                            const std::vector<Access>& accesses) {
  std::vector<std::vector<std::size_t>> last(accesses.size());
  for (std::size_t read = 0; read < accesses.size(); ++read) {
    const auto source = accesses[read].source;
    if (!source) continue;
    causality.last_writes_before(read, accesses[read].object, [&](std::size_t write) {
      if (write != *source && write != read) last[write].push_back(*source);
    });
  }
  for (std::size_t write = 0; write < accesses.size(); ++write) {
    if (last[write].empty()) continue;
    auto circle = causality.way(write, write, last);
    if (!circle.empty()) return CausalViolation{CausalPattern::CyclicCF, std::move(circle)};
  }
  return std::nullopt;
}

CausalVerdict check(const std::vector<Access>& accesses, bool convergent) {
  Causality causality(accesses);
  std::optional<CausalViolation> found;
  if (auto circle = causality.sort(); !circle.empty()) {
    found = {CausalPattern::CyclicCO, std::move(circle)};
  }
  if (!found) found = outdated(causality, accesses);
  if (!found && convergent) found = disagreement(causality, accesses);
  if (!found) return CausalHolds{};
  for (auto& step : found->chain) step = accesses[step].operation;
  return *std::move(found);
}

}  // namespace

std::string_view name_of(CausalPattern pattern) {
  switch (pattern) {
    case CausalPattern::CyclicCO:
      return "CyclicCO";
    case CausalPattern::WriteCOInitRead:
      return "WriteCOInitRead";
    case CausalPattern::ThinAirRead:
      return "ThinAirRead";
    case CausalPattern::WriteCORead:
      return "WriteCORead";
    case CausalPattern::CyclicCF:
      return "CyclicCF";
  }
  return "?";
}

CausalVerdict check_causal(const History& history, bool convergent) {
  const auto accesses = accesses_of(history);
  if (const auto* reason = std::get_if<NotDifferentiated>(&accesses)) {
    return Unknown{std::nullopt, reason->reason};
  }
  if (const auto* read = std::get_if<ThinAirRead>(&accesses)) {
    return CausalViolation{CausalPattern::ThinAirRead, {read->operation}};
  }
  return check(std::get<std::vector<Access>>(accesses), convergent);
}

std::string describe(const CausalViolation& violation, const History& history) {
  constexpr std::string_view kMeanings[] = {
      "these operations depend on each other in a circle",
      "the last of these reads that nobody had written, but depends on the first, which wrote it",
      "nobody wrote what this read returned",
      "the last of these reads what the first wrote, but depends on a later write of it",
      "who goes by these puts each before the next, and the last before the first"};
  std::string text = "Not causally consistent (" + std::string(name_of(violation.pattern)) +
                     "): " + std::string(kMeanings[static_cast<std::size_t>(violation.pattern)]) +
                     ":\n";
  std::size_t number = 0;
  for (const auto operation : violation.chain) {
    text += "  [" + std::to_string(++number) + "]  " +
            describe(history.operations[operation], history) + "\n";
  }
  return text;
}

}  // namespace lockstep::chaos
