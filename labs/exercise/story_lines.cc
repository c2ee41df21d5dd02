#include "labs/exercise/story_lines.h"

#include <fmt/core.h>

#include <algorithm>
#include <vector>

namespace lockstep::labs {

using Kind = StoryStep::Kind;

namespace {

constexpr std::size_t kChangesShown = 9;

/// The configuration that every node starts with.
bool is_given(const StoryClaim& claim) {
  return claim.name == "Configured" && !claim.values.empty() && claim.values.front().second == 0;
}

std::uint64_t index_of(const StoryClaim& claim) {
  for (const auto& [field, value] : claim.values) {
    if (field == "index") return value;
  }
  return 0;
}

}  // namespace

std::string cut_to(std::string text, std::size_t columns) {
  if (text.size() <= columns) return text;
  text.resize(columns - 4);
  return text + " ...";
}

std::string wrapped(const std::string& margin, std::string text) {
  const std::size_t room = kColumns - margin.size();
  if (text.size() <= room) return margin + text + "\n";
  auto end = text.rfind(' ', room);
  if (end == std::string::npos || end < room / 2) end = room;
  std::string lines = margin + text.substr(0, end) + "\n";
  text.erase(0, text[end] == ' ' ? end + 1 : end);
  return lines + std::string(margin.size(), ' ') + cut_to(std::move(text), room) + "\n";
}

std::string in_milliseconds(std::uint64_t at_ns) {
  const auto tenths = at_ns / 100'000;
  return fmt::format("{}.{}", tenths / 10, tenths % 10);
}

std::string kind_name(const StoryStep& step) {
  switch (step.kind) {
    case Kind::Started:
      return "start";
    case Kind::Crashed:
      return "crash";
    case Kind::Fired:
      return "timer";
    case Kind::Requested:
      return "request";
    case Kind::Delivered:
      return step.name;
  }
  return "?";
}

std::string listed(const std::map<std::string, std::uint64_t>& counts) {
  std::vector<std::pair<std::string, std::uint64_t>> all(counts.begin(), counts.end());
  std::stable_sort(all.begin(), all.end(),
                   [](const auto& left, const auto& right) { return left.second > right.second; });
  std::string text;
  for (const auto& [name, count] : all) {
    const bool is_word = name == "start" || name == "timer" || name == "request";
    const std::string plural = name == "crash" ? "crashes" : is_word ? name + "s" : name;
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, count == 1 ? name : plural);
  }
  return text;
}

std::string counted(const Story& story, std::size_t from, std::size_t to) {
  std::map<std::string, std::uint64_t> counts;
  for (std::size_t at = from; at < to; ++at) ++counts[kind_name(story.steps[at])];
  if (counts.size() == 1) return listed(counts);
  return fmt::format("{} more: {}", to - from, listed(counts));
}

std::string changes_line(const StoryStep& step) {
  const bool is_new = step.kind == Kind::Started && !step.again;
  std::string line;
  std::size_t shown = 0;
  for (const auto& change : step.changes) {
    if (shown++ == kChangesShown) {
      return line + fmt::format(" and {} more", step.changes.size() - kChangesShown);
    }
    if (!line.empty()) line += ", ";
    line += change.field + " ";
    if (!is_new && !change.before.empty()) line += change.before + " -> ";
    line += change.after.empty() ? "gone" : change.after;
  }
  return line;
}

std::string claims_line(const StoryStep& step) {
  std::string line;
  for (std::size_t at = 0; at < step.claims.size(); ++at) {
    const auto& claim = step.claims[at];
    if (claim.name == "Reached" || is_given(claim)) continue;
    std::size_t last = at;
    while (last + 1 < step.claims.size() && step.claims[last + 1].name == claim.name) ++last;
    if (!line.empty()) line += ", ";
    line += claim.name + "{";
    if (last > at) {
      line += fmt::format("index: {}..{}", index_of(claim), index_of(step.claims[last]));
    } else {
      std::string gap;
      for (const auto& [field, value] : claim.values) {
        line += fmt::format("{}{}: {}", gap, field, value);
        gap = " ";
      }
    }
    line += "}";
    at = last;
  }
  return line;
}

}  // namespace lockstep::labs
