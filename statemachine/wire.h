// Protobuf's wire format, field by field and without a message object.
//
// A replica takes every command apart once when it applies it, and a leader once more to see whom
// to answer. That is the inner loop of a simulation, so sessions and key-value store read and write
// their few fields here. The .proto files remain the definition of what the bytes mean.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace lockstep::statemachine {

/// What stands before a field's value: its number, and how the value is written.
constexpr std::uint32_t varint_field(std::uint32_t number) { return number << 3; }
constexpr std::uint32_t bytes_field(std::uint32_t number) { return number << 3 | 2; }

/// Reads a message from its first field to its last. Bytes are views into what is read.
class WireReader {
 public:
  explicit WireReader(std::string_view message) : rest_(message) {}

  /// Goes to the next field; false at the end, or at something malformed (see is_well_formed()).
  /// Fields that fit no tag of the reader's are to be skipped by not looking at them.
  bool next();

  /// What next() found, as varint_field or bytes_field make it; another kind matches neither.
  std::uint32_t tag() const { return tag_; }
  std::uint64_t number() const { return number_; }
  std::string_view bytes() const { return bytes_; }

  /// False once something was no field. A group, which proto3 does not have, is none.
  bool is_well_formed() const { return is_well_formed_; }

 private:
  bool read_varint(std::uint64_t& value);
  bool take(std::uint64_t size);
  bool malformed();

  std::string_view rest_;
  std::string_view bytes_;
  std::uint64_t number_ = 0;
  std::uint32_t tag_ = 0;
  bool is_well_formed_ = true;
};

/// Appends a field, which is left out if its value is 0 or empty, as proto3 does.
void append_field(std::string& message, std::uint32_t field, std::uint64_t value);
void append_field(std::string& message, std::uint32_t field, std::string_view value);

}  // namespace lockstep::statemachine
