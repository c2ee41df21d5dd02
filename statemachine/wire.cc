#include "statemachine/wire.h"

namespace lockstep::statemachine {

namespace {

void append_varint(std::string& message, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) message += static_cast<char>(value | 0x80);
  message += static_cast<char>(value);
}

}  // namespace

bool WireReader::read_long_varint(std::uint64_t& value) {
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

void append_field(std::string& message, std::uint32_t field, std::uint64_t value) {
  if (value == 0) return;
  append_varint(message, varint_field(field));
  append_varint(message, value);
}

void append_field(std::string& message, std::uint32_t field, std::string_view value) {
  if (!value.empty()) append_optional_field(message, field, value);
}

void append_optional_field(std::string& message, std::uint32_t field, std::string_view value) {
  append_varint(message, bytes_field(field));
  append_varint(message, value.size());
  message += value;
}

}  // namespace lockstep::statemachine
