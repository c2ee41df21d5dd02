#include "statemachine/quoted.h"

#include <algorithm>

namespace lockstep::statemachine {
namespace {

bool is_plain(char byte) {
  const bool letter = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
  return letter || (byte >= '0' && byte <= '9') ||
         std::string_view("._-/:").find(byte) != std::string_view::npos;
}

}  // namespace

std::string quoted(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text = "\"";
  for (const char byte : bytes) {
    const auto value = static_cast<unsigned char>(byte);
    if (byte == '"' || byte == '\\') {
      text += {'\\', byte};
    } else if (value >= 0x20 && value < 0x7F) {
      text += byte;
    } else {
      text += {'\\', 'x', kDigits[value >> 4], kDigits[value & 15]};
    }
  }
  return text + '"';
}

std::string quoted_or_nil(const std::optional<std::string>& bytes) {
  return bytes ? quoted(*bytes) : "nil";
}

std::string quoted_key(std::string_view key) {
  const bool plain = !key.empty() && std::all_of(key.begin(), key.end(), is_plain);
  return plain ? std::string(key) : quoted(key);
}

}  // namespace lockstep::statemachine
