#include "chaos/check/log_witness.h"

#include <map>

#include "chaos/check/explain.h"

namespace lockstep::chaos {
namespace {

using Kind = WitnessViolation::Kind;

std::optional<WitnessViolation> check_places(const History& history,
                                             const std::vector<std::size_t>& order) {
  std::vector<bool> stands(history.operations.size(), false);
  std::map<std::uint64_t, std::size_t> last;
  for (const auto at : order) {
    if (stands[at]) return WitnessViolation{Kind::Repeated, at};
    stands[at] = true;
    // What never returned may take effect after anything that its client did later.
    if (!history.operations[at].returned) continue;
    const auto [before, is_first] = last.emplace(history.operations[at].process, at);
    if (!is_first && before->second > at) {
      return WitnessViolation{Kind::OutOfTurn, before->second, at};
    }
    before->second = at;
  }
  for (std::size_t at = 0; at < stands.size(); ++at) {
    if (history.operations[at].returned && !stands[at]) return WitnessViolation{Kind::Missing, at};
  }
  return std::nullopt;
}

}  // namespace

std::optional<WitnessViolation> check_sequential(const History& history,
                                                 const std::vector<std::size_t>& order) {
  if (auto violation = check_places(history, order)) return violation;
  auto machine = history.machine->make();
  for (const auto at : order) {
    const Operation& operation = history.operations[at];
    std::string result = machine.apply(operation.command);
    if (operation.result && *operation.result != result) {
      return WitnessViolation{Kind::WrongResult, at, std::nullopt, std::move(result)};
    }
  }
  return std::nullopt;
}

std::string describe(const WitnessViolation& violation, const History& history) {
  const auto line = [&](std::size_t at) {
    return "  " + describe(history.operations[at], history) + "\n";
  };
  const Operation& operation = history.operations[violation.operation];
  switch (violation.kind) {
    case Kind::Missing:
      return "Not in the log although it returned:\n" + line(violation.operation);
    case Kind::Repeated:
      return "Twice in the log:\n" + line(violation.operation);
    case Kind::OutOfTurn:
      return "In the log before what its client had done earlier:\n" + line(violation.operation) +
             line(*violation.earlier);
    case Kind::WrongResult:
      return "In the order of the log the result would have been another:\n" +
             line(violation.operation) + "  rather " +
             history.machine->describe(operation.command, &violation.expected) + "\n";
  }
  return {};
}

}  // namespace lockstep::chaos
