// Messages on one line, for people: AppendEntries{term: 3 entries[{term: 3 command: c1:7 put k3
// "v"}]}. Commands and results of the replicated machine are spelled out where they occur.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "statemachine/catalog.h"

namespace google::protobuf {
class Message;
}

namespace lockstep::chaos {

/// A session command taken apart.
struct SessionParts {
  std::uint64_t client = 0;
  std::uint64_t sequence = 0;
  std::string command;
};

/// Nothing unless the bytes are exactly what encode_session_command() makes for some client.
std::optional<SessionParts> session_parts(std::string_view bytes);

/// The message that an envelope is about: its body if it is one of several, otherwise itself.
const google::protobuf::Message& body_of(const google::protobuf::Message& message);

/// The value of an unsigned field by name; nothing if there is no such field.
std::optional<std::uint64_t> number_in(const google::protobuf::Message& message, const char* field);
/// The value of a bytes field by name; empty if there is no such field.
std::string bytes_in(const google::protobuf::Message& message, const char* field);

/// Text in one line of ASCII: control bytes and all beyond ASCII are escaped.
std::string printable(std::string_view text);

/// A storage key; one made by transport::numbered_key() reads as its prefix and the number.
std::string key_text(std::string_view key);

/// Spells messages. It remembers each client's last request, so that a reply can be read.
class PayloadText {
 public:
  /// `machine` is the one replicated; null if it is not known. With `full` nothing is shortened.
  PayloadText(const statemachine::MachineKind* machine, bool full)
      : machine_(machine), full_(full) {}

  /// To be called for every request, in order.
  void remember(const google::protobuf::Message& request);

  std::string text(const google::protobuf::Message& message) const;

 private:
  struct Asked {
    std::uint64_t sequence = 0;
    std::string command;
  };

  void add_fields(std::string& text, const google::protobuf::Message& message) const;
  std::string bytes_text(const google::protobuf::Message& within, const std::string& name,
                         const std::string& bytes) const;
  std::optional<std::string> command_text(const std::string& bytes) const;
  std::optional<std::string> result_text(const google::protobuf::Message& within,
                                         const std::string& bytes) const;

  const statemachine::MachineKind* machine_;
  bool full_;
  std::map<std::uint64_t, Asked> asked_;
};

}  // namespace lockstep::chaos
