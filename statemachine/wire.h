// Protobuf's wire format, field by field and without a message object.
//
// A replica takes every command apart once when it applies it, and a leader once more to see whom
// to answer. That is the inner loop of a simulation, so sessions and key-value store read and write
// their few fields here. The .proto files remain the definition of what the bytes mean.
#pragma once

#include <cstddef>
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
  bool read_long_varint(std::uint64_t& value);
  bool take(std::uint64_t size);
  bool malformed();

  std::string_view rest_;
  std::string_view bytes_;
  std::uint64_t number_ = 0;
  std::uint32_t tag_ = 0;
  bool is_well_formed_ = true;
};

inline bool WireReader::next() {
  if (rest_.empty() || !is_well_formed_) return false;
  std::uint64_t tag = 0;
  if (!read_varint(tag) || tag > UINT32_MAX || tag >> 3 == 0) return malformed();
  tag_ = static_cast<std::uint32_t>(tag);
  switch (tag & 7) {
    case 0:
      return read_varint(number_) || malformed();
    case 1:
      return take(8) || malformed();
    case 2:
      return (read_varint(number_) && take(number_)) || malformed();
    case 5:
      return take(4) || malformed();
    default:
      return malformed();
  }
}

inline bool WireReader::read_varint(std::uint64_t& value) {
  // Tags, lengths and many numbers take one byte.
  const bool is_short = !rest_.empty() && static_cast<unsigned char>(rest_.front()) < 0x80;
  if (!is_short) return read_long_varint(value);
  value = static_cast<unsigned char>(rest_.front());
  rest_.remove_prefix(1);
  return true;
}

inline bool WireReader::take(std::uint64_t size) {
  if (size > rest_.size()) return false;
  bytes_ = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return true;
}

inline bool WireReader::malformed() {
  is_well_formed_ = false;
  return false;
}

/// Appends a field, which is left out if its value is 0 or empty, as proto3 does.
void append_field(std::string& message, std::uint32_t field, std::uint64_t value);
void append_field(std::string& message, std::uint32_t field, std::string_view value);

/// Appends a field that is marked `optional`: it is there even if its value is empty.
void append_optional_field(std::string& message, std::uint32_t field, std::string_view value);

/// The most bytes that a field may take besides its own, with a number below 16: to reserve by.
inline constexpr std::size_t kLongestField = 11;

}  // namespace lockstep::statemachine
