#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "chaos/check/formats.h"
#include "chaos/check/hex.h"
#include "statemachine/counter.h"
#include "statemachine/decisions.h"
#include "statemachine/kv.h"
#include "statemachine/register.h"

namespace lockstep::chaos {
namespace {

using Json = nlohmann::ordered_json;
namespace counter = statemachine::counter;
namespace decisions = statemachine::decisions;
namespace kv = statemachine::kv;
namespace register_machine = statemachine::register_machine;

/// Whether the bytes can stand in JSON as they are.
bool is_text(std::string_view bytes) {
  const Json json = std::string(bytes);
  const std::string dumped = json.dump(-1, ' ', false, Json::error_handler_t::replace);
  return Json::parse(dumped).get<std::string>() == bytes;
}

Json bytes_json(std::string_view bytes) {
  if (is_text(bytes)) return std::string(bytes);
  return {{"hex", to_hex(bytes)}};
}

Json optional_json(const std::optional<std::string>& bytes) {
  return bytes ? bytes_json(*bytes) : Json();
}

/// What is particular to an operation in its two lines.
struct Fields {
  Json invoke;
  Json ok;
};

template <class Result>
void add_result(const Result& result, bool is_read, bool is_cas, bool is_ok, Json& ok) {
  if (is_read) ok["value"] = optional_json(result.value);
  if (is_cas) ok["swapped"] = is_ok;
}

/// Reading `ok` without a result gives the one result that such an operation has, if it has one.
bool may_lack_result(const Operation& operation, bool has_several_results) {
  return has_several_results || !operation.returned;
}

/// The fields for a command and its result; nothing if only raw bytes tell all.
/// Adds the result to a read, a write or a compare-and-set; nothing if the format cannot express
/// it.
template <class ParseResult>
std::optional<Fields> with_result(const Operation& operation, ParseResult parse_result,
                                  bool is_read, bool is_cas, Fields fields) {
  if (!operation.result)
    return may_lack_result(operation, is_read || is_cas) ? std::optional(fields) : std::nullopt;
  const auto result = parse_result(*operation.result);
  if (!result || encode(*result) != *operation.result) return {};
  using Status = decltype(result->status);
  const bool is_expressible = result->status == Status::Ok
                                  ? is_read || !result->value
                                  : is_cas && result->status == Status::Mismatch && !result->value;
  if (!is_expressible) return {};
  add_result(*result, is_read, is_cas, result->status == Status::Ok, fields.ok);
  return fields;
}

std::optional<Fields> register_fields(const Operation& operation) {
  constexpr const char* kNames[] = {"read", "write", "cas"};
  const auto command = register_machine::parse_command(operation.command);
  if (!command || encode(*command) != operation.command) return {};
  const bool is_read = command->operation == register_machine::Operation::Read;
  const bool is_cas = command->operation == register_machine::Operation::CompareAndSet;
  Fields fields{{{"f", kNames[static_cast<int>(command->operation)]}}, {}};
  fields.ok = fields.invoke;
  if (is_cas) fields.invoke["expected"] = optional_json(command->expected);
  if (!is_read) fields.invoke["value"] = bytes_json(command->value);
  return with_result(operation, register_machine::parse_result, is_read, is_cas, std::move(fields));
}

std::optional<Fields> kv_fields(const Operation& operation) {
  constexpr const char* kNames[] = {"get", "get-or-empty", "put", "append", "cas", "delete"};
  const auto command = kv::parse_command(operation.command);
  if (!command || encode(*command) != operation.command) return {};
  const bool is_read =
      command->operation == kv::Operation::Get || command->operation == kv::Operation::GetOrEmpty;
  const bool is_cas = command->operation == kv::Operation::CompareAndSet;
  Fields fields{
      {{"f", kNames[static_cast<int>(command->operation)]}, {"key", bytes_json(command->key)}}, {}};
  fields.ok = fields.invoke;
  if (is_cas) fields.invoke["expected"] = optional_json(command->expected);
  const bool has_value = !is_read && command->operation != kv::Operation::Delete;
  if (has_value) fields.invoke["value"] = bytes_json(command->value);
  return with_result(operation, kv::parse_result, is_read, is_cas, std::move(fields));
}

std::optional<Fields> counter_fields(const Operation& operation) {
  const auto command = counter::parse_command(operation.command);
  if (!command || encode(*command) != operation.command) return {};
  const bool is_add = command->operation == counter::Operation::Add;
  Fields fields{{{"f", is_add ? "add" : "read"}}, {{"f", is_add ? "add" : "read"}}};
  if (is_add) fields.invoke["value"] = command->amount;
  if (!operation.result) return fields;
  const auto result = counter::parse_result(*operation.result);
  if (!result || encode(*result) != *operation.result) return {};
  if (result->status != counter::Status::Ok) return {};
  fields.ok["value"] = result->value;
  return fields;
}

std::optional<Fields> decisions_fields(const Operation& operation) {
  const auto command = decisions::parse_command(operation.command);
  if (!command || encode(*command) != operation.command) return {};
  Fields fields{{{"f", "propose"}, {"key", bytes_json(command->key)}}, {}};
  fields.ok = fields.invoke;
  fields.invoke["value"] = bytes_json(command->value);
  if (!operation.result) return fields;
  const auto result = decisions::parse_result(*operation.result);
  if (!result || encode(*result) != *operation.result) return {};
  if (result->status != decisions::Status::Ok) return {};
  fields.ok["value"] = bytes_json(result->value);
  return fields;
}

Fields fields_of(const Operation& operation, std::string_view machine) {
  std::optional<Fields> fields;
  if (machine == "register") fields = register_fields(operation);
  if (machine == "kv") fields = kv_fields(operation);
  if (machine == "counter") fields = counter_fields(operation);
  if (machine == "decisions") fields = decisions_fields(operation);
  if (fields) return *std::move(fields);
  Fields raw{{{"f", "raw"}, {"command", {{"hex", to_hex(operation.command)}}}}, {{"f", "raw"}}};
  if (operation.result) raw.ok["result"] = {{"hex", to_hex(*operation.result)}};
  return raw;
}

Json event_json(const Operation& operation, std::string_view type, const Json& fields,
                std::int64_t at) {
  Json json = {{"process", operation.process}, {"type", type}};
  json.update(fields);
  if (at != 0) json["time"] = at;
  return json;
}

struct Event {
  std::uint64_t place = 0;
  const Operation* operation = nullptr;
  bool is_return = false;
};

std::vector<Event> events_of(const History& history) {
  std::vector<Event> events;
  for (const Operation& operation : history.operations) {
    events.push_back({operation.invoked, &operation, false});
    if (operation.returned) events.push_back({*operation.returned, &operation, true});
  }
  std::sort(events.begin(), events.end(),
            [](const Event& a, const Event& b) { return a.place < b.place; });
  return events;
}

}  // namespace

std::string write_json_lines(const History& history) {
  const std::string_view machine = history.machine->name;
  std::string text = Json{{"lockstep_history", 1}, {"machine", machine}}.dump() + "\n";
  std::map<std::uint64_t, Json> open;  // The operation that a process would have to give up.
  for (const Event& event : events_of(history)) {
    const Operation& operation = *event.operation;
    const Fields fields = fields_of(operation, machine);
    if (event.is_return) {
      open.erase(operation.process);
      text += event_json(operation, "ok", fields.ok, operation.returned_at).dump() + "\n";
      continue;
    }
    const auto given_up = open.find(operation.process);
    if (given_up != open.end()) text += given_up->second.dump() + "\n";
    open[operation.process] = event_json(operation, "info", {{"f", fields.invoke["f"]}}, 0);
    Json invoke = event_json(operation, "invoke", fields.invoke, operation.invoked_at);
    if (!operation.level.empty()) invoke["note"] = operation.level;
    text += invoke.dump() + "\n";
  }
  return text;
}

}  // namespace lockstep::chaos
