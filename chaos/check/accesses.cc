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

std::variant<Meaning, std::string> meaning_of_register(const Operation& operation) {
  const auto command = register_machine::parse_command(operation.command);
  if (!command) return kUnreadable;
  Meaning meaning;
  std::optional<register_machine::Result> result;
  if (operation.result) {
    result = register_machine::parse_result(*operation.result);
    if (!result) return kUnreadable;
  }
  using Kind = register_machine::Operation;
  const bool succeeds = result && result->status == register_machine::Status::Ok;
  meaning.reads = succeeds && command->operation != Kind::Write;
  meaning.writes = command->operation == Kind::Write ||
                   (command->operation == Kind::CompareAndSet && (succeeds || !result));
  meaning.read = command->operation == Kind::CompareAndSet ? command->expected
                 : result                                  ? result->value
                                                           : std::nullopt;
  if (meaning.writes) meaning.written = command->value;
  return meaning;
}

std::variant<Meaning, std::string> meaning_of_kv(const Operation& operation) {
  const auto command = kv::parse_command(operation.command);
  if (!command) return kUnreadable;
  using Kind = kv::Operation;
  if (command->operation == Kind::Append) return "appended values are not written by one operation";
  if (command->operation == Kind::GetOrEmpty) return "an empty value may be none at all";
  Meaning meaning;
  meaning.object = command->key;
  std::optional<kv::Result> result;
  if (operation.result) {
    result = kv::parse_result(*operation.result);
    if (!result) return kUnreadable;
  }
  if (command->operation == Kind::Delete) return "deleting a key twice writes the same twice";
  const bool succeeds = result && result->status == kv::Status::Ok;
  meaning.reads = succeeds && command->operation != Kind::Put;
  meaning.writes = command->operation == Kind::Put ||
                   (command->operation == Kind::CompareAndSet && (succeeds || !result));
  meaning.read = command->operation == Kind::CompareAndSet ? command->expected
                 : result                                  ? result->value
                                                           : std::nullopt;
  if (meaning.writes) meaning.written = command->value;
  return meaning;
}

std::variant<Meaning, std::string> meaning_of(const History& history, const Operation& operation) {
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
    auto understood = meaning_of(history, operation);
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
