#include <map>
#include <utility>

#include "chaos/check/jepsen.h"
#include "chaos/check/recorded_event.h"
#include "statemachine/counter.h"
#include "statemachine/decisions.h"
#include "statemachine/kv.h"
#include "statemachine/register.h"

namespace lockstep::chaos {
namespace {

namespace counter = statemachine::counter;
namespace decisions = statemachine::decisions;
namespace kv = statemachine::kv;
namespace register_machine = statemachine::register_machine;

/// Either part of an operation as bytes, or what is wrong with it.
struct Translation {
  std::optional<std::string> bytes;
  std::string complaint;
};

Translation wrong(std::string complaint) { return {{}, std::move(complaint)}; }

Translation unknown_operation(const RecordedEvent& event, std::string_view machine,
                              std::string_view known) {
  return wrong("unknown operation `" + event.f + "` of a " + std::string(machine) + "; expected " +
               std::string(known));
}

Translation missing_value(const RecordedEvent& event) {
  return wrong("`" + event.f + "` needs a value that is not nil");
}

Translation register_command(const RecordedEvent& invoke) {
  if (invoke.f == "read") return {register_machine::read(), {}};
  if (invoke.f != "write" && invoke.f != "cas") {
    return unknown_operation(invoke, "register", "read, write or cas");
  }
  if (!invoke.value) return missing_value(invoke);
  if (invoke.f == "write") return {register_machine::write(*invoke.value), {}};
  return {register_machine::compare_and_set(invoke.expected, *invoke.value), {}};
}

/// A read of the empty value may come from a store that cannot tell it from an absent key; `reply`
/// is null without a known result.
Translation kv_command(const RecordedEvent& invoke, const RecordedEvent* reply) {
  if (invoke.f != "get" && invoke.f != "get-or-empty" && invoke.f != "put" &&
      invoke.f != "append" && invoke.f != "cas" && invoke.f != "delete") {
    return unknown_operation(invoke, "kv", "get, put, append, cas or delete");
  }
  if (!invoke.key) return wrong("`" + invoke.f + "` needs a key");
  const std::string& key = *invoke.key;
  if (invoke.f == "get") {
    const bool is_vague = reply != nullptr && reply->empty_is_absent && reply->value == "";
    return {is_vague ? kv::get_or_empty(key) : kv::get(key), {}};
  }
  if (invoke.f == "get-or-empty") return {kv::get_or_empty(key), {}};
  if (invoke.f == "delete") return {kv::remove(key), {}};
  if (!invoke.value) return missing_value(invoke);
  if (invoke.f == "put") return {kv::put(key, *invoke.value), {}};
  if (invoke.f == "append") return {kv::append(key, *invoke.value), {}};
  return {kv::compare_and_set(key, invoke.expected, *invoke.value), {}};
}

Translation counter_command(const RecordedEvent& invoke) {
  if (invoke.f == "read") return {counter::read(), {}};
  if (invoke.f != "add") return unknown_operation(invoke, "counter", "read or add");
  const auto amount = invoke.value ? parse_signed_number(*invoke.value) : std::nullopt;
  if (!amount) return wrong("`add` needs a whole number of 64 bits");
  return {counter::add(*amount), {}};
}

Translation proposal(const RecordedEvent& invoke) {
  if (invoke.f != "propose") return unknown_operation(invoke, "decisions", "propose");
  if (!invoke.key) return wrong("`propose` needs a key");
  if (!invoke.value) return missing_value(invoke);
  return {decisions::propose(*invoke.key, *invoke.value), {}};
}

Translation command_of(std::string_view machine, const RecordedEvent& invoke,
                       const RecordedEvent* reply) {
  if (invoke.f == "raw") return {invoke.command, {}};
  if (machine == "register") return register_command(invoke);
  if (machine == "kv") return kv_command(invoke, reply);
  if (machine == "decisions") return proposal(invoke);
  return counter_command(invoke);
}

template <class Result, class Status>
Translation simple_result(const RecordedEvent& reply, Status mismatch) {
  Result result;
  const bool is_read = reply.f == "read" || reply.f.starts_with("get");
  if (is_read && !reply.has_value) return {};
  if (is_read) result.value = reply.value;
  if (reply.f == "cas" && !reply.swapped) return {};
  if (reply.f == "cas" && !*reply.swapped) result.status = mismatch;
  return {encode(result), {}};
}

/// Without bytes and without a complaint the result is unknown.
Translation result_of(std::string_view machine, const RecordedEvent& reply) {
  if (reply.f == "raw") return {reply.result, {}};
  if (machine == "register") {
    return simple_result<register_machine::Result>(reply, register_machine::Status::Mismatch);
  }
  if (machine == "kv") return simple_result<kv::Result>(reply, kv::Status::Mismatch);
  if (!reply.has_value) return {};
  if (machine == "decisions") {
    if (!reply.value) return wrong("what is decided cannot be nil");
    return {encode(decisions::Result{decisions::Status::Ok, *reply.value}), {}};
  }
  const auto value = reply.value ? parse_signed_number(*reply.value) : std::nullopt;
  if (!value) return wrong("the value of a counter must be a whole number of 64 bits");
  return {counter::encode(counter::Result{counter::Status::Ok, *value}), {}};
}

class Assembler {
 public:
  Assembler(const Recording& recording, const statemachine::MachineKind& machine)
      : recording_(recording), recorder_(machine) {}

