// Whether a submission still speaks the lab's protocol: its own messages may say more, never less.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace google::protobuf {
class Descriptor;
}

namespace lockstep::labs {

/// The first number that a student's own fields may have.
inline constexpr int kOwnFieldsFrom = 1000;

/// What is wrong with the messages of a submission: a message or field of the lab's that is missing
/// or has another number, name or type, or a field of its own below kOwnFieldsFrom. Nothing if they
/// are fine. `descriptors` is an encoded FileDescriptorSet, from an untrusted source; the package
/// may be any.
std::optional<std::string> difference(std::string_view descriptors,
                                      const google::protobuf::Descriptor& message);

/// A field of a lab's own messages that has a number of the students'; nothing if there is none.
std::optional<std::string> taken_number(const google::protobuf::Descriptor& message);

}  // namespace lockstep::labs
