#include "statemachine/counter.h"

#include "statemachine/counter.pb.h"
#include "statemachine/fold.h"
#include "statemachine/quoted.h"

namespace lockstep::statemachine::counter {
namespace {

bool parse(std::string_view bytes, google::protobuf::MessageLite& message) {
  return message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

class Counter {
 public:
  std::string apply(std::string_view bytes) {
    CounterCommand command;
    CounterResult result;
    const bool readable = parse(bytes, command);
    if (readable && command.operation() == CounterCommand::ADD) {
      // Through unsigned arithmetic, where overflow is defined to wrap around.
      value_ = static_cast<std::int64_t>(static_cast<std::uint64_t>(value_) +
                                         static_cast<std::uint64_t>(command.amount()));
      result.set_value(value_);
    } else if (readable && command.operation() == CounterCommand::READ) {
      result.set_value(value_);
    } else {
      result.set_status(CounterResult::BAD_COMMAND);
    }
    return result.SerializeAsString();
  }

  std::optional<std::string> read(std::string_view bytes) const {
    CounterCommand command;
    if (!parse(bytes, command) || command.operation() != CounterCommand::READ) return std::nullopt;
    CounterResult result;
    result.set_value(value_);
    return result.SerializeAsString();
  }

  std::string snapshot() const {
    CounterState state;
    state.set_value(value_);
    return state.SerializeAsString();
  }

  bool restore(std::string_view bytes) {
    CounterState state;
    if (!parse(bytes, state)) return false;
    Counter restored;
    restored.value_ = state.value();
    if (restored.snapshot() != bytes) return false;
    *this = restored;
    return true;
  }

  std::uint64_t digest() const {
    Fold digest;
    fold(digest, value_);
    return digest.digest();
  }

 private:
  std::int64_t value_ = 0;
};

}  // namespace

AnyMachine make() { return Counter(); }

std::string encode(const Command& command) {
  CounterCommand message;
  message.set_operation(command.operation == Operation::Add ? CounterCommand::ADD
                                                            : CounterCommand::READ);
  message.set_amount(command.amount);
  return message.SerializeAsString();
}

std::string read() { return encode(Command{}); }

std::string add(std::int64_t amount) { return encode(Command{Operation::Add, amount}); }

std::string encode(const Result& result) {
  CounterResult message;
  message.set_status(static_cast<CounterResult::Status>(result.status));
  message.set_value(result.value);
  return message.SerializeAsString();
}

std::optional<Command> parse_command(std::string_view bytes) {
  CounterCommand message;
  if (!parse(bytes, message)) return {};
  if (message.operation() == CounterCommand::ADD) return Command{Operation::Add, message.amount()};
  if (message.operation() == CounterCommand::READ) return Command{};
  return {};
}

std::optional<Result> parse_result(std::string_view bytes) {
  CounterResult message;
  if (!parse(bytes, message) || !CounterResult::Status_IsValid(message.status())) return {};
  return Result{static_cast<Status>(message.status()), message.value()};
}

bool read_only(std::string_view bytes) {
  const auto command = parse_command(bytes);
  return !command || command->operation == Operation::Read;
}

bool unchanged(std::string_view command, std::string_view bytes) {
  const auto result = parse_result(bytes);
  return read_only(command) || (result && result->status != Status::Ok);
}

std::string describe(std::string_view bytes, const std::string* result_bytes) {
  const auto command = parse_command(bytes);
  std::string text = "bad command";
  if (command) {
    const bool is_add = command->operation == Operation::Add;
    text = is_add ? "add " + std::to_string(command->amount) : "read";
  }
  if (result_bytes == nullptr) return text;
  const auto result = parse_result(*result_bytes);
  if (!result) return text + " -> unreadable result " + quoted(*result_bytes);
  if (result->status == Status::BadCommand) return text + " -> bad command";
  return text + " -> " + std::to_string(result->value);
}

std::string describe_state(std::string_view snapshot) {
  CounterState state;
  return parse(snapshot, state) ? std::to_string(state.value()) : "unreadable state";
}

}  // namespace lockstep::statemachine::counter
