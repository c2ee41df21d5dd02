#include "chaos/trace_payload.h"

#include <fmt/core.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <vector>

#include "statemachine/quoted.h"
#include "statemachine/sessions.pb.h"
#include "transport/storage.h"

namespace lockstep::chaos {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

namespace {

/// What MachineKind::describe says of bytes that are no command of the machine.
constexpr std::string_view kNoCommand = "bad command";
constexpr std::size_t kBytesShown = 48;

std::vector<const FieldDescriptor*> set_fields(const Message& message) {
  std::vector<const FieldDescriptor*> fields;
  message.GetReflection()->ListFields(message, &fields);
  return fields;
}

const FieldDescriptor* field_of(const Message& message, const char* name,
                                FieldDescriptor::CppType type) {
  const auto* field = message.GetDescriptor()->FindFieldByName(name);
  return field != nullptr && field->cpp_type() == type && !field->is_repeated() ? field : nullptr;
}

std::string scalar_text(const Message& message, const FieldDescriptor& field, int at) {
  const auto& in = *message.GetReflection();
  const bool many = field.is_repeated();
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return std::to_string(many ? in.GetRepeatedInt32(message, &field, at)
                                 : in.GetInt32(message, &field));
    case FieldDescriptor::CPPTYPE_INT64:
      return std::to_string(many ? in.GetRepeatedInt64(message, &field, at)
                                 : in.GetInt64(message, &field));
    case FieldDescriptor::CPPTYPE_UINT32:
      return std::to_string(many ? in.GetRepeatedUInt32(message, &field, at)
                                 : in.GetUInt32(message, &field));
    case FieldDescriptor::CPPTYPE_UINT64:
      return std::to_string(many ? in.GetRepeatedUInt64(message, &field, at)
                                 : in.GetUInt64(message, &field));
    case FieldDescriptor::CPPTYPE_BOOL: {
      const bool value =
          many ? in.GetRepeatedBool(message, &field, at) : in.GetBool(message, &field);
      return value ? "true" : "false";
    }
    case FieldDescriptor::CPPTYPE_ENUM: {
      const int number =
          many ? in.GetRepeatedEnumValue(message, &field, at) : in.GetEnumValue(message, &field);
      const auto* value = field.enum_type()->FindValueByNumber(number);
      return value == nullptr ? std::to_string(number) : value->name();
    }
    default:
      return "?";  // the generator refuses float and double; messages and strings are not scalars
  }
}

}  // namespace

