#include "chaos/check/explain.h"

#include <algorithm>

#include "statemachine/quoted.h"

namespace lockstep::chaos {
namespace {

constexpr std::size_t kLinesShown = 24;

std::string padded(std::string text, std::size_t width) {
  text.resize(std::max(text.size(), width), ' ');
  return text;
}

std::string what(const Operation& operation, const History& history) {
  const std::string* result = operation.result ? &*operation.result : nullptr;
  const std::string text = history.machine->describe(operation.command, result);
  return operation.result ? text : text + " -> ?";
}

std::string when(const Operation& operation) {
  const std::string end = operation.returned ? std::to_string(*operation.returned) : "";
  return std::to_string(operation.invoked) + " - " + end;
}

std::string line_of_core(const Operation& operation, const History& history) {
  std::string text = "  client " + padded(std::to_string(operation.process), 4) + "  events " +
                     padded(when(operation), 13) + "  " + what(operation, history);
  if (operation.line != 0) text += "  (line " + std::to_string(operation.line) + ")";
  return text + "\n";
}

std::string heading(const Violation& violation) {
  std::string text = "Not linearizable";
  if (violation.key) text += " at key " + statemachine::quoted_key(*violation.key);
  const std::size_t size = violation.core.size();
  text += size == 1 ? ": nothing explains the result of this operation:\n"
                    : ": no order of these " + std::to_string(size) +
                          " operations explains their results:\n";
  return text;
}

std::string others(const Violation& violation) {
  if (violation.left_out == 0) return {};
  const bool one = violation.left_out == 1;
  return "The " +
         (one ? std::string("other operation")
              : std::to_string(violation.left_out) + " other operations") +
         " up to there" + (one ? " does" : " do") +
         " not help, even if each may take effect at any time after its\n"
         "invocation, or never, and may have returned anything.\n";
}

/// An operation outside of the core may have had another result than the one it returned.
std::string step_of_attempt(const Violation& violation, std::size_t index, const History& history) {
  const Operation& operation = history.operations[index];
  const std::vector<std::size_t>& core = violation.core;
  if (std::find(core.begin(), core.end(), index) != core.end()) {
    return "  " + describe(operation, history) + "\n";
  }
  return "  (client " + std::to_string(operation.process) + "  " +
         history.machine->describe(operation.command, nullptr) + ")\n";
}

std::string attempt(const Violation& violation, const History& history) {
  const std::vector<std::size_t>& order = violation.longest_order;
  if (order.empty()) return "Already the first step fails. ";
  std::string text = "The longest attempt took effect in this order (the others in brackets):\n";
  const std::size_t skipped = order.size() > kLinesShown ? order.size() - kLinesShown : 0;
  if (skipped > 0) text += "  ... (" + std::to_string(skipped) + " more before)\n";
  for (std::size_t at = skipped; at < order.size(); ++at) {
    text += step_of_attempt(violation, order[at], history);
  }
  return text;
}

}  // namespace

std::string describe(const Operation& operation, const History& history) {
  return "client " + std::to_string(operation.process) + "  " + what(operation, history);
}

std::string describe(const Violation& violation, const History& history) {
  std::string text = heading(violation);
  const std::vector<std::size_t>& core = violation.core;
  const std::size_t skipped = core.size() > kLinesShown ? core.size() - kLinesShown : 0;
  if (skipped > 0) text += "  ... (" + std::to_string(skipped) + " more before)\n";
  for (std::size_t at = skipped; at < core.size(); ++at) {
    text += line_of_core(history.operations[core[at]], history);
  }
  text += others(violation) + attempt(violation, history);
  text += "Now `" + describe(history.operations[violation.blocked], history) +
          "` must take effect before it returns, but attempts that got\nthis far met only ";
  text += violation.states.size() == 1 ? "this state:\n" : "these states:\n";
  for (const std::string& state : violation.states) {
    text += "  " + history.machine->describe_state(state) + "\n";
  }
  if (!violation.is_minimal) text += "The budget ended before these operations were fewest.\n";
  return text;
}

}  // namespace lockstep::chaos
