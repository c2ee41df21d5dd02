#include "statemachine/wire.h"

namespace lockstep::statemachine {

namespace {

void append_varint(std::string& message, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) message += static_cast<char>(value | 0x80);
  message += static_cast<char>(value);
}

}  // namespace

bool WireReader::next() {
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

bool WireReader::read_varint(std::uint64_t& value) {
  value = 0;
  for (std::uint32_t at = 0; at < 10 && at < rest_.size(); ++at) {
    const auto byte = static_cast<unsigned char>(rest_[at]);
    value |= static_cast<std::uint64_t>(byte & 0x7F) << (7 * at);
    if (byte < 0x80) {
      rest_.remove_prefix(at + 1);
      return true;
    }
  }
  return false;
}

bool WireReader::take(std::uint64_t size) {
  if (size > rest_.size()) return false;
  bytes_ = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return true;
}

bool WireReader::malformed() {
  is_well_formed_ = false;
  return false;
}

void append_field(std::string& message, std::uint32_t field, std::uint64_t value) {
  if (value == 0) return;
  append_varint(message, varint_field(field));
  append_varint(message, value);
}

void append_field(std::string& message, std::uint32_t field, std::string_view value) {
  if (value.empty()) return;
  append_varint(message, bytes_field(field));
  append_varint(message, value.size());
  message += value;
}

}  // namespace lockstep::statemachine
