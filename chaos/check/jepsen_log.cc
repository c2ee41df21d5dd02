// The lines that jepsen.util writes into Jepsen's log, one for each operation:
// `INFO  jepsen.util - 0 :invoke :read nil`, with tabs before the keywords. Lines of other loggers
// are passed over.
#include <algorithm>
#include <array>
#include <utility>

#include "chaos/check/jepsen.h"

namespace lockstep::chaos {
namespace {

constexpr std::string_view kMarker = "jepsen.util - ";

bool is_of_another_logger(std::string_view line) {
  constexpr std::array<std::string_view, 5> kLevels = {"INFO", "WARN", "ERROR", "DEBUG", "TRACE"};
  return std::any_of(kLevels.begin(), kLevels.end(),
                     [&](std::string_view level) { return line.starts_with(level); });
}

std::vector<std::string_view> columns(std::string_view text) {
  std::vector<std::string_view> found;
  for (;;) {
    const std::size_t tab = text.find('\t');
    found.push_back(text.substr(0, tab));
    if (tab == std::string_view::npos) return found;
    text.remove_prefix(tab + 1);
  }
}

/// The one form that a column holds.
std::optional<FormatError> read_column(std::string_view text, std::size_t line, Edn& value) {
  EdnReader reader(text, line);
  auto next = reader.next();
  if (auto* error = std::get_if<FormatError>(&next)) return std::move(*error);
  std::optional<Edn>& form = std::get<std::optional<Edn>>(next);
  if (!form) return FormatError{{}, line, "a column is empty"};
  value = *std::move(form);
  next = reader.next();
  if (auto* error = std::get_if<FormatError>(&next)) return std::move(*error);
  if (!std::get<std::optional<Edn>>(next)) return {};
  return FormatError{{}, line, "a column has more than one value; expected tabs between columns"};
}

std::optional<FormatError> add(std::string_view text, std::size_t line,
                               std::vector<JepsenOperation>& operations) {
  const std::vector<std::string_view> found = columns(text);
  if (found.size() < 4) {
    return FormatError{
        {}, line, "expected process, type, operation and value after `jepsen.util - `, with tabs"};
  }
  JepsenOperation operation;
  operation.line = line;
  operation.has_error = found.size() > 4;
  const std::array<Edn*, 4> fields = {&operation.process, &operation.type, &operation.f,
                                      &operation.value};
  for (std::size_t at = 0; at < fields.size(); ++at) {
    if (auto error = read_column(found[at], line, *fields[at])) return error;
  }
  operations.push_back(std::move(operation));
  return {};
}

}  // namespace

std::variant<Recording, FormatError> read_jepsen_log(std::string_view text) {
  std::vector<JepsenOperation> operations;
  for (std::size_t line = 1; !text.empty(); ++line) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view content = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (content.ends_with('\r')) content.remove_suffix(1);
    const std::size_t marker = content.find(kMarker);
    if (marker != std::string_view::npos) {
      auto error = add(content.substr(marker + kMarker.size()), line, operations);
      if (error) return *std::move(error);
    } else if (!content.empty() && !is_of_another_logger(content)) {
      return FormatError{
          {}, line, "expected a log line such as `INFO  jepsen.util - 0 :invoke ...`"};
    }
  }
  return translate_jepsen(operations);
}

}  // namespace lockstep::chaos
