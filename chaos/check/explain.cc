#include "chaos/check/explain.h"

#include <algorithm>

#include "statemachine/quoted.h"

namespace lockstep::chaos {
namespace {

constexpr std::size_t kLinesShown = 24;
constexpr std::size_t kStepsShown = 8;
constexpr std::size_t kStatesShown = 3;
constexpr std::size_t kHeadShown = 32;  // Bytes.
constexpr std::size_t kTailShown = 48;

std::string padded(std::string text, std::size_t width) {
  text.resize(std::max(text.size(), width), ' ');
  return text;
}

/// Long values differ at their ends most often, where something was appended.
std::string shortened(const std::string& text) {
  if (text.size() <= kHeadShown + kTailShown + 5) return text;
  return text.substr(0, kHeadShown) + " ... " + text.substr(text.size() - kTailShown);
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

/// The operations of a witness by invocation, and the numbers by which the text names them.
class Cast {
 public:
  explicit Cast(const Violation& violation) : shown_(violation.core) {
    shown_.insert(shown_.end(), violation.supporting.begin(), violation.supporting.end());
    std::sort(shown_.begin(), shown_.end());
  }

  std::size_t size() const { return shown_.size(); }
  std::size_t operator[](std::size_t at) const { return shown_[at]; }

  std::string number(std::size_t operation) const {
    const auto place = std::lower_bound(shown_.begin(), shown_.end(), operation);
    return "[" + std::to_string(place - shown_.begin() + 1) + "]";
  }

 private:
  std::vector<std::size_t> shown_;
};

bool is_supporting(const Violation& violation, std::size_t operation) {
  const std::vector<std::size_t>& all = violation.supporting;
  return std::binary_search(all.begin(), all.end(), operation);
}

/// A supporting operation stands there without its end: it may take effect later than it did.
std::string line(const Violation& violation, const Cast& cast, std::size_t index,
                 const History& history) {
  Operation operation = history.operations[index];
  const bool is_free = is_supporting(violation, index);
  if (is_free) operation.returned.reset();
  const std::string text =
      is_free ? history.machine->describe(operation.command, nullptr) : what(operation, history);
  return "  " + padded(cast.number(index), 4) + " client " +
         padded(std::to_string(operation.process), 4) + "  events " + padded(when(operation), 13) +
         "  " + shortened(text) +
         (operation.line != 0 ? "  (line " + std::to_string(operation.line) + ")\n" : "\n");
}

std::string lines(const Violation& violation, const Cast& cast, const History& history) {
  const std::size_t skipped = cast.size() > kLinesShown ? cast.size() - kLinesShown : 0;
  std::string text = skipped > 0 ? "  ... (" + std::to_string(skipped) + " more before)\n" : "";
  for (std::size_t at = skipped; at < cast.size(); ++at) {
    text += line(violation, cast, cast[at], history);
  }
  return text;
}

std::string heading(const Violation& violation, const Cast& cast) {
  std::string text = "Not linearizable";
  if (violation.key) text += " at key " + statemachine::quoted_key(*violation.key);
  return text + (cast.size() == 1 ? ": nothing explains the result of this operation:\n"
                                  : ": no order of these " + std::to_string(cast.size()) +
                                        " operations explains their results:\n");
}

/// As in `"1"`, or in `"1", "2" or 3 others`.
std::string alternatives(const std::vector<std::string>& snapshots, const History& history) {
  std::string text;
  const std::size_t shown = std::min(snapshots.size(), kStatesShown);
  for (std::size_t at = 0; at < shown; ++at) {
    const bool is_last = at + 1 == snapshots.size();
    text += (at == 0   ? ""
             : is_last ? " or "
                       : ", ") +
            shortened(history.machine->describe_state(snapshots[at]));
  }
  if (shown == snapshots.size()) return text;
  return text + " or " + std::to_string(snapshots.size() - shown) + " others";
}

std::string before(const Violation& violation, const History& history) {
  if (!violation.before) return {};
  const Before& known = *violation.before;
  const bool one = known.operations == 1;
  return "By event " + std::to_string(known.event) + (one ? ", " : ", each order of the ") +
         (one ? "the operation" : std::to_string(known.operations) + " operations") +
         " that had returned has left " + alternatives(known.states, history) +
         ",\nunless one still open had taken effect as well.\n";
}

std::string attempt(const Violation& violation, const Cast& cast, const History& history) {
  const std::vector<std::size_t>& order = violation.longest_order;
  std::string text;
  if (!order.empty()) {
    text = order.size() == 1 ? "At best " : "At best, in this order, ";
    const std::size_t skipped = order.size() > kStepsShown ? order.size() - kStepsShown : 0;
    if (skipped > 0) text += "..., ";
    for (std::size_t at = skipped; at < order.size(); ++at) {
      text += cast.number(order[at]) + (at + 1 == order.size() ? "" : ", ");
    }
    text += order.size() == 1 ? " takes effect.\nThen " : " take effect.\nThen ";
  }
  return text + cast.number(violation.blocked) + " must take effect before event " +
         std::to_string(*history.operations[violation.blocked].returned) +
         ", but cannot return that: the state is " + alternatives(violation.states, history) +
         ".\n";
}

std::string others(const Violation& violation) {
  const std::size_t count = violation.left_out - violation.supporting.size();
  if (count == 0) return {};
  return (count == 1 ? "The other operation" : "The " + std::to_string(count) + " others") +
         " up to there cannot help, even if free to take effect at any time after the\n"
         "invocation, or never, and to return anything.\n";
}

}  // namespace

std::string describe(const Operation& operation, const History& history) {
  return "client " + std::to_string(operation.process) + "  " + what(operation, history);
}

std::string describe(const Violation& violation, const History& history) {
  const Cast cast(violation);
  std::string text = heading(violation, cast) + lines(violation, cast, history) +
                     before(violation, history) + attempt(violation, cast, history) +
                     others(violation);
  if (!violation.is_minimal) text += "The budget ended before these operations were fewest.\n";
  return text;
}

}  // namespace lockstep::chaos
