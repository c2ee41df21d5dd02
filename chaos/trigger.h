// What a fault waits for: is this message, or this write, the one?
//
// Matching is by content and by counting what matched, never by the number of an event: a run in
// which something else happens earlier still triggers at the same message.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "transport/simulated/cluster.h"

namespace lockstep::chaos {

class MessageMatch;
class Node;
class WriteMatch;

/// Who plays which part at the moment; number 0 is nobody.
struct Cast {
  transport::NodeId leader{};
  transport::NodeId sender{};
  transport::NodeId receiver{};
  transport::NodeId writer{};
};

/// The node that is meant; number 0 if nobody plays the part.
transport::NodeId resolve(const Node& node, const Cast& cast);

/// Numbers for the names of message bodies, found by the address of the literal that an envelope
/// gives as its name, without comparing text more than once per literal.
class BodyNames {
 public:
  using Number = std::uint32_t;

  Number number_of(std::string_view name) {
    for (const auto& literal : literals_) {
      if (literal.text.data() == name.data() && literal.text.size() == name.size()) {
        return literal.number;
      }
    }
    return learn(name);
  }

 private:
  struct Literal {
    std::string_view text;
    Number number;
  };
  Number learn(std::string_view name);

  std::vector<Literal> literals_;
  std::vector<std::string> names_;
};

/// True if sender, receiver and fields are those of the match; its name is not looked at.
bool matches(const MessageMatch& match, const transport::Transmission& transmission,
             const Cast& cast);

/// True if the node and one of the keys it writes are those of the match.
bool matches(const WriteMatch& match, transport::NodeId node, const transport::Effects& effects,
             const Cast& cast);

/// The text of a field of an envelope's body by its path, as fault plans write it: "true", "7",
/// the name of an enum value, the bytes of a string; nothing if there is no such field.
std::optional<std::string> field_text(const transport::Envelope& payload, std::string_view path);

}  // namespace lockstep::chaos
