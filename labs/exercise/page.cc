#include "labs/exercise/page.h"

#include <fmt/core.h>

#include <algorithm>
#include <cctype>
#include <sstream>

namespace lockstep::labs {
namespace {

constexpr std::size_t kColumns = 100;
constexpr std::size_t kIndent = 13;

std::string upper(std::string_view text) {
  std::string all(text);
  for (auto& letter : all) letter = static_cast<char>(std::toupper(letter));
  return all;
}

/// A paragraph beside its label; lines of the text stay lines, and long ones are broken at spaces.
std::string paragraph(std::string_view label, const std::string& text) {
  std::string page;
  std::string margin = fmt::format("  {:<{}}", label, kIndent - 2);
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    do {
      auto end = line.size();
      if (end > kColumns - kIndent) {
        end = line.rfind(' ', kColumns - kIndent);
        if (end == std::string::npos || end == 0) end = kColumns - kIndent;
      }
      page += margin + line.substr(0, end) + "\n";
      line.erase(0, std::min(line.size(), end + 1));
      margin = std::string(kIndent, ' ');
    } while (!line.empty());
  }
  return page;
}

std::string milliseconds(transport::Time at) {
  const auto tenths = at.time_since_epoch().count() / 100'000;
  return fmt::format("{}.{} ms", tenths / 10, tenths % 10);
}

std::string rule(const Finding& finding) {
  if (finding.rule.empty()) return {};
  std::string text = finding.rule;
  if (!finding.promised.empty()) text += ": " + finding.promised;
  if (!finding.source.empty()) text += " (" + finding.source + ")";
  return paragraph("Rule", text);
}

/// A command stays on one line, however long, so that it can be copied.
std::string command_line(std::string_view label, const std::string& command) {
  return fmt::format("  {:<{}}{}\n", label, kIndent - 2, command);
}

std::string moment_of(const Finding& finding) {
  if (finding.event == 0) return "at the end of the run";
  return fmt::format("at {} of virtual time, event {}", milliseconds(finding.at), finding.event);
}

std::string when(const Finding& finding, const PageContext& context) {
  const auto& told = context.explanation.finding;
  const auto& smaller = context.explanation.smaller;
  // Without a digest the run was not completed.
  const std::string run = finding.digest == 0 ? fmt::format("seed {}", context.seed)
                                              : fmt::format("seed {}, run of digest {:016x}",
                                                            context.seed, finding.digest);
  if (smaller.empty()) return paragraph("When", fmt::format("{}, {}", moment_of(finding), run));
  return paragraph("When", fmt::format("{}, in a smaller run that fails in the same way, with {}.\n"
                                       "In the whole run it is {}; {}.",
                                       moment_of(told), smaller, moment_of(finding), run));
}

std::string hints(const LabTest& test, const PageContext& context) {
  std::string text;
  const auto shown = std::min(context.hints, test.hints.size());
  for (std::size_t at = 0; at < shown; ++at) {
    text += paragraph(fmt::format("Hint {}", at + 1), test.hints[at]);
  }
  if (shown < test.hints.size()) {
    text += command_line(shown == 0 ? "Hint" : "More hints",
                         fmt::format("{} --test {} --hint", context.command, full_name(test)));
  }
  return text;
}

/// The same words for another command: "./lockstep lab replay raft A.first_leader DIR".
std::string other_command(const Lab& lab, const LabTest& test, const PageContext& context,
                          const char* verb) {
  const std::string spoken = fmt::format(" lab test {}", lab.name);
  const auto at = context.command.find(spoken);
  const std::string program = at == std::string::npos ? "lockstep" : context.command.substr(0, at);
  const std::string folder =
      at == std::string::npos ? "" : context.command.substr(at + spoken.size());
  return fmt::format("{} lab {} {} {}{} --seed {}{}", program, verb, lab.name, full_name(test),
                     folder, context.seed, context.explanation.smaller.empty() ? "" : " --small");
}

std::string story(const PageContext& context) {
  const auto& explanation = context.explanation;
  std::string text;
  if (!explanation.steps.empty()) text += "\n  Steps that matter\n" + explanation.steps;
  if (!explanation.problem.empty()) text += paragraph("But", explanation.problem);
  if (!explanation.nodes.empty()) text += "\n  The nodes in the end\n" + explanation.nodes;
  return text.empty() ? text : text + "\n";
}

std::string commands(const Lab& lab, const LabTest& test, const PageContext& context) {
  std::string text = command_line("Again", fmt::format("{} --test {} --seed {}", context.command,
                                                       full_name(test), context.seed));
  if (!context.explanation.steps.empty()) {
    text += command_line("All steps", other_command(lab, test, context, "replay"));
  }
  const auto event = context.explanation.last_event;
  if (event == 0) return text;
  return text +
         command_line("In gdb",
                      fmt::format("{} --at {}", other_command(lab, test, context, "debug"), event));
}

}  // namespace

std::string failure_page(const Lab& lab, const LabTest& test, const Finding& whole,
                         const PageContext& context) {
  // Whatever the steps lead to is what the page is about.
  const Finding& finding =
      context.explanation.smaller.empty() ? whole : context.explanation.finding;
  std::string page = fmt::format("\n{}: {}\n\n", full_name(test), upper(name_of(finding.verdict)));
  page += paragraph("Promised", test.promise + " (" + test.source + ")");
  page += paragraph("Happened", finding.happened);
  if (!finding.expected.empty() || !finding.actual.empty()) {
    page += paragraph("Expected", finding.expected);
    page += paragraph("Actual", finding.actual);
  }
  page += rule(finding);
  if (test.runs()) page += when(whole, context);
  page += story(context);
  page += hints(test, context);
  return page + commands(lab, test, context);
}

}  // namespace lockstep::labs