std::optional<SessionParts> session_parts(std::string_view bytes) {
  statemachine::SessionCommand command;
  if (!command.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return {};
  if (command.client() == 0 || command.sequence() == 0 || command.command().empty()) return {};
  if (!command.GetReflection()->GetUnknownFields(command).empty()) return {};
  if (command.SerializeAsString() != bytes) return {};
  return SessionParts{command.client(), command.sequence(), command.command()};
}

const Message& body_of(const Message& message) {
  const auto fields = set_fields(message);
  if (fields.size() != 1) return message;
  const auto& field = *fields.front();
  if (field.real_containing_oneof() == nullptr ||
      field.cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) {
    return message;
  }
  return message.GetReflection()->GetMessage(message, &field);
}

std::optional<std::uint64_t> number_in(const Message& message, const char* field) {
  if (const auto* found = field_of(message, field, FieldDescriptor::CPPTYPE_UINT64)) {
    return message.GetReflection()->GetUInt64(message, found);
  }
  if (const auto* found = field_of(message, field, FieldDescriptor::CPPTYPE_UINT32)) {
    return message.GetReflection()->GetUInt32(message, found);
  }
  return {};
}

std::string bytes_in(const Message& message, const char* field) {
  const auto* found = field_of(message, field, FieldDescriptor::CPPTYPE_STRING);
  return found == nullptr ? "" : message.GetReflection()->GetString(message, found);
}

std::string printable(std::string_view text) {
  std::string escaped;
  for (const char byte : text) {
    const auto value = static_cast<unsigned char>(byte);
    if (value >= 0x20 && value < 0x7F) {
      escaped += byte;
    } else {
      escaped += fmt::format("\\x{:02x}", value);
    }
  }
  return escaped;
}

std::string key_text(std::string_view key) {
  constexpr std::size_t kNumberBytes = 8;
  // No text has a zero byte there, and no number of a run is as large as to have none.
  if (key.size() > kNumberBytes && key[key.size() - kNumberBytes] == 0) {
    return statemachine::quoted_key(key.substr(0, key.size() - kNumberBytes)) +
           std::to_string(transport::number_of_key(key));
  }
  return statemachine::quoted_key(key);
}

void PayloadText::remember(const Message& request) {
  const auto client = number_in(request, "client");
  const auto sequence = number_in(request, "sequence");
  if (client && sequence) asked_[*client] = {*sequence, bytes_in(request, "command")};
}

std::string PayloadText::text(const Message& message) const {
  const Message& body = body_of(message);
  std::string text = body.GetDescriptor()->name() + "{";
  add_fields(text, body);
  return text + "}";
}

void PayloadText::add_fields(std::string& text, const Message& message) const {
  const auto& in = *message.GetReflection();
  std::string_view gap;
  for (const auto* field : set_fields(message)) {
    text += gap;
    gap = " ";
    text += field->name();
    const int size = field->is_repeated() ? in.FieldSize(message, field) : 1;
    const bool nests = field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
    text += field->is_repeated() ? "[" : nests ? "" : ": ";
    for (int at = 0; at < size; ++at) {
      if (at > 0) text += " ";
      if (nests) {
        text += "{";
        add_fields(text, field->is_repeated() ? in.GetRepeatedMessage(message, field, at)
                                              : in.GetMessage(message, field));
        text += "}";
      } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
        text += bytes_text(message, field->name(),
                           field->is_repeated() ? in.GetRepeatedString(message, field, at)
                                                : in.GetString(message, field));
      } else {
        text += scalar_text(message, *field, at);
      }
    }
    if (field->is_repeated()) text += "]";
  }
  // The result of a read that found nothing may have no bytes, and is then no field that is set.
  const auto* result = field_of(message, "result", FieldDescriptor::CPPTYPE_STRING);
  if (result == nullptr || !bytes_in(message, "result").empty()) return;
  const auto* status = field_of(message, "status", FieldDescriptor::CPPTYPE_ENUM);
  if (status == nullptr || in.GetEnumValue(message, status) != 0) return;
  if (const auto found = result_text(message, "")) text += " result: " + *found;
}

std::string PayloadText::bytes_text(const Message& within, const std::string& name,
                                    const std::string& bytes) const {
  if (name == "command") {
    if (auto text = command_text(bytes)) return *std::move(text);
  }
  if (name == "result") {
    if (auto text = result_text(within, bytes)) return *std::move(text);
  }
  if (full_ || bytes.size() <= kBytesShown) return statemachine::quoted(bytes);
  return fmt::format("{}({} bytes)", statemachine::quoted(bytes.substr(0, kBytesShown)),
                     bytes.size());
}

std::optional<std::string> PayloadText::command_text(const std::string& bytes) const {
  if (machine_ == nullptr) return {};
  // First, because a session command may look like a command with fields unknown to the machine.
  if (const auto session = session_parts(bytes)) {
    const std::string text = machine_->describe(session->command, nullptr);
    if (text != kNoCommand) {
      return fmt::format("c{}:{} {}", session->client, session->sequence, text);
    }
  }
  std::string text = machine_->describe(bytes, nullptr);
  return text == kNoCommand ? std::nullopt : std::optional(std::move(text));
}

std::optional<std::string> PayloadText::result_text(const Message& within,
                                                    const std::string& bytes) const {
  const auto client = number_in(within, "client");
  if (machine_ == nullptr || !client) return {};
  const auto asked = asked_.find(*client);
  if (asked == asked_.end() || number_in(within, "sequence") != asked->second.sequence) return {};
  const std::string text = machine_->describe(asked->second.command, &bytes);
  const bool is_readable = text.find("unreadable") == std::string::npos;
  return is_readable ? std::optional(text) : std::nullopt;
}

}  // namespace lockstep::chaos
