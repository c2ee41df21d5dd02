#include "labs/grading/messages.h"

#include <fmt/core.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>

#include <set>

namespace lockstep::labs {

using google::protobuf::Descriptor;
using google::protobuf::DescriptorPool;
using google::protobuf::FieldDescriptor;
using google::protobuf::FileDescriptor;
using google::protobuf::FileDescriptorSet;

namespace {

/// A message's name without its package, such as "Outer.Inner".
std::string local_name(const Descriptor& message) {
  const std::string& package = message.file()->package();
  return package.empty() ? message.full_name() : message.full_name().substr(package.size() + 1);
}

std::string type_of(const FieldDescriptor& field) {
  std::string text = field.is_repeated() ? "repeated " : "";
  if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
    return text + local_name(*field.message_type());
  }
  return text + field.type_name();
}

class Comparison {
 public:
  std::optional<std::string> compare(const Descriptor& given, const Descriptor& wanted) {
    if (!seen_.insert(local_name(wanted)).second) return {};
    for (int at = 0; at < wanted.field_count(); ++at) {
      if (auto problem = compare_field(given, *wanted.field(at))) return problem;
    }
    for (int at = 0; at < given.field_count(); ++at) {
      const auto& own = *given.field(at);
      if (wanted.FindFieldByNumber(own.number()) == nullptr && own.number() < kOwnFieldsFrom) {
        return fmt::format("{}.{} has the number {}: fields of your own begin at {}",
                           local_name(given), own.name(), own.number(), kOwnFieldsFrom);
      }
    }
    return {};
  }

 private:
  std::optional<std::string> compare_field(const Descriptor& message,
                                           const FieldDescriptor& wanted) {
    const auto* given = message.FindFieldByNumber(wanted.number());
    const std::string what =
        fmt::format("{}.{} = {}", local_name(message), wanted.name(), wanted.number());
    if (given == nullptr) return what + " is missing";
    if (given->name() != wanted.name()) {
      return fmt::format("{} is called {}", what, given->name());
    }
    if (type_of(*given) != type_of(wanted)) {
      return fmt::format("{} is a {}, expected a {}", what, type_of(*given), type_of(wanted));
    }
    if (given->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) return {};
    return compare(*given->message_type(), *wanted.message_type());
  }

  std::set<std::string> seen_;
};

/// Looks at each message once: they may contain each other.
std::optional<std::string> taken_number(const Descriptor& message, std::set<std::string>& seen) {
  if (!seen.insert(message.full_name()).second) return {};
  for (int at = 0; at < message.field_count(); ++at) {
    const auto& field = *message.field(at);
    if (field.number() >= kOwnFieldsFrom) {
      return fmt::format("{}.{} has the number {}: from {} on they are the students'",
                         local_name(message), field.name(), field.number(), kOwnFieldsFrom);
    }
    if (field.cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) continue;
    if (auto problem = taken_number(*field.message_type(), seen)) return problem;
  }
  return {};
}

}  // namespace

std::optional<std::string> taken_number(const Descriptor& message) {
  std::set<std::string> seen;
  return taken_number(message, seen);
}

std::optional<std::string> difference(std::string_view descriptors, const Descriptor& message) {
  FileDescriptorSet set;
  if (!set.ParseFromArray(descriptors.data(), static_cast<int>(descriptors.size()))) {
    return "the compiled messages are damaged";
  }
  DescriptorPool pool;
  const std::string wanted = local_name(message);
  const Descriptor* given = nullptr;
  for (const auto& file : set.file()) {
    const FileDescriptor* built = pool.BuildFile(file);
    if (built == nullptr) return "the compiled messages do not fit together";
    if (const auto* found = built->FindMessageTypeByName(wanted)) given = found;
  }
  if (given == nullptr) return fmt::format("there is no message {}", wanted);
  return Comparison().compare(*given, message);
}

}  // namespace lockstep::labs
