// Reads a Protobuf descriptor set and writes, for the messages of one file, what the framework
// needs of them: typed dispatch (visit), building in place (wrap), names (body_name) and content
// hashing (fold). Usage: generate DESCRIPTORS FILE.proto OUTPUT_ROOT
//
// It refuses maps, whose order is not fixed, and floating point, whose bits are not the same on
// every machine: a digest over either would not be stable.

#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>

#include <fstream>
#include <iostream>
#include <string>
#include <vector>

namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::FileDescriptor;

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) {
    text.replace(at, from.size(), to);
  }
  return text;
}

std::string cpp_namespace(const FileDescriptor& file) {
  return replaced(file.package(), ".", "::");
}

/// Nested types carry the names of their parents, joined as protoc joins them.
std::string cpp_name(const Descriptor& message) {
  const std::string& name = message.full_name();
  const std::string& package = message.file()->package();
  const std::string local = package.empty() ? name : name.substr(package.size() + 1);
  return "::" + cpp_namespace(*message.file()) + "::" + replaced(local, ".", "_");
}

/// Protoc's own rule, by which a letter after a digit is a capital: phase2a becomes kPhase2A.
std::string case_name(const std::string& field) {
  std::string name = "k";
  bool upper = true;
  for (const char letter : field) {
    if (letter == '_') {
      upper = true;
      continue;
    }
    name +=
        upper && letter >= 'a' && letter <= 'z' ? static_cast<char>(letter - 'a' + 'A') : letter;
    upper = letter >= '0' && letter <= '9';
  }
  return name;
}

std::string stem(const std::string& proto) { return proto.substr(0, proto.rfind(".proto")); }

/// All messages of the file, nested ones first, so that each is declared before it is used.
void collect(const Descriptor& message, std::vector<const Descriptor*>& all) {
  for (int i = 0; i < message.nested_type_count(); ++i) collect(*message.nested_type(i), all);
  all.push_back(&message);
}

std::vector<const Descriptor*> messages_of(const FileDescriptor& file) {
  std::vector<const Descriptor*> all;
  for (int i = 0; i < file.message_type_count(); ++i) collect(*file.message_type(i), all);
  return all;
}

/// A protocol's envelope: the top-level `Message`, which has a oneof `body` of messages.
bool is_envelope(const Descriptor& message) {
  return message.name() == "Message" && message.containing_type() == nullptr;
}

bool is_body(const FieldDescriptor& field) {
  const auto* oneof = field.real_containing_oneof();
  return oneof != nullptr && oneof->name() == "body" &&
         field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
}

std::string refusal(const Descriptor& message) {
  if (is_envelope(message) && message.field_count() == 0) {
    return message.full_name() + ": Message needs a oneof `body` of messages";
  }
  for (int i = 0; i < message.field_count(); ++i) {
    const auto& field = *message.field(i);
    if (field.is_map()) return field.full_name() + ": a map has no fixed order, use repeated";
    if (field.cpp_type() == FieldDescriptor::CPPTYPE_DOUBLE ||
        field.cpp_type() == FieldDescriptor::CPPTYPE_FLOAT) {
      return field.full_name() + ": floating point has no stable digest, use an integer";
    }
    if (is_envelope(message) && !is_body(field)) {
      return field.full_name() + ": Message holds one oneof `body` of messages and nothing else";
    }
  }
  return {};
}

void write_fold_field(std::ostream& out, const FieldDescriptor& field) {
  const std::string& name = field.lowercase_name();
  const std::string value = "message." + name + "()";
  if (field.is_repeated()) {
    out << "  digest(static_cast<std::uint64_t>(" << value << ".size()));\n"
        << "  for (const auto& item : " << value << ") fold(digest, item);\n";
  } else if (field.has_presence()) {
    out << "  digest(message.has_" << name << "());\n"
        << "  if (message.has_" << name << "()) fold(digest, " << value << ");\n";
  } else {
    out << "  fold(digest, " << value << ");\n";
  }
}

void write_fold_oneof(std::ostream& out, const google::protobuf::OneofDescriptor& oneof) {
  const std::string which = "message." + oneof.name() + "_case()";
  out << "  digest(static_cast<std::uint64_t>(" << which << "));\n"
      << "  switch (static_cast<int>(" << which << ")) {\n";
  for (int i = 0; i < oneof.field_count(); ++i) {
    const auto& field = *oneof.field(i);
    out << "    case " << field.number() << ": fold(digest, message." << field.lowercase_name()
        << "()); break;\n";
  }
  out << "    default: break;\n  }\n";
}

/// What is absent is folded as well: otherwise one message could read like another.
void write_fold(std::ostream& out, const Descriptor& message) {
  out << "void fold(Fold& digest, const " << cpp_name(message) << "& message) {\n"
      << "  using lockstep::statemachine::fold;\n"
      << "  static_cast<void>(message);\n"
      << "  digest(" << message.field_count() << "u);\n";
  for (int i = 0; i < message.field_count(); ++i) {
    const auto& field = *message.field(i);
    const auto* oneof = field.real_containing_oneof();
    if (oneof == nullptr) {
      write_fold_field(out, field);
    } else if (oneof->field(0) == &field) {
      write_fold_oneof(out, *oneof);
    }
  }
  out << "  fold_unknown(digest, message);\n}\n\n";
}

