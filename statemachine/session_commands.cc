#include "statemachine/session_commands.h"

#include "statemachine/sessions.pb.h"
#include "statemachine/wire.h"

namespace lockstep::statemachine {

std::string encode_session_command(std::uint64_t client, std::uint64_t sequence,
                                   std::uint64_t acknowledged_below, std::string_view command) {
  std::string bytes;
  bytes.reserve(command.size() + 4 * kLongestField);
  append_field(bytes, SessionCommand::kClientFieldNumber, client);
  append_field(bytes, SessionCommand::kSequenceFieldNumber, sequence);
  append_field(bytes, SessionCommand::kAcknowledgedBelowFieldNumber, acknowledged_below);
  append_field(bytes, SessionCommand::kCommandFieldNumber, command);
  return bytes;
}

std::optional<SessionCommandView> parse_session_command(std::string_view bytes) {
  SessionCommandView command;
  WireReader reader(bytes);
  while (reader.next()) {
    switch (reader.tag()) {
      case varint_field(SessionCommand::kClientFieldNumber):
        command.client = reader.number();
        break;
      case varint_field(SessionCommand::kSequenceFieldNumber):
        command.sequence = reader.number();
        break;
      case varint_field(SessionCommand::kAcknowledgedBelowFieldNumber):
        command.acknowledged_below = reader.number();
        break;
      case bytes_field(SessionCommand::kCommandFieldNumber):
        command.command = reader.bytes();
        break;
      default:
        break;
    }
  }
  return reader.is_well_formed() ? std::optional(command) : std::nullopt;
}

SessionResult session_result(std::string_view bytes) {
  if (bytes.empty()) return {};
  const auto status = static_cast<std::uint8_t>(bytes.front());
  if (status > static_cast<std::uint8_t>(SessionStatus::BadCommand)) return {};
  return {static_cast<SessionStatus>(status), bytes.substr(1)};
}

}  // namespace lockstep::statemachine