  std::variant<History, FormatError> run() {
    if (!pair_events()) return error_;
    for (std::size_t at = 0; at < recording_.events.size(); ++at) {
      const RecordedEvent& event = recording_.events[at];
      const bool good = event.type == EventType::Invoke ? invoke(at) : finish(at);
      if (!good) return error_;
    }
    return recorder_.history();
  }

 private:
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);

  /// Notes for each event which one is its other half.
  bool pair_events() {
    std::map<std::uint64_t, std::size_t> open;
    partner_.assign(recording_.events.size(), kNone);
    for (std::size_t at = 0; at < recording_.events.size(); ++at) {
      const RecordedEvent& event = recording_.events[at];
      const std::string process = "process " + std::to_string(event.process);
      const auto found = open.find(event.process);
      if (event.type == EventType::Invoke) {
        if (found != open.end()) {
          return fail(event, process + " invokes `" + event.f + "` while its `" +
                                 recording_.events[found->second].f + "` of line " +
                                 std::to_string(recording_.events[found->second].line) +
                                 " is open; expected its return first");
        }
        open[event.process] = at;
        continue;
      }
      if (found == open.end()) {
        return fail(event, process + " returns from `" + event.f +
                               "` without an open invocation; expected an invoke before");
      }
      if (!match(recording_.events[found->second], event)) return false;
      partner_[at] = found->second;
      partner_[found->second] = at;
      open.erase(found);
    }
    return true;
  }

  bool match(const RecordedEvent& invoke, const RecordedEvent& reply) {
    const std::string before = " of line " + std::to_string(invoke.line);
    if (invoke.f != reply.f) {
      return fail(reply, "`" + reply.f + "` returns, but the open invocation" + before + " is `" +
                             invoke.f + "`");
    }
    const bool same_key = !reply.key || reply.key == invoke.key;
    return same_key || fail(reply, "the key differs from that of the invocation" + before);
  }

  bool invoke(std::size_t at) {
    const RecordedEvent& event = recording_.events[at];
    const bool has_reply =
        partner_[at] != kNone && recording_.events[partner_[at]].type == EventType::Ok;
    const RecordedEvent* reply = has_reply ? &recording_.events[partner_[at]] : nullptr;
    Translation command = command_of(recording_.machine, event, reply);
    if (!command.bytes) return fail(event, std::move(command.complaint));
    number_[at] = recorder_.invoke(event.process, *std::move(command.bytes), event.at, event.line);
    return true;
  }

  bool finish(std::size_t at) {
    const RecordedEvent& event = recording_.events[at];
    const std::size_t operation = number_[partner_[at]];
    if (event.type == EventType::Fail) recorder_.fail(operation);
    if (event.type != EventType::Ok) return true;
    Translation result = result_of(recording_.machine, event);
    if (!result.complaint.empty()) return fail(event, std::move(result.complaint));
    recorder_.complete(operation, std::move(result.bytes), event.at);
    return true;
  }

  bool fail(const RecordedEvent& event, std::string message) {
    error_ = {{}, event.line, std::move(message)};
    return false;
  }

  const Recording& recording_;
  HistoryRecorder recorder_;
  std::vector<std::size_t> partner_;
  std::map<std::size_t, std::size_t> number_;  // Of the operation that an event invokes.
  FormatError error_;
};

}  // namespace

std::variant<History, FormatError> assemble(const Recording& recording) {
  const statemachine::MachineKind* machine = statemachine::find_machine(recording.machine);
  if (machine == nullptr) {
    std::string message = "unknown machine `" + recording.machine + "`; expected one of";
    for (const auto& kind : statemachine::all_machines()) message += " " + std::string(kind.name);
    return FormatError{{}, 1, std::move(message)};
  }
  return Assembler(recording, *machine).run();
}

}  // namespace lockstep::chaos
