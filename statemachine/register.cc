#include "statemachine/register.h"

#include <utility>

#include "statemachine/fold.h"
#include "statemachine/quoted.h"
#include "statemachine/register.pb.h"

namespace lockstep::statemachine::register_machine {
namespace {

bool parse(std::string_view bytes, google::protobuf::MessageLite& message) {
  return message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

class Register {
 public:
  std::string apply(std::string_view bytes) {
    // Scratch only: it is overwritten before it is read, and keeps the strings' memory.
    static thread_local RegisterCommand command;
    static thread_local RegisterResult result;
    result.Clear();
    if (parse(bytes, command)) {
      execute(command, result);
    } else {
      result.set_status(RegisterResult::BAD_COMMAND);
    }
    return result.SerializeAsString();
  }

  std::optional<std::string> read(std::string_view bytes) const {
    RegisterCommand command;
    if (!parse(bytes, command) || command.operation() != RegisterCommand::READ) return std::nullopt;
    RegisterResult result;
    if (value_) result.set_value(*value_);
    return result.SerializeAsString();
  }

  std::string snapshot() const {
    RegisterState state;
    if (value_) state.set_value(*value_);
    return state.SerializeAsString();
  }

  bool restore(std::string_view bytes) {
    RegisterState state;
    if (!parse(bytes, state)) return false;
    Register restored;
    if (state.has_value()) restored.value_ = state.value();
    if (restored.snapshot() != bytes) return false;
    *this = std::move(restored);
    return true;
  }

  std::uint64_t digest() const {
    Fold digest;
    fold(digest, value_.has_value());
    if (value_) fold(digest, *value_);
    return digest.digest();
  }

 private:
  void execute(const RegisterCommand& command, RegisterResult& result) {
    switch (command.operation()) {
      case RegisterCommand::READ:
        if (value_) result.set_value(*value_);
        return;
      case RegisterCommand::WRITE:
        value_ = command.value();
        return;
      case RegisterCommand::COMPARE_AND_SET:
        if (holds_expected(command)) {
          value_ = command.value();
        } else {
          result.set_status(RegisterResult::MISMATCH);
        }
        return;
      default:
        result.set_status(RegisterResult::BAD_COMMAND);
    }
  }

  bool holds_expected(const RegisterCommand& command) const {
    if (!value_ || !command.has_expected()) return !value_ && !command.has_expected();
    return *value_ == command.expected();
  }

  std::optional<std::string> value_;
};

}  // namespace

AnyMachine make() { return Register(); }

std::string encode(const Command& command) {
  RegisterCommand message;
  message.set_operation(
      static_cast<RegisterCommand::Operation>(static_cast<int>(command.operation) + 1));
  if (!command.value.empty()) message.set_value(command.value);
  if (command.expected) message.set_expected(*command.expected);
  return message.SerializeAsString();
}

std::string read() { return encode(Command{}); }

std::string write(std::string_view value) {
  return encode(Command{Operation::Write, std::string(value), {}});
}

std::string compare_and_set(std::optional<std::string_view> expected, std::string_view value) {
  Command command{Operation::CompareAndSet, std::string(value), {}};
  if (expected) command.expected = std::string(*expected);
  return encode(command);
}

std::string encode(const Result& result) {
  RegisterResult message;
  message.set_status(static_cast<RegisterResult::Status>(result.status));
  if (result.value) message.set_value(*result.value);
  return message.SerializeAsString();
}

std::optional<Command> parse_command(std::string_view bytes) {
  RegisterCommand message;
  if (!parse(bytes, message) || message.operation() == RegisterCommand::UNSPECIFIED ||
      !RegisterCommand::Operation_IsValid(message.operation())) {
    return {};
  }
  Command command{static_cast<Operation>(message.operation() - 1), message.value(), {}};
  if (message.has_expected()) command.expected = message.expected();
  return command;
}

std::optional<Result> parse_result(std::string_view bytes) {
  RegisterResult message;
  if (!parse(bytes, message) || !RegisterResult::Status_IsValid(message.status())) return {};
  Result result{static_cast<Status>(message.status()), {}};
  if (message.has_value()) result.value = message.value();
  return result;
}

bool read_only(std::string_view bytes) {
  const auto command = parse_command(bytes);
  return !command || command->operation == Operation::Read;
}

bool unchanged(std::string_view command, std::string_view bytes) {
  const auto result = parse_result(bytes);
  return read_only(command) || (result && result->status != Status::Ok);
}

bool overwrites(std::string_view bytes) {
  const auto command = parse_command(bytes);
  return command && command->operation == Operation::Write;
}

std::string describe(std::string_view bytes, const std::string* result_bytes) {
  const auto command = parse_command(bytes);
  std::string text = "bad command";
  if (command && command->operation == Operation::Read) text = "read";
  if (command && command->operation == Operation::Write) {
    text = "write " + quoted(command->value);
  }
  if (command && command->operation == Operation::CompareAndSet) {
    text = "cas " + quoted_or_nil(command->expected) + " " + quoted(command->value);
  }
  if (result_bytes == nullptr) return text;
  const auto result = parse_result(*result_bytes);
  if (!result) return text + " -> unreadable result " + quoted(*result_bytes);
  if (result->status == Status::BadCommand) return text + " -> bad command";
  if (result->status == Status::Mismatch) return text + " -> mismatch";
  const bool is_read = command && command->operation == Operation::Read;
  return text + " -> " + (is_read ? quoted_or_nil(result->value) : "ok");
}

std::string describe_state(std::string_view snapshot) {
  RegisterState state;
  if (!parse(snapshot, state)) return "unreadable state";
  return state.has_value() ? quoted(state.value()) : "nil";
}

}  // namespace lockstep::statemachine::register_machine
