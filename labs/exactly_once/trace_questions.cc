// Part B: which request does the server of the given trace execute twice, and when? The right
// answers are read off the trace itself.
#include <fmt/core.h>

#include <array>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "labs/exactly_once/answers_file.h"
#include "labs/exactly_once/given.h"
#include "labs/exactly_once/lab.h"

namespace lockstep::labs {

using nlohmann::json;

namespace {

using Name = std::pair<std::uint64_t, std::uint64_t>;  // Client and sequence.

/// What happened to one request.
struct Told {
  std::vector<std::uint64_t> executed;  // Events.
  std::vector<std::uint64_t> replied;
};

std::uint64_t number_after(const std::string& line, const char* label) {
  const auto at = line.find(label);
  return at == std::string::npos ? 0 : std::stoull(line.substr(at + std::string(label).size()));
}

/// A step is a line with its time, event, node and verb; what it changed stands in the lines below.
std::map<Name, Told> read_trace(std::string_view trace) {
  std::map<Name, Told> requests;
  std::istringstream lines{std::string(trace)};
  Name called;
  std::uint64_t event = 0;
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string time;
    std::string number;
    std::string node;
    std::string verb;
    words >> time;
    if (time == "|") {
      const bool executes = called != Name() && line.find("executed ") != std::string::npos;
      if (executes) requests[called].executed.push_back(event);
      continue;
    }
    words >> number >> node >> verb;
    const Name name{number_after(line, "client: "), number_after(line, "sequence: ")};
    called = verb == "get" && node == "n1" ? name : Name();
    if (number.find_first_not_of("0123456789") != std::string::npos) continue;
    event = number.empty() ? 0 : std::stoull(number);
    if (verb == "reply") requests[name].replied.push_back(event);
  }
  return requests;
}

/// The request that is executed twice.
const std::pair<const Name, Told>& culprit() {
  static const std::map<Name, Told> requests = read_trace(given_trace());
  for (const auto& request : requests) {
    if (request.second.executed.size() > 1) return request;
  }
  throw std::logic_error("no request is executed twice in the trace of this lab");
}

Finding judge_request(const std::filesystem::path& folder) {
  const auto read = read_answers(folder, "trace");
  if (const auto* finding = std::get_if<Finding>(&read)) return *finding;
  const auto& answers = std::get<json>(read);
  const auto client = number_in(answers, "client");
  const auto sequence = number_in(answers, "sequence");
  if (!client || !sequence) {
    return wrong_answer("\"client\" and \"sequence\" of the request are not answered yet");
  }
  if (Name{*client, *sequence} == culprit().first) return {};
  return wrong_answer(
      fmt::format("the server does not execute request {} of c{} twice", *sequence, *client));
}

Finding judge_events(const std::filesystem::path& folder) {
  const auto read = read_answers(folder, "trace");
  if (const auto* finding = std::get_if<Finding>(&read)) return *finding;
  const auto& told = culprit().second;
  const std::array<std::pair<const char*, std::uint64_t>, 3> questions{
      {{"executed_first", told.executed.at(0)},
       {"answered", told.replied.at(0)},
       {"executed_again", told.executed.at(1)}}};
  std::size_t right = 0;
  for (const auto& [name, event] : questions) {
    const auto answer = number_in(std::get<json>(read), name);
    if (!answer) return wrong_answer(fmt::format("\"{}\" is not answered yet", name));
    right += *answer == event ? 1 : 0;
  }
  if (right == questions.size()) return {};
  return wrong_answer(fmt::format("not all {} events are right", questions.size()));
}

}  // namespace

void add_trace_questions(LabBuilder& lab) {
  lab.test(
      {.name = "which_request",
       .points = 4,
       .promise = "you name the request that the server of trace.txt executes twice",
       .source = "README, part B",
       .hints = {"Each line of the server that says \"executed\" belongs to the Call above it."},
       .seeds = 1,
       .body = judge_request});
  lab.test({.name = "which_events",
            .points = 6,
            .promise = "you name the events in which it is executed, answered and executed again",
            .source = "README, part B",
            .hints = {"The second column is the number of the event. A user is answered where the "
                      "client node's line says \"reply\"."},
            .seeds = 1,
            .body = judge_events});
}

}  // namespace lockstep::labs
