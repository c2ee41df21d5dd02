#include "statemachine/decisions.h"

#include <map>
#include <utility>

#include "statemachine/decisions.pb.h"
#include "statemachine/fold.h"
#include "statemachine/quoted.h"

namespace lockstep::statemachine::decisions {
namespace {

bool parse(std::string_view bytes, google::protobuf::MessageLite& message) {
  return message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

class Decisions {
 public:
  std::string apply(std::string_view bytes) {
    const auto command = parse_command(bytes);
    if (!command) return encode(Result{Status::BadCommand, {}});
    const auto [decided, is_new] = decided_.emplace(command->key, command->value);
    return encode(Result{Status::Ok, decided->second});
  }

  std::string snapshot() const {
    DecisionsState state;
    for (const auto& [key, value] : decided_) {
      auto& entry = *state.add_entries();
      entry.set_key(key);
      entry.set_value(value);
    }
    return state.SerializeAsString();
  }

  bool restore(std::string_view bytes) {
    DecisionsState state;
    if (!parse(bytes, state)) return false;
    Decisions restored;
    for (const auto& entry : state.entries()) restored.decided_[entry.key()] = entry.value();
    if (restored.snapshot() != bytes) return false;
    *this = std::move(restored);
    return true;
  }

  std::uint64_t digest() const {
    Fold digest;
    for (const auto& [key, value] : decided_) {
      fold(digest, key);
      fold(digest, value);
    }
    return digest.digest();
  }

 private:
  std::map<std::string, std::string, std::less<>> decided_;
};

}  // namespace

AnyMachine make() { return Decisions(); }

std::string encode(const Command& command) {
  DecisionsCommand message;
  message.set_operation(DecisionsCommand::PROPOSE);
  message.set_key(command.key);
  message.set_value(command.value);
  return message.SerializeAsString();
}

std::string propose(std::string_view key, std::string_view value) {
  return encode(Command{std::string(key), std::string(value)});
}

std::string encode(const Result& result) {
  DecisionsResult message;
  message.set_status(static_cast<DecisionsResult::Status>(result.status));
  message.set_value(result.value);
  return message.SerializeAsString();
}

std::optional<Command> parse_command(std::string_view bytes) {
  DecisionsCommand message;
  if (!parse(bytes, message) || message.operation() != DecisionsCommand::PROPOSE) return {};
  return Command{message.key(), message.value()};
}

std::optional<Result> parse_result(std::string_view bytes) {
  DecisionsResult message;
  if (!parse(bytes, message) || !DecisionsResult::Status_IsValid(message.status())) return {};
  return Result{static_cast<Status>(message.status()), message.value()};
}

std::optional<std::string> partition(std::string_view bytes) {
  const auto command = parse_command(bytes);
  return command ? std::optional(command->key) : std::nullopt;
}

bool read_only(std::string_view bytes) { return !parse_command(bytes); }

// Who hears another value than its own came too late to change anything.
bool unchanged(std::string_view bytes, std::string_view result_bytes) {
  const auto command = parse_command(bytes);
  const auto result = parse_result(result_bytes);
  if (!command) return true;
  return result && (result->status != Status::Ok || result->value != command->value);
}

std::string describe(std::string_view bytes, const std::string* result_bytes) {
  const auto command = parse_command(bytes);
  const std::string text =
      command ? "propose " + command->key + " " + quoted(command->value) : "bad command";
  if (result_bytes == nullptr) return text;
  const auto result = parse_result(*result_bytes);
  if (!result) return text + " -> unreadable result " + quoted(*result_bytes);
  if (result->status == Status::BadCommand) return text + " -> bad command";
  return text + " -> " + quoted(result->value);
}

std::string describe_state(std::string_view snapshot) {
  DecisionsState state;
  if (!parse(snapshot, state)) return "unreadable state";
  std::string text;
  for (const auto& entry : state.entries()) {
    if (!text.empty()) text += ", ";
    text += entry.key() + " = " + quoted(entry.value());
  }
  return text.empty() ? "nothing decided" : text;
}

}  // namespace lockstep::statemachine::decisions
