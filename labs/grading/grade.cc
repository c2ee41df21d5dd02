#include "labs/grading/grade.h"

#include <fmt/core.h>

#include <nlohmann/json.hpp>

namespace lockstep::labs {

using nlohmann::json;

namespace {

constexpr const char* kSchema = "lockstep/grade/v1";

std::string digest_text(std::uint64_t digest) { return fmt::format("{:016x}", digest); }

std::uint64_t digest_in(const json& text) {
  return std::stoull(text.get<std::string>(), nullptr, 16);
}

json to_json(const Finding& finding) {
  return {{"verdict", name_of(finding.verdict)},
          {"rule", finding.rule},
          {"promised", finding.promised},
          {"happened", finding.happened},
          {"source", finding.source},
          {"event", finding.event},
          {"at_us", finding.at.time_since_epoch().count() / 1000},
          {"digest", digest_text(finding.digest)}};
}

json to_json(const TestGrade& test) {
  json all{{"test", test.name},
           {"part", std::string(1, test.part)},
           {"points", test.points},
           {"earned", test.earned},
           {"private", test.is_private},
           {"optional", test.is_optional},
           {"seeds", test.seeds},
           {"events", test.events},
           {"digest", digest_text(test.digest)},
           {"digests", json::array()},
           {"finding", to_json(test.finding)}};
  for (const auto digest : test.digests) all["digests"].push_back(digest_text(digest));
  if (test.failing_seed != 0) all["failing_seed"] = test.failing_seed;
  if (!test.page.empty()) all["page"] = test.page;
  return all;
}

Finding read_finding(const json& all) {
  Finding finding;
  for (int at = 0; at <= static_cast<int>(Verdict::Infrastructure); ++at) {
    const auto verdict = static_cast<Verdict>(at);
    if (all.at("verdict").get<std::string>() == name_of(verdict)) finding.verdict = verdict;
  }
  finding.rule = all.at("rule");
  finding.promised = all.at("promised");
  finding.happened = all.at("happened");
  finding.source = all.at("source");
  finding.event = all.at("event");
  finding.at = transport::Time{std::chrono::microseconds(all.at("at_us").get<std::int64_t>())};
  finding.digest = digest_in(all.at("digest"));
  return finding;
}

TestGrade read_test(const json& all) {
  TestGrade test;
  test.name = all.at("test");
  test.part = all.at("part").get<std::string>().at(0);
  test.points = all.at("points");
  test.earned = all.at("earned");
  test.is_private = all.at("private");
  test.is_optional = all.value("optional", false);
  test.seeds = all.at("seeds");
  test.events = all.at("events");
  test.digest = digest_in(all.at("digest"));
  for (const auto& digest : all.at("digests")) test.digests.push_back(digest_in(digest));
  test.finding = read_finding(all.at("finding"));
  test.failing_seed = all.value("failing_seed", std::uint64_t{0});
  test.page = all.value("page", "");
  return test;
}

std::uint32_t sum_of(const std::vector<TestGrade>& tests, std::uint32_t TestGrade::*number,
                     bool is_optional) {
  std::uint32_t sum = 0;
  for (const auto& test : tests) sum += test.is_optional == is_optional ? test.*number : 0;
  return sum;
}

std::string line(const TestGrade& test) {
  return fmt::format("  {:<42} {:>3} of {:>2}  {}{}\n", test.name, test.earned, test.points,
                     name_of(test.finding.verdict), test.is_private ? " (private)" : "");
}

}  // namespace

std::uint32_t Grade::earned() const { return sum_of(tests, &TestGrade::earned, false); }

std::uint32_t Grade::points() const { return sum_of(tests, &TestGrade::points, false); }

std::uint32_t Grade::optional_earned() const { return sum_of(tests, &TestGrade::earned, true); }

std::uint32_t Grade::optional_points() const { return sum_of(tests, &TestGrade::points, true); }

bool Grade::is_infrastructure() const {
  if (!problem.empty()) return true;
  for (const auto& test : tests) {
    if (test.finding.verdict == Verdict::Infrastructure) return true;
  }
  return false;
}

std::string to_json(const Grade& grade) {
  json all{{"schema", kSchema},
           {"lab", grade.lab},
           {"version", grade.version},
           {"key", grade.key},
           {"submission", grade.submission},
           {"isolation",
            {{"level", grade.isolation.level},
             {"measures", grade.isolation.measures},
             {"lacking", grade.isolation.lacking}}},
           {"built", grade.is_built},
           {"build_output", grade.build_output},
           {"problem", grade.problem},
           {"earned", grade.earned()},
           {"points", grade.points()},
           {"optional_earned", grade.optional_earned()},
           {"optional_points", grade.optional_points()},
           {"tests", json::array()}};
  for (const auto& test : grade.tests) all["tests"].push_back(to_json(test));
  return all.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

std::variant<Grade, std::string> read_grade(const std::string& text) {
  const json all = json::parse(text, nullptr, false);
  if (!all.is_object() || all.value("schema", "") != kSchema) {
    return fmt::format("is no grade: expected a JSON object with the schema {}", kSchema);
  }
  try {
    Grade grade;
    grade.lab = all.at("lab");
    grade.version = all.at("version");
    grade.key = all.at("key");
    grade.submission = all.at("submission");
    grade.isolation.level = all.at("isolation").at("level");
    grade.isolation.measures = all.at("isolation").at("measures");
    grade.isolation.lacking = all.at("isolation").at("lacking");
    grade.is_built = all.at("built");
    grade.build_output = all.at("build_output");
    grade.problem = all.at("problem");
    for (const auto& test : all.at("tests")) grade.tests.push_back(read_test(test));
    return grade;
  } catch (const std::exception& error) {
    return fmt::format("is a damaged grade: {}", error.what());
  }
}

std::string to_text(const Grade& grade) {
  std::string text = fmt::format("{}, version {}, submission {}, key {}\n", grade.lab,
                                 grade.version, grade.submission.substr(0, 12), grade.key);
  if (!grade.problem.empty()) {
    return text + "\nNOT GRADED (infrastructure, costs no points): " + grade.problem + "\n";
  }
  if (!grade.is_built) {
    return text + "\nBUILD REJECTED: 0 points\n\n" + grade.build_output;
  }
  text += fmt::format("isolation: {}\n\n", grade.isolation.account());
  for (const auto& test : grade.tests) text += line(test);
  for (const auto& test : grade.tests) text += test.page;
  if (grade.points() > 0) {
    text += fmt::format("\n{} of {} points\n", grade.earned(), grade.points());
  }
  if (grade.optional_points() > 0) {
    text +=
        fmt::format("{} of {} points on top\n", grade.optional_earned(), grade.optional_points());
  }
  if (grade.is_infrastructure()) {
    text += "Some tests have no verdict for reasons of this machine: grade again.\n";
  }
  return text;
}

}  // namespace lockstep::labs
