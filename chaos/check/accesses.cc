#include "chaos/check/accesses.h"

#include <map>
#include <utility>

#include "statemachine/kv.h"
#include "statemachine/register.h"

namespace lockstep::chaos {

namespace kv = statemachine::kv;
namespace register_machine = statemachine::register_machine;

namespace {

/// What a command and its result say, whatever the machine is; no value means that there is none.
struct Meaning {
  std::string object;
  bool reads = false;
  bool writes = false;
  std::optional<std::string> read;
  std::optional<std::string> written;
};

constexpr const char* kUnreadable = "a command or a result cannot be read";

/// The same for both machines, whose commands and results are alike but for their types. `result`
/// is missing if there is none.
template <class Command, class Result>
Meaning meaning_of(const Command& command, const std::optional<Result>& result) {
  using Kind = decltype(command.operation);
  using Status = decltype(result->status);
  const bool swaps = command.operation == Kind::CompareAndSet;
  bool only_writes = false;
  if constexpr (requires { Kind::Put; }) {
    only_writes = command.operation == Kind::Put;
  } else {
    only_writes = command.operation == Kind::Write;
  }
  const bool succeeds = result && result->status == Status::Ok;
  Meaning meaning;
  meaning.reads = succeeds && !only_writes;
  meaning.writes = only_writes || (swaps && (succeeds || !result));
  if (swaps) {
    meaning.read = command.expected;
  } else if (result) {
    meaning.read = result->value;
  }
  if (meaning.writes) meaning.written = command.value;
  return meaning;
}

std::variant<Meaning, std::string> meaning_of_register(const Operation& operation) {
  const auto command = register_machine::parse_command(operation.command);
  std::optional<register_machine::Result> result;
  if (operation.result) result = register_machine::parse_result(*operation.result);
  if (!command || (operation.result && !result)) return kUnreadable;
  return meaning_of(*command, result);
}

std::variant<Meaning, std::string> meaning_of_kv(const Operation& operation) {
  const auto command = kv::parse_command(operation.command);
  std::optional<kv::Result> result;
  if (operation.result) result = kv::parse_result(*operation.result);
  if (!command || (operation.result && !result)) return kUnreadable;
  switch (command->operation) {
    case kv::Operation::Append:
      return "appended values are not written by one operation";
    case kv::Operation::GetOrEmpty:
      return "an empty value may be none at all";
    case kv::Operation::Delete:
      return "deleting a key twice writes the same twice";
    default:
      break;
  }
  Meaning meaning = meaning_of(*command, result);
  meaning.object = command->key;
  return meaning;
}

std::variant<Meaning, std::string> meaning_in(const History& history, const Operation& operation) {
  if (history.machine->name == "register") return meaning_of_register(operation);
  if (history.machine->name == "kv") return meaning_of_kv(operation);
  return "only a kv and a register have reads and writes";
}

}  // namespace

std::variant<std::vector<Access>, ThinAirRead, NotDifferentiated> accesses_of(
    const History& history) {
  using Value = std::pair<std::string, std::string>;
  std::vector<Access> accesses;
  std::vector<std::optional<Value>> wants;
  std::map<Value, std::size_t> writers;
  for (std::size_t at = 0; at < history.operations.size(); ++at) {
    const Operation& operation = history.operations[at];
    auto understood = meaning_in(history, operation);
    if (const auto* reason = std::get_if<std::string>(&understood)) {
      return NotDifferentiated{*reason};
    }
    auto& meaning = std::get<Meaning>(understood);
    if (!meaning.reads && !meaning.writes) continue;
    if (meaning.writes) {
      const Value value{meaning.object, *meaning.written};
      if (!writers.emplace(value, accesses.size()).second) {
        return NotDifferentiated{"the value \"" + value.second + "\" is written twice" +
                                 (value.first.empty() ? "" : " to " + value.first)};
      }
    }
    wants.emplace_back(meaning.reads && meaning.read
                           ? std::optional(Value{meaning.object, *meaning.read})
                           : std::nullopt);
    accesses.push_back({at, operation.process, std::move(meaning.object), meaning.reads,
                        meaning.writes, operation.returned.has_value(), std::nullopt});
  }
  for (std::size_t at = 0; at < accesses.size(); ++at) {
    if (!wants[at]) continue;
    const auto found = writers.find(*wants[at]);
    if (found == writers.end()) return ThinAirRead{accesses[at].operation};
    accesses[at].source = found->second;
  }
  return accesses;
}

}  // namespace lockstep::chaos
