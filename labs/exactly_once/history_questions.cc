// Part C: is a history linearizable, and if so, in which order? The checker knows the answers; an
// order is judged by itself, since there may be several.
#include <fmt/core.h>

#include <nlohmann/json.hpp>
#include <set>

#include "chaos/check/formats.h"
#include "chaos/check/linearizability.h"
#include "labs/exactly_once/answers_file.h"
#include "labs/exactly_once/given.h"
#include "labs/exactly_once/lab.h"

namespace lockstep::labs {

using chaos::History;
using nlohmann::json;

namespace {

/// The operations by their numbers, which count from 1 in the order of their invocations. Nothing
/// if it is no list of such numbers, each at most once.
std::optional<std::vector<std::size_t>> read_order(const json& answer, const History& history) {
  const auto given = answer.find("order");
  if (given == answer.end() || !given->is_array()) return std::nullopt;
  std::vector<std::size_t> order;
  std::set<std::size_t> seen;
  for (const auto& number : *given) {
    if (!number.is_number_unsigned() || number == 0) return std::nullopt;
    const auto value = number.get<std::uint64_t>();
    if (value > history.operations.size()) return std::nullopt;
    const auto index = static_cast<std::size_t>(value - 1);
    if (!seen.insert(index).second) return std::nullopt;
    order.push_back(index);
  }
  return order;
}

/// What is wrong with the order, as a sentence; empty if it explains the history.
std::string problem_with(const std::vector<std::size_t>& order, const History& history) {
  const auto& all = history.operations;
  const std::set<std::size_t> placed(order.begin(), order.end());
  for (std::size_t index = 0; index < all.size(); ++index) {
    if (all[index].returned && placed.count(index) == 0) {
      return fmt::format("operation {} returned and is not in it", index + 1);
    }
  }
  auto machine = history.machine->make();
  for (std::size_t at = 0; at < order.size(); ++at) {
    for (std::size_t before = 0; before < at; ++before) {
      const auto returned = all[order[at]].returned;
      if (returned && *returned < all[order[before]].invoked) {
        return fmt::format("operation {} had returned before operation {} began", order[at] + 1,
                           order[before] + 1);
      }
    }
    const auto result = machine.apply(all[order[at]].command);
    if (all[order[at]].result && *all[order[at]].result != result) {
      return fmt::format("operation {} returned something else there", order[at] + 1);
    }
  }
  return {};
}

/// Adds what may be said about an answer: about orders, and about what is missing.
bool is_right(const GivenHistory& given, const json& answers, std::string& remarks) {
  const auto parsed = chaos::parse_history(given.content, given.name);
  const auto& history = std::get<History>(parsed);
  const std::string name(given.name);
  const auto answer = answers.find(name);
  const bool is_answered = answer != answers.end() && answer->is_object() &&
                           answer->contains("linearizable") &&
                           (*answer)["linearizable"].is_boolean();
  if (!is_answered) {
    remarks += name + ": is not answered with true or false yet\n";
    return false;
  }
  const bool says_yes = (*answer)["linearizable"].get<bool>();
  if (!says_yes) return !chaos::check_linearizability(history).holds();
  const auto order = read_order(*answer, history);
  if (!order) {
    remarks += name + ": \"order\" is no list of different operations, counted from 1\n";
    return false;
  }
  const auto problem = problem_with(*order, history);
  if (!problem.empty()) remarks += name + ": the order does not explain it: " + problem + "\n";
  return problem.empty();
}

Finding judge_histories(const std::filesystem::path& folder) {
  const auto read = read_answers(folder, "histories");
  if (const auto* finding = std::get_if<Finding>(&read)) return *finding;
  bool all_right = true;
  std::string remarks;
  for (const auto& history : given_histories()) {
    all_right = is_right(history, std::get<json>(read), remarks) && all_right;
  }
  if (all_right) return {};
  return wrong_answer(remarks + "not all six are right");
}

}  // namespace

void add_history_questions(LabBuilder& lab) {
  lab.test(
      {.name = "six_histories",
       .points = 10,
       .promise = "you say which histories are linearizable, with an order for each that is",
       .source = "README, part C; Herlihy and Wing 1990",
       .hints = {"Draw each operation as a bar from its invocation to its return. An order may "
                 "turn around bars that overlap, and no others.",
                 "Begin with the reads: which writes must stand before each, and which must "
                 "not?",
                 "An operation without a return may stand anywhere after its invocation, or "
                 "nowhere."},
       .seeds = 1,
       .body = judge_histories});
}

}  // namespace lockstep::labs
