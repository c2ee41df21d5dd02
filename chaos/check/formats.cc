#include "chaos/check/formats.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <utility>

#include "chaos/check/gzip.h"
#include "chaos/check/recorded_event.h"

namespace lockstep::chaos {
namespace {

constexpr std::size_t kSizeMax = std::size_t{256} << 20;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::string_view kSpace = " \t\r\n";

std::variant<Recording, FormatError> read_text(std::string_view text) {
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  const std::size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) {
    return FormatError{{}, 0, "empty; expected a history"};
  }
  const std::size_t zero = text.find('\0');
  if (zero != std::string_view::npos) {
    const auto lines =
        std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(zero), '\n');
    return FormatError{{}, static_cast<std::size_t>(lines) + 1, "a zero byte; expected text"};
  }
  const char first = text[begin];
  if (first == '{') {
    const std::size_t second = text.find_first_not_of(kSpace, begin + 1);
    const bool is_json = second != std::string_view::npos && text[second] == '"';
    return is_json ? read_json_lines(text) : read_jepsen_edn(text);
  }
  const bool is_edn = std::string_view("[(#;").find(first) != std::string_view::npos;
  return is_edn ? read_jepsen_edn(text) : read_jepsen_log(text);
}

std::variant<History, FormatError> parse(std::string_view content) {
  if (is_gzip(content)) {
    auto unpacked = unpack_gzip(content, kSizeMax);
    if (auto* error = std::get_if<FormatError>(&unpacked)) return std::move(*error);
    auto recording = read_text(std::get<std::string>(unpacked));
    if (auto* error = std::get_if<FormatError>(&recording)) return std::move(*error);
    return assemble(std::get<Recording>(recording));
  }
  auto recording = read_text(content);
  if (auto* error = std::get_if<FormatError>(&recording)) return std::move(*error);
  return assemble(std::get<Recording>(recording));
}

}  // namespace

std::string FormatError::text() const {
  return file + ":" + (line == 0 ? "" : std::to_string(line) + ":") + " " + message;
}

std::variant<History, FormatError> parse_history(std::string_view content, std::string_view name) {
  auto parsed = parse(content);
  if (auto* error = std::get_if<FormatError>(&parsed)) error->file = name;
  return parsed;
}

std::variant<History, FormatError> read_history(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return FormatError{path, 0, "cannot be opened"};
  std::string content;
  for (std::vector<char> block(1 << 16); file;) {
    file.read(block.data(), static_cast<std::streamsize>(block.size()));
    content.append(block.data(), static_cast<std::size_t>(file.gcount()));
    if (content.size() > kSizeMax) {
      return FormatError{path, 0, "larger than " + std::to_string(kSizeMax) + " bytes"};
    }
  }
  if (file.bad()) return FormatError{path, 0, "cannot be read"};
  return parse_history(content, path);
}

}  // namespace lockstep::chaos
