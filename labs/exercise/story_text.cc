#include "labs/exercise/story_text.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>

#include "chaos/trace.pb.h"
#include "chaos/trace_payload.h"
#include "chaos/trace_spellers.h"
#include "labs/exercise/story_lines.h"

namespace lockstep::labs {
namespace {

using Kind = StoryStep::Kind;
constexpr std::size_t kIndent = 28;  ///< where what happened begins
constexpr std::size_t kOutsShown = 4;
constexpr std::size_t kLogShown = 4;

class Speller {
 public:
  Speller(const Story& story, chaos::Trace& trace)
      : story_(story), trace_(trace), payloads_(chaos::machine_of(trace), false) {}

  std::string steps(const std::vector<std::size_t>& chosen) {
    std::string text = fmt::format("{:>4}  {:>8}  {:<7} {:<3} {}\n", "step", "time ms", "event",
                                   "node", "| its state, > its log, ! its claims, -> what left");
    std::size_t next = 0;
    int number = 0;
    for (const auto at : chosen) {
      text += gap(next, at);
      text += faults_until(story_.steps[at].at_ns);
      text += step(++number, story_.steps[at]);
      next = at + 1;
    }
    text += gap(next, story_.steps.size());
    return text + faults_until(story_.ended_ns);
  }

 private:
  std::string step(int number, const StoryStep& step) {
    std::string text =
        wrapped(fmt::format("{:>4}  {:>8}  {:<7} n{:<3}", number, in_milliseconds(step.at_ns),
                            fmt::format("#{}", step.event), step.node),
                what(step));
    text += under("| ", changes_line(step));
    for (std::size_t at = 0; at < std::min(step.log.size(), kLogShown); ++at) {
      text += under("> ", step.log[at]);
    }
    if (step.log.size() > kLogShown) {
      text += under("> ", fmt::format("... and {} more lines", step.log.size() - kLogShown));
    }
    text += under("! ", claims_line(step));
    text += outs(step);
    if (!step.matters()) text += under("", "(changed nothing, sent nothing)");
    return text;
  }

  static std::string under(const std::string& mark, const std::string& text) {
    return text.empty() ? "" : wrapped(std::string(kIndent, ' ') + mark, text);
  }

  std::string what(const StoryStep& step) {
    switch (step.kind) {
      case Kind::Started:
        return step.again ? "starts again, with what its disk kept" : "starts";
      case Kind::Crashed:
        return "crashes";
      case Kind::Delivered:
        return fmt::format("gets {} from n{}", payload(step.record), step.peer);
      case Kind::Requested:
        return fmt::format("is asked by {}: {}", chaos::client_name(step.client), step.request);
      case Kind::Fired:
        return fmt::format("its timer {} fires", step.timer);
    }
    return "?";
  }

  std::string payload(std::uint64_t record) {
    remember_requests(record);
    trace_.read(record);
    const auto* message = trace_.payload();
    return message == nullptr ? "a message that does not parse" : payloads_.text(*message);
  }

  /// So that the results of replies can be read.
  void remember_requests(std::uint64_t record) {
    for (; next_request_ < story_.steps.size(); ++next_request_) {
      const auto& asked = story_.steps[next_request_];
      if (asked.record > record) return;
      if (asked.kind != Kind::Requested) continue;
      trace_.read(asked.record);
      if (const auto* request = trace_.payload()) payloads_.remember(*request);
    }
  }

  /// What is the same for several receivers is said once.
  std::string outs(const StoryStep& step) {
    std::vector<std::pair<std::string, std::string>> lines;  // What, and to whom.
    for (const auto& out : step.out) {
      std::string to = out.to == 0 ? chaos::client_name(out.client) : fmt::format("n{}", out.to);
      if (out.lost) to += " (lost)";
      const std::string text = payload(out.record);
      const auto same = std::find_if(lines.begin(), lines.end(),
                                     [&](const auto& line) { return line.first == text; });
      if (same == lines.end()) {
        lines.emplace_back(text, to);
      } else {
        same->second += ", " + to;
      }
    }
    std::string text;
    for (std::size_t at = 0; at < std::min(lines.size(), kOutsShown); ++at) {
      text += under("-> ", lines[at].second + ": " + lines[at].first);
    }
    if (lines.size() > kOutsShown) {
      text += under("-> ", fmt::format("and {} more", lines.size() - kOutsShown));
    }
    return text;
  }

  std::string gap(std::size_t from, std::size_t to) const {
    constexpr std::size_t kWorthALine = 3;
    if (to < from + kWorthALine) return "";
    return fmt::format("      ... {}\n", cut_to(counted(story_, from, to), kColumns - 10));
  }

  std::string faults_until(std::uint64_t at_ns) {
    std::string text;
    for (; next_fault_ < story_.faults.size(); ++next_fault_) {
      const auto& fault = story_.faults[next_fault_];
      if (fault.at_ns > at_ns) break;
      text += wrapped(fmt::format("      {:>8}  {:<12}", in_milliseconds(fault.at_ns), "fault"),
                      fault.text);
    }
    return text;
  }

  const Story& story_;
  chaos::Trace& trace_;
  chaos::PayloadText payloads_;
  std::size_t next_request_ = 0;
  std::size_t next_fault_ = 0;
};

/// "12 timers, 3 AppendEntries"; what left a node is counted apart.
std::string since(const Story& story, std::uint32_t node) {
  const StoryStep* changed = nullptr;
  std::map<std::string, std::uint64_t> handled;
  std::uint64_t sent = 0;
  for (const auto& step : story.steps) {
    if (step.node != node) continue;
    if (!step.changes.empty() || step.kind == Kind::Crashed) {
      changed = &step;
      handled.clear();
      sent = 0;
    } else {
      ++handled[kind_name(step)];
      sent += step.out.size();
    }
  }
  if (changed == nullptr) return "It never said anything of its state.";
  std::string text =
      fmt::format("So since {} ms (event {})", in_milliseconds(changed->at_ns), changed->event);
  if (handled.empty()) return text + "; nothing reached it after that, not even a timer.";
  return text + fmt::format("; what it handled since then changed nothing: {}. It sent {}.",
                            listed(handled),
                            sent == 0 ? "nothing" : fmt::format("{} messages", sent));
}

}  // namespace

std::string steps_text(const Story& story, const std::vector<std::size_t>& chosen,
                       chaos::Trace& trace) {
  return Speller(story, trace).steps(chosen);
}

std::string nodes_text(const Story& story) {
  std::string text;
  for (const auto node : story.nodes) {
    const auto up = story.up.find(node);
    const std::string label = fmt::format("    n{:<3}", node);
    if (up == story.up.end() || !up->second) {
      text += label + (up == story.up.end() ? "was never started\n" : "is down\n");
      continue;
    }
    std::string state;
    if (const auto known = story.states.find(node); known != story.states.end()) {
      for (const auto& [field, value] : known->second) {
        state += (state.empty() ? "" : ", ") + field + " " + value;
      }
    }
    text += wrapped(label, state.empty() ? "describes nothing of its state" : state);
    text += wrapped("        ", since(story, node));
  }
  return text;
}

}  // namespace lockstep::labs