/// Fields that this definition does not know, such as a student's own: by their bytes. A message
/// without any has the digest that it always had, and costs no more than a look at one bit, which
/// only a class derived from MessageLite may take.
void write_fold_unknown(std::ostream& out) {
  out << R"(namespace {

struct Opened : google::protobuf::MessageLite {
  static bool has_unknown_fields(const google::protobuf::MessageLite& message) {
    return (message.*(&Opened::_internal_metadata_)).have_unknown_fields();
  }
};

[[maybe_unused]] void fold_unknown(Fold& digest, const google::protobuf::Message& message) {
  constexpr std::uint64_t kUnknownFields = 0x6F776E6669656C64ull;
  if (!Opened::has_unknown_fields(message)) return;
  const auto& fields = message.GetReflection()->GetUnknownFields(message);
  if (fields.empty()) return;
  std::string bytes;
  fields.SerializeToString(&bytes);
  digest(kUnknownFields);
  lockstep::statemachine::fold(digest, bytes);
}

}  // namespace

)";
}

void write_visit(std::ostream& out, const Descriptor& envelope) {
  out << "/// Calls visitor(body) with the body that the message has; nothing if it has none.\n"
      << "template <class Visitor>\nvoid visit(const Message& message, Visitor&& visitor) {\n"
      << "  switch (message.body_case()) {\n";
  for (int i = 0; i < envelope.field_count(); ++i) {
    const auto& field = *envelope.field(i);
    out << "    case Message::" << case_name(field.name()) << ": visitor(message."
        << field.lowercase_name() << "()); return;\n";
  }
  out << "    case Message::BODY_NOT_SET: return;\n  }\n}\n\n";
}

void write_wraps(std::ostream& out, const Descriptor& envelope) {
  out << "/// The place for a body inside an envelope, to be filled there.\n";
  for (int i = 0; i < envelope.field_count(); ++i) {
    const auto& field = *envelope.field(i);
    const std::string type = cpp_name(*field.message_type());
    out << "inline " << type << "& wrap(Message& message, std::type_identity<" << type
        << ">) { return *message.mutable_" << field.lowercase_name() << "(); }\n";
  }
  out << "\n";
}

void write_body_name(std::ostream& out, const Descriptor& message) {
  out << "std::string_view body_name(const " << cpp_name(message) << "& message) {\n";
  if (!is_envelope(message)) {
    out << "  static_cast<void>(message);\n  return \"" << message.name() << "\";\n}\n\n";
    return;
  }
  out << "  switch (message.body_case()) {\n";
  for (int i = 0; i < message.field_count(); ++i) {
    const auto& field = *message.field(i);
    out << "    case Message::" << case_name(field.name()) << ": return \""
        << field.message_type()->name() << "\";\n";
  }
  out << "    case Message::BODY_NOT_SET: return \"(empty)\";\n  }\n  return \"(empty)\";\n}\n\n";
}

void write_header(std::ostream& out, const FileDescriptor& file) {
  out << "// Generated from " << file.name() << ".\n#pragma once\n\n"
      << "#include <string_view>\n#include <type_traits>\n\n"
      << "#include \"" << stem(file.name()) << ".pb.h\"\n#include \"statemachine/fold.h\"\n";
  for (int i = 0; i < file.dependency_count(); ++i) {
    out << "#include \"" << stem(file.dependency(i)->name()) << ".messages.h\"\n";
  }
  out << "\nnamespace " << cpp_namespace(file) << " {\n\n"
      << "using lockstep::statemachine::Fold;\n\n";
  for (const auto* message : messages_of(file)) {
    out << "void fold(Fold& digest, const " << cpp_name(*message) << "& message);\n"
        << "std::string_view body_name(const " << cpp_name(*message) << "& message);\n";
    if (!is_envelope(*message)) continue;
    write_visit(out, *message);
    write_wraps(out, *message);
  }
  out << "\n}  // namespace " << cpp_namespace(file) << "\n";
}

void write_source(std::ostream& out, const FileDescriptor& file) {
  out << "// Generated from " << file.name() << ".\n#include \"" << stem(file.name())
      << ".messages.h\"\n\n#include <google/protobuf/message.h>\n#include "
         "<google/protobuf/unknown_field_set.h>\n\n#include <string>\n\n"
      << "namespace " << cpp_namespace(file) << " {\n\n";
  write_fold_unknown(out);
  for (const auto* message : messages_of(file)) {
    write_fold(out, *message);
    write_body_name(out, *message);
  }
  out << "}  // namespace " << cpp_namespace(file) << "\n";
}

int failed(const std::string& message) {
  std::cerr << "lockstep-generate: " << message << "\n";
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return failed("usage: lockstep-generate DESCRIPTORS FILE.proto OUTPUT_ROOT");
  google::protobuf::FileDescriptorSet set;
  std::ifstream in(argv[1], std::ios::binary);
  if (!in || !set.ParseFromIstream(&in)) {
    return failed(std::string(argv[1]) + ": not a descriptor set");
  }
  google::protobuf::DescriptorPool pool;
  for (const auto& file : set.file()) pool.BuildFile(file);
  const FileDescriptor* file = pool.FindFileByName(argv[2]);
  if (file == nullptr) return failed(std::string(argv[2]) + " is not in " + argv[1]);
  for (const auto* message : messages_of(*file)) {
    if (const auto reason = refusal(*message); !reason.empty()) {
      return failed(file->name() + ": " + reason);
    }
  }
  const std::string base = std::string(argv[3]) + "/" + stem(file->name()) + ".messages";
  std::ofstream header(base + ".h");
  std::ofstream source(base + ".cc");
  write_header(header, *file);
  write_source(source, *file);
  header.close();
  source.close();
  return header && source ? 0 : failed("cannot write " + base + ".h and .cc");
}
