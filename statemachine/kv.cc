#include "statemachine/kv.h"

#include <map>
#include <utility>

#include "statemachine/fold.h"
#include "statemachine/kv.pb.h"
#include "statemachine/quoted.h"
#include "statemachine/wire.h"

namespace lockstep::statemachine::kv {
namespace {

bool parse(std::string_view bytes, google::protobuf::MessageLite& message) {
  return message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

/// A KvCommand, taken apart without copying.
struct CommandView {
  std::uint32_t operation = KvCommand::UNSPECIFIED;
  std::string_view key;
  std::string_view value;
  std::optional<std::string_view> expected;
};

std::optional<CommandView> view(std::string_view bytes) {
  CommandView command;
  WireReader reader(bytes);
  while (reader.next()) {
    switch (reader.tag()) {
      case varint_field(KvCommand::kOperationFieldNumber):
        command.operation = static_cast<std::uint32_t>(reader.number());
        break;
      case bytes_field(KvCommand::kKeyFieldNumber):
        command.key = reader.bytes();
        break;
      case bytes_field(KvCommand::kValueFieldNumber):
        command.value = reader.bytes();
        break;
      case bytes_field(KvCommand::kExpectedFieldNumber):
        command.expected = reader.bytes();
        break;
      default:
        break;
    }
  }
  return reader.is_well_formed() ? std::optional(command) : std::nullopt;
}

std::string encode(const CommandView& command) {
  std::string bytes;
  const std::size_t expected_size = command.expected ? command.expected->size() : 0;
  bytes.reserve(command.key.size() + command.value.size() + expected_size + 4 * kLongestField);
  append_field(bytes, KvCommand::kOperationFieldNumber, command.operation);
  append_field(bytes, KvCommand::kKeyFieldNumber, command.key);
  append_field(bytes, KvCommand::kValueFieldNumber, command.value);
  if (command.expected) {
    append_optional_field(bytes, KvCommand::kExpectedFieldNumber, *command.expected);
  }
  return bytes;
}

bool is_read(const CommandView& command) {
  return command.operation == KvCommand::GET || command.operation == KvCommand::GET_OR_EMPTY;
}

class KeyValue {
 public:
  std::string apply(std::string_view bytes) {
    const auto command = view(bytes);
    return command ? execute(*command) : encode(Result{Status::BadCommand, {}});
  }

  std::optional<std::string> read(std::string_view bytes) const {
    const auto command = view(bytes);
    if (!command || !is_read(*command)) return std::nullopt;
    return get(*command);
  }

  std::string snapshot() const {
    KvState state;
    for (const auto& [key, value] : values_) {
      KvState::Entry& entry = *state.add_entries();
      entry.set_key(key);
      entry.set_value(value);
    }
    return state.SerializeAsString();
  }

  bool restore(std::string_view bytes) {
    KvState state;
    if (!parse(bytes, state)) return false;
    KeyValue restored;
    for (const KvState::Entry& entry : state.entries()) {
      restored.values_.emplace(entry.key(), entry.value());
    }
    // Only canonical bytes are a snapshot: this refuses keys out of order or given twice.
    if (restored.snapshot() != bytes) return false;
    *this = std::move(restored);
    return true;
  }

  std::uint64_t digest() const {
    Fold digest;
    fold(digest, values_.size());
    for (const auto& [key, value] : values_) {
      fold(digest, std::string_view(key));
      fold(digest, std::string_view(value));
    }
    return digest.digest();
  }

 private:
  std::string execute(const CommandView& command) {
    switch (command.operation) {
      case KvCommand::GET:
      case KvCommand::GET_OR_EMPTY:
        return get(command);
      case KvCommand::PUT:
        place(command.key) = command.value;
        return ok();
      case KvCommand::APPEND:
        place(command.key) += command.value;
        return ok();
      case KvCommand::COMPARE_AND_SET:
        return compare_and_set(command);
      case KvCommand::DELETE:
        remove(command.key);
        return ok();
      default:
        return encode(Result{Status::BadCommand, {}});
    }
  }

  std::string get(const CommandView& command) const {
    Result result;
    if (const auto found = values_.find(command.key); found != values_.end()) {
      result.value = found->second;
    } else if (command.operation == KvCommand::GET_OR_EMPTY) {
      result.value = "";
    }
    return encode(result);
  }

  std::string compare_and_set(const CommandView& command) {
    const auto found = values_.find(command.key);
    const bool present = found != values_.end();
    if (present != command.expected.has_value() ||
        (present && found->second != *command.expected)) {
      return encode(Result{Status::Mismatch, {}});
    }
    place(command.key) = command.value;
    return ok();
  }

  std::string& place(std::string_view key) {
    const auto found = values_.find(key);
    return found != values_.end() ? found->second : values_[std::string(key)];
  }

  void remove(std::string_view key) {
    if (const auto found = values_.find(key); found != values_.end()) values_.erase(found);
  }

  /// A KvResult whose fields all have their default: no bytes.
  static std::string ok() { return {}; }

  std::map<std::string, std::string, std::less<>> values_;
};

bool is_get(const Command& command) {
  return command.operation == Operation::Get || command.operation == Operation::GetOrEmpty;
}

std::string describe(const Command& command) {
  const std::string key = quoted_key(command.key);
  switch (command.operation) {
    case Operation::Get:
    case Operation::GetOrEmpty:
      return "get " + key;
    case Operation::Put:
      return "put " + key + " " + quoted(command.value);
    case Operation::Append:
      return "append " + key + " " + quoted(command.value);
    case Operation::CompareAndSet:
      return "cas " + key + " " + quoted_or_nil(command.expected) + " " + quoted(command.value);
    case Operation::Delete:
      return "delete " + key;
  }
  return {};
}

}  // namespace

AnyMachine make() { return KeyValue(); }

std::string encode(const Command& command) {
  const auto operation = static_cast<std::uint32_t>(command.operation) + 1;
  return encode(CommandView{operation, command.key, command.value, command.expected});
}

std::string get(std::string_view key) { return encode(CommandView{KvCommand::GET, key, {}, {}}); }

std::string get_or_empty(std::string_view key) {
  return encode(CommandView{KvCommand::GET_OR_EMPTY, key, {}, {}});
}

std::string put(std::string_view key, std::string_view value) {
  return encode(CommandView{KvCommand::PUT, key, value, {}});
}

std::string append(std::string_view key, std::string_view value) {
  return encode(CommandView{KvCommand::APPEND, key, value, {}});
}

std::string compare_and_set(std::string_view key, std::optional<std::string_view> expected,
                            std::string_view value) {
  return encode(CommandView{KvCommand::COMPARE_AND_SET, key, value, expected});
}

std::string remove(std::string_view key) {
  return encode(CommandView{KvCommand::DELETE, key, {}, {}});
}

std::string encode(const Result& result) {
  KvResult message;
  message.set_status(static_cast<KvResult::Status>(result.status));
  if (result.value) message.set_value(*result.value);
  return message.SerializeAsString();
}

std::optional<Command> parse_command(std::string_view bytes) {
  const auto seen = view(bytes);
  if (!seen || seen->operation == KvCommand::UNSPECIFIED ||
      !KvCommand::Operation_IsValid(static_cast<int>(seen->operation))) {
    return {};
  }
  Command command{static_cast<Operation>(seen->operation - 1),
                  std::string(seen->key),
                  std::string(seen->value),
                  {}};
  if (seen->expected) command.expected = std::string(*seen->expected);
  return command;
}

std::optional<Result> parse_result(std::string_view bytes) {
  KvResult message;
  if (!parse(bytes, message) || !KvResult::Status_IsValid(message.status())) return {};
  Result result{static_cast<Status>(message.status()), {}};
  if (message.has_value()) result.value = message.value();
  return result;
}

std::optional<std::string> partition(std::string_view bytes) {
  auto command = parse_command(bytes);
  return command ? std::optional(std::move(command->key)) : std::nullopt;
}

bool read_only(std::string_view bytes) {
  const auto command = parse_command(bytes);
  return !command || is_get(*command);
}

bool unchanged(std::string_view command, std::string_view bytes) {
  const auto result = parse_result(bytes);
  return read_only(command) || (result && result->status != Status::Ok);
}

bool overwrites(std::string_view bytes) {
  const auto command = parse_command(bytes);
  return command &&
         (command->operation == Operation::Put || command->operation == Operation::Delete);
}

std::string describe(std::string_view bytes, const std::string* result_bytes) {
  const auto command = parse_command(bytes);
  const std::string text = command ? describe(*command) : "bad command";
  if (result_bytes == nullptr) return text;
  const auto result = parse_result(*result_bytes);
  if (!result) return text + " -> unreadable result " + quoted(*result_bytes);
  if (result->status == Status::BadCommand) return text + " -> bad command";
  if (result->status == Status::Mismatch) return text + " -> mismatch";
  return text + " -> " + (command && is_get(*command) ? quoted_or_nil(result->value) : "ok");
}

std::string describe_state(std::string_view snapshot) {
  KvState state;
  if (!parse(snapshot, state)) return "unreadable state";
  std::string text;
  for (const KvState::Entry& entry : state.entries()) {
    if (!text.empty()) text += ", ";
    text += quoted_key(entry.key()) + " = " + quoted(entry.value());
  }
  return text.empty() ? "empty" : text;
}

}  // namespace lockstep::statemachine::kv
