#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "labs/outside/proof.h"

namespace lockstep::labs {

using nlohmann::json;

namespace {

constexpr const char* kSchema = "lockstep/lab-proof/v1";

std::size_t bugs_of(const Proof& proof, const std::string& test) {
  const auto has = [&](const BugProof& bug) { return loses(test, bug.failing); };
  return static_cast<std::size_t>(std::count_if(proof.bugs.begin(), proof.bugs.end(), has));
}

/// One letter for each test, the tests of a part together.
template <class Letter>
std::string row(const Proof& proof, Letter letter) {
  std::string text;
  char part = proof.tests.empty() ? '\0' : proof.tests.front().front();
  for (const auto& test : proof.tests) {
    if (test.front() != part) text += ' ';
    part = test.front();
    text += letter(test);
  }
  return text;
}

/// Bugs down, tests across; below, what each test finds, in the same order.
std::string table(const Proof& proof) {
  std::size_t width = 3;
  for (const auto& bug : proof.bugs) width = std::max(width, bug.bug.name.size());
  const std::string parts = row(proof, [](const std::string& test) { return test.front(); });
  std::string text = fmt::format("  {:<{}}  {}  lost  must lose\n", "bug", width, parts);
  for (const auto& bug : proof.bugs) {
    const auto letter = [&](const std::string& test) {
      return !bug.is_tried ? '?' : loses(test, bug.failing) ? 'x' : '.';
    };
    text += fmt::format("  {:<{}}  {}  {:>4}  {}\n", bug.bug.name, width, row(proof, letter),
                        bug.lost, fmt::join(bug.bug.loses, ", "));
  }
  text += "\n";
  for (const auto& test : proof.tests) {
    text += fmt::format("  {:<42} finds {}\n", test, bugs_of(proof, test));
  }
  return text;
}

}  // namespace

std::string to_text(const Proof& proof) {
  std::string text =
      fmt::format("lab {}, version {}, {} points\n", proof.lab, proof.version, proof.points);
  if (!proof.isolation.empty()) text += fmt::format("isolation: {}\n", proof.isolation);
  if (!proof.starter_says.empty()) {
    text += fmt::format("starter:   fails first by {}\n", proof.starter_says);
  }
  if (proof.keys > 0) {
    text += fmt::format("solution:  full marks with the known seeds and {} keys\n", proof.keys);
  }
  if (!proof.bugs.empty()) text += "\n" + table(proof);
  if (!proof.warnings.empty()) text += "\n";
  for (const auto& warning : proof.warnings) text += fmt::format("warning: {}\n", warning);
  if (!proof.problems.empty()) text += "\n";
  for (const auto& problem : proof.problems) text += fmt::format("NOT SO: {}\n", problem);
  if (!proof.infrastructure.empty()) {
    return text +
           fmt::format("\nNO ANSWER, for reasons of this machine: {}\n", proof.infrastructure);
  }
  return text + (proof.is_proven() ? "\nPROVEN\n" : "\nNOT PROVEN\n");
}

std::string to_json(const Proof& proof) {
  json bugs = json::array();
  for (const auto& bug : proof.bugs) {
    bugs.push_back({{"bug", bug.bug.name},
                    {"broken", bug.bug.broken},
                    {"must_lose", bug.bug.loses},
                    {"tried", bug.is_tried},
                    {"failing", bug.failing},
                    {"lost", bug.lost}});
  }
  json tests = json::array();
  for (const auto& test : proof.tests) {
    tests.push_back({{"test", test}, {"bugs", bugs_of(proof, test)}});
  }
  const json all{{"schema", kSchema},
                 {"lab", proof.lab},
                 {"version", proof.version},
                 {"points", proof.points},
                 {"proven", proof.is_proven()},
                 {"isolation", proof.isolation},
                 {"starter", proof.starter_says},
                 {"keys", proof.keys},
                 {"bugs", bugs},
                 {"tests", tests},
                 {"problems", proof.problems},
                 {"warnings", proof.warnings},
                 {"infrastructure", proof.infrastructure}};
  return all.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

}  // namespace lockstep::labs
