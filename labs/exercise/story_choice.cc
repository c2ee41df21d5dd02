#include "labs/exercise/story_choice.h"

#include <algorithm>
#include <deque>
#include <map>
#include <regex>
#include <tuple>

namespace lockstep::labs {
namespace {

using Kind = StoryStep::Kind;
constexpr std::size_t kNone = StoryStep::kNone;
constexpr std::uint32_t kFar = 1000;
/// What is worth less is left out even if there is room.
constexpr int kWorth = 6;

std::set<std::uint64_t> numbers_after(const std::string& text, const char* word) {
  std::set<std::uint64_t> numbers;
  const std::regex pattern(std::string("\\b") + word + " (\\d{1,18})\\b");
  for (std::sregex_iterator at(text.begin(), text.end(), pattern), end; at != end; ++at) {
    numbers.insert(std::stoull((*at)[1].str()));
  }
  return numbers;
}

class Choice {
 public:
  Choice(const Story& story, const Finding& finding)
      : story_(story), steps_(story.steps), subject_(subject_of(finding)), finding_(finding) {}

  std::vector<std::size_t> choose(std::size_t limit) {
    find_anchors();
    find_past();
    count_changes();
    scores_.resize(steps_.size());
    for (std::size_t at = 0; at < steps_.size(); ++at) scores_[at] = score(at);
    for (const auto anchor : anchors_) {
      if (chosen_.size() < limit) take(anchor);
    }
    while (chosen_.size() < limit) {
      const std::size_t best = most_worth();
      if (best == kNone) break;
      take(best);
    }
    return {chosen_.begin(), chosen_.end()};
  }

 private:
  void find_anchors() {
    if (steps_.empty()) return;
    const bool is_noticed = finding_.event != 0 && steps_.back().event == finding_.event;
    if (is_noticed && finding_.verdict != Verdict::Stuck) {
      anchors_.push_back(steps_.size() - 1);
      return;
    }
    // Noticed when something left a node, or never: then what the nodes named did last.
    std::set<std::uint32_t> seen;
    for (std::size_t at = steps_.size(); at-- > 0;) {
      const auto& step = steps_[at];
      const bool is_named = subject_.nodes.empty() || subject_.nodes.contains(step.node);
      if (is_named && step.matters() && seen.insert(step.node).second) anchors_.push_back(at);
    }
  }

  /// How many steps lie between each step and an anchor.
  void find_past() {
    distance_.assign(steps_.size(), kFar);
    std::deque<std::size_t> open;
    for (const auto anchor : anchors_) {
      distance_[anchor] = 0;
      open.push_back(anchor);
    }
    const auto reach = [&](std::size_t at, std::uint32_t distance) {
      if (at == kNone || distance >= distance_[at]) return;
      distance_[at] = distance;
      open.push_back(at);
    };
    while (!open.empty()) {
      const std::size_t at = open.front();
      open.pop_front();
      reach(steps_[at].cause, distance_[at] + 1);
      std::size_t before = steps_[at].previous;
      while (before != kNone && !steps_[before].matters()) before = steps_[before].previous;
      reach(before, distance_[at] + 1);
    }
  }

  void count_changes() {
    for (const auto& step : steps_) {
      for (const auto& change : step.changes) ++changes_[change.field];
      for (const auto& claim : step.claims) ++claims_[claim.name];
    }
  }

  int rarity(std::uint64_t count) const {
    const std::uint64_t nodes = std::max<std::size_t>(1, story_.nodes.size());
    return count <= 3 * nodes ? 6 : count <= 8 * nodes ? 4 : count <= 20 * nodes ? 1 : 0;
  }

  int worth_of_changes(const StoryStep& step) const {
    if (step.kind == Kind::Started && !step.again) return 0;
    int most = 0;
    for (const auto& change : step.changes) {
      most = std::max(most, rarity(changes_.at(change.field)));
    }
    return most;
  }

  int worth_of_claims(const StoryStep& step) const {
    int most = 0;
    for (const auto& claim : step.claims) {
      int worth = rarity(claims_.at(claim.name));
      if (claim.name == "Leads" || claim.name == "Truncated" || claim.name == "Installed") {
        worth += 4;
      }
      for (const auto& [field, value] : claim.values) {
        if (field == "index" && subject_.indices.contains(value)) worth += 4;
        if (field == "term" && subject_.terms.contains(value)) worth += 2;
      }
      most = std::max(most, worth);
    }
    return most;
  }

  /// As happens in every run: a first start, a client that is sent on.
  static bool is_common(const StoryStep& step) {
    if (step.kind == Kind::Started) return !step.again;
    return step.kind == Kind::Requested && step.changes.empty() && step.claims.empty();
  }

