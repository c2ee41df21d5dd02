#include "chaos/trigger.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <algorithm>
#include <charconv>

#include "chaos/fault_plan.pb.h"

namespace lockstep::chaos {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using transport::NodeId;

/// The message that `payload.name()` names: the body of a protocol's message, or itself.
const Message& body_of(const transport::Envelope& payload) {
  const Message& whole = payload.message();
  const auto* choice = whole.GetDescriptor()->FindOneofByName("body");
  if (choice == nullptr || whole.GetDescriptor()->name() == payload.name()) return whole;
  const auto* chosen = whole.GetReflection()->GetOneofFieldDescriptor(whole, choice);
  if (chosen == nullptr || chosen->message_type() == nullptr) return whole;
  return whole.GetReflection()->GetMessage(whole, chosen);
}

std::string text_of(bool value) { return value ? "true" : "false"; }

/// One scalar; `at` is the element of a repeated field, or -1.
std::optional<std::string> scalar_text(const Message& message, const FieldDescriptor& field,
                                       int at) {
  const Reflection& read = *message.GetReflection();
  const bool one = at < 0;
  const auto* f = &field;
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return std::to_string(one ? read.GetInt32(message, f)
                                : read.GetRepeatedInt32(message, f, at));
    case FieldDescriptor::CPPTYPE_INT64:
      return std::to_string(one ? read.GetInt64(message, f)
                                : read.GetRepeatedInt64(message, f, at));
    case FieldDescriptor::CPPTYPE_UINT32:
      return std::to_string(one ? read.GetUInt32(message, f)
                                : read.GetRepeatedUInt32(message, f, at));
    case FieldDescriptor::CPPTYPE_UINT64:
      return std::to_string(one ? read.GetUInt64(message, f)
                                : read.GetRepeatedUInt64(message, f, at));
    case FieldDescriptor::CPPTYPE_BOOL:
      return text_of(one ? read.GetBool(message, f) : read.GetRepeatedBool(message, f, at));
    case FieldDescriptor::CPPTYPE_ENUM:
      return (one ? read.GetEnum(message, f) : read.GetRepeatedEnum(message, f, at))->name();
    case FieldDescriptor::CPPTYPE_STRING:
      return one ? read.GetString(message, f) : read.GetRepeatedString(message, f, at);
    default:
      return {};
  }
}

std::optional<int> index_in(std::string_view text, int size) {
  int index = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), index);
  if (error != std::errc() || end != text.data() + text.size()) return {};
  if (index < 0 || index >= size) return {};
  return index;
}

std::string_view take_step(std::string_view& path) {
  const auto dot = path.find('.');
  const auto step = path.substr(0, dot);
  path = dot == std::string_view::npos ? std::string_view() : path.substr(dot + 1);
  return step;
}

std::optional<std::string> text_at(const Message& message, std::string_view path) {
  const auto* field = message.GetDescriptor()->FindFieldByName(std::string(take_step(path)));
  if (field == nullptr) return {};
  const Reflection& read = *message.GetReflection();
  int at = -1;
  if (field->is_repeated()) {
    const int size = read.FieldSize(message, field);
    if (path.empty()) return std::to_string(size);
    const auto index = index_in(take_step(path), size);
    if (!index) return {};
    at = *index;
  }
  if (field->message_type() == nullptr) {
    return path.empty() ? scalar_text(message, *field, at) : std::nullopt;
  }
  const Message& inner =
      at < 0 ? read.GetMessage(message, field) : read.GetRepeatedMessage(message, field, at);
  return text_at(inner, path);
}

bool is_meant(bool given, const Node& node, NodeId actual, const Cast& cast) {
  return !given || resolve(node, cast) == actual;
}

}  // namespace

NodeId resolve(const Node& node, const Cast& cast) {
  if (node.who_case() == Node::kId) return NodeId{node.id()};
  switch (node.role()) {
    case Node::LEADER:
      return cast.leader;
    case Node::SENDER:
      return cast.sender;
    case Node::RECEIVER:
      return cast.receiver;
    case Node::WRITER:
      return cast.writer;
    default:
      return {};
  }
}

BodyNames::Number BodyNames::learn(std::string_view name) {
  auto known = std::find(names_.begin(), names_.end(), name);
  if (known == names_.end()) known = names_.insert(names_.end(), std::string(name));
  const auto number = static_cast<Number>(known - names_.begin());
  literals_.push_back({name, number});
  return number;
}

bool matches(const MessageMatch& match, const transport::Transmission& transmission,
             const Cast& cast) {
  if (!is_meant(match.has_from(), match.from(), transmission.from, cast)) return false;
  if (!is_meant(match.has_to(), match.to(), transmission.to, cast)) return false;
  return std::all_of(match.field().begin(), match.field().end(), [&](const FieldMatch& field) {
    return field_text(transmission.payload, field.field()) == field.equals();
  });
}

bool matches(const WriteMatch& match, NodeId node, const transport::Effects& effects,
             const Cast& cast) {
  if (!is_meant(match.has_node(), match.node(), node, cast)) return false;
  return std::any_of(
      effects.writes.begin(), effects.writes.end(),
      [&](const transport::Write& write) { return write.key.starts_with(match.key_prefix()); });
}

std::optional<std::string> field_text(const transport::Envelope& payload, std::string_view path) {
  return text_at(body_of(payload), path);
}

}  // namespace lockstep::chaos
