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

std::string when(const Finding& finding, const PageContext& context) {
  if (finding.event == 0) {
    return paragraph("When", fmt::format("at the end of the run, seed {}", context.seed));
  }
  return paragraph("When", fmt::format("at {} of virtual time, event {}, seed {}",
                                       milliseconds(finding.at), finding.event, context.seed));
}

std::string hints(const LabTest& test, const PageContext& context) {
  std::string text;
  const auto shown = std::min(context.hints, test.hints.size());
  for (std::size_t at = 0; at < shown; ++at) {
    text += paragraph(fmt::format("Hint {}", at + 1), test.hints[at]);
  }
  if (shown < test.hints.size()) {
    text += paragraph(shown == 0 ? "Hint" : "More hints",
                      fmt::format("{} --test {} --hint", context.command, full_name(test)));
  }
  return text;
}

}  // namespace

std::string failure_page(const Lab&, const LabTest& test, const Finding& finding,
                         const PageContext& context) {
  std::string page = fmt::format("\n{}: {}\n\n", full_name(test), upper(name_of(finding.verdict)));
  page += paragraph("Promised", test.promise + " (" + test.source + ")");
  page += paragraph("Happened", finding.happened);
  if (!finding.expected.empty() || !finding.actual.empty()) {
    page += paragraph("Expected", finding.expected);
    page += paragraph("Actual", finding.actual);
  }
  page += rule(finding);
  page += when(finding, context);
  if (!context.steps.empty()) page += "\n  Steps that matter\n" + context.steps + "\n";
  page += hints(test, context);
  const std::string again =
      fmt::format("{} --test {} --seed {}", context.command, full_name(test), context.seed);
  return page + paragraph("Again", again);
}

}  // namespace lockstep::labs