  static bool mentions(const std::string& text, const std::string& word) {
    const auto at = text.find(" " + word);
    const auto end = at + 1 + word.size();
    return at != std::string::npos && (end >= text.size() || text[end] == ' ' || text[end] == '}');
  }

  /// If the failure is about certain terms and indices, few others explain it.
  bool is_of_another_time(const StoryStep& step) const {
    if (subject_.terms.empty() && subject_.indices.empty()) return false;
    if (step.kind == Kind::Crashed || step.kind == Kind::Started) return false;
    if (step.kind == Kind::Fired || subject_.terms.contains(step.term)) return false;
    for (const auto& claim : step.claims) {
      if (claim.name == "Leads") return false;
      for (const auto& [field, value] : claim.values) {
        if (field == "index" && subject_.indices.contains(value)) return false;
        if (field == "term" && subject_.terms.contains(value)) return false;
      }
    }
    return true;
  }

  int score(std::size_t at) const {
    const auto& step = steps_[at];
    if (!step.matters()) return 0;
    int worth = worth_of_changes(step) + worth_of_claims(step);
    if (step.kind == Kind::Crashed || step.again) worth += 8;
    if (subject_.nodes.contains(step.node)) worth += 2;
    if (step.term != 0 && subject_.terms.contains(step.term)) worth += 4;
    if (!step.log.empty() && worth > 0) worth += 1;
    const bool is_key = !subject_.key.empty() && mentions(step.request, subject_.key);
    if (is_key) worth += 5;
    if (is_common(step) && !is_key) return std::min(worth, kWorth - 1);
    const std::uint32_t distance = distance_[at];
    worth += distance <= 1 ? 9 : distance <= 2 ? 7 : distance <= 4 ? 4 : distance <= 8 ? 2 : 0;
    // What could not have caused the failure may still be what it is compared with.
    if (distance == kFar) worth /= 2;
    return is_of_another_time(step) ? worth / 3 : worth;
  }

  /// Equal steps look alike to a reader.
  using Shape = std::tuple<std::uint32_t, Kind, std::string, std::uint32_t, std::string>;
  static Shape shape_of(const StoryStep& step) {
    std::string came;
    for (const auto& change : step.changes) came += change.field + ";";
    for (const auto& claim : step.claims) came += claim.name + ";";
    for (const auto& out : step.out) came += out.name + ";";
    return {step.node, step.kind, step.name, step.timer, came};
  }

  void take(std::size_t at) {
    if (!chosen_.insert(at).second) return;
    ++shapes_[shape_of(steps_[at])];
    const std::size_t cause = steps_[at].cause;
    if (cause != kNone && steps_[cause].matters()) scores_[cause] += 3;
  }

  std::size_t most_worth() const {
    constexpr int kTimesShown = 3;
    std::size_t best = kNone;
    int most = kWorth - 1;
    for (std::size_t at = steps_.size(); at-- > 0;) {
      if (scores_[at] <= most || chosen_.contains(at)) continue;
      const auto shape = shapes_.find(shape_of(steps_[at]));
      if (shape != shapes_.end() && shape->second >= kTimesShown) continue;
      const int again = shape == shapes_.end() ? 0 : 3 * shape->second;
      if (scores_[at] - again <= most) continue;
      most = scores_[at] - again;
      best = at;
    }
    return best;
  }

  const Story& story_;
  const std::vector<StoryStep>& steps_;
  StorySubject subject_;
  const Finding& finding_;
  std::vector<std::size_t> anchors_;
  std::vector<std::uint32_t> distance_;
  std::vector<int> scores_;
  std::map<std::string, std::uint64_t> changes_;  ///< by field
  std::map<std::string, std::uint64_t> claims_;
  std::map<Shape, int> shapes_;
  std::set<std::size_t> chosen_;
};

}  // namespace

StorySubject subject_of(const Finding& finding) {
  StorySubject subject;
  subject.terms = numbers_after(finding.happened, "term");
  subject.indices = numbers_after(finding.happened, "index");
  static const std::regex kNode("\\bn(\\d{1,2})\\b");
  const auto& text = finding.happened;
  for (std::sregex_iterator at(text.begin(), text.end(), kNode), end; at != end; ++at) {
    subject.nodes.insert(static_cast<std::uint32_t>(std::stoul((*at)[1].str())));
  }
  static const std::regex kKey("at key (\\S+):");
  std::smatch found;
  if (std::regex_search(text, found, kKey)) subject.key = found[1].str();
  return subject;
}

std::vector<std::size_t> choose_steps(const Story& story, const Finding& finding,
                                      std::size_t limit) {
  return Choice(story, finding).choose(limit);
}

}  // namespace lockstep::labs
