#include "labs/outside/renaming.h"

#include <fmt/core.h>

#include <cctype>
#include <regex>
#include <utility>
#include <vector>

#include "labs/workspace/replace_all.h"

namespace lockstep::labs {

std::string renamed(std::string text, const std::string& from, const std::string& to) {
  std::vector<std::pair<std::string, std::string>> all{
      {"labs/" + from + "/", "labs/" + to + "/"},
      {from + "_lab()", to + "_lab()"},
      {"\"" + from + "\"", "\"" + to + "\""},
      {"lockstep_lab(" + from + "\n", fmt::format("lockstep_lab({} REPLACES {}\n", to, from)},
      {"lockstep_lab_" + from, "lockstep_lab_" + to}};
  for (const char* verb :
       {"start", "show", "test", "grade", "replay", "debug", "submit", "report"}) {
    const std::string command = fmt::format("lockstep lab {} ", verb);
    all.emplace_back(command + from, command + to);
  }
  for (const auto& [what, with] : all) replace_all(text, what, with);
  return text;
}

std::string renamed_everywhere(std::string text, const std::string& from, const std::string& to) {
  const std::regex word("(^|[^A-Za-z0-9])" + from + "(?=[^A-Za-z0-9]|$)");
  text = std::regex_replace(text, word, "$1" + to);
  std::string title = from;
  std::string title_to = to;
  title.front() = static_cast<char>(std::toupper(title.front()));
  title_to.front() = static_cast<char>(std::toupper(title_to.front()));
  replace_all(text, title, title_to);
  return text;
}

std::string lab_name_problem(std::string_view name) {
  static const std::regex kName("[a-z][a-z0-9]*(_[a-z0-9]+)*");
  constexpr std::size_t kLengthMax = 30;
  if (name.size() <= kLengthMax && std::regex_match(name.begin(), name.end(), kName)) return {};
  return fmt::format(
      "\"{}\" is no name for a lab: expected at most {} of a-z, 0-9 and single _, from a letter on",
      name, kLengthMax);
}

}  // namespace lockstep::labs
