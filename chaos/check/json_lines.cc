// Our own format: a header, then one event per line, each a JSON object.
#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "chaos/check/hex.h"
#include "chaos/check/recorded_event.h"

namespace lockstep::chaos {
namespace {

using Json = nlohmann::json;

constexpr int kVersion = 1;
constexpr std::string_view kHeader = "lockstep_history";

/// A number would read as text, so that `"value":5` and `"value":"5"` are one value.
bool read_bytes(const Json& json, std::optional<std::string>& bytes) {
  if (json.is_null()) return true;
  if (json.is_string()) {
    bytes = json.get_ref<const std::string&>();
  } else if (json.is_number_integer()) {
    bytes = json.dump();
  } else if (json.is_object() && json.size() == 1 && json.contains("hex") &&
             json["hex"].is_string()) {
    bytes = from_hex(json["hex"].get_ref<const std::string&>());
  }
  return bytes.has_value();
}

class Reader {
 public:
  std::variant<Recording, FormatError> run(std::string_view text) {
    while (!text.empty()) {
      ++line_;
      const std::size_t end = std::min(text.find('\n'), text.size());
      const std::string_view content = text.substr(0, end);
      text.remove_prefix(std::min(end + 1, text.size()));
      const bool is_blank = content.find_first_not_of(" \t\r") == std::string_view::npos;
      if (!is_blank && !add_line(content)) return error_;
    }
    return std::move(recording_);
  }

 private:
  bool add_line(std::string_view content) {
    const Json json = Json::parse(content.begin(), content.end(), nullptr, false);
    if (!json.is_object()) return fail("not a JSON object, or more than one in the line");
    if (recording_.machine.empty()) return read_header(json);
    RecordedEvent event;
    event.line = line_;
    if (!check_names(json) || !read_frame(json, event) || !read_operation(json, event)) {
      return false;
    }
    recording_.events.push_back(std::move(event));
    return true;
  }

  bool read_header(const Json& json) {
    const auto version = json.find(kHeader);
    if (version == json.end()) {
      return fail("expected a header such as {\"lockstep_history\":1,\"machine\":\"kv\"}");
    }
    if (*version != kVersion) return fail("the version of the format must be 1");
    const auto machine = json.find("machine");
    if (machine == json.end() || !machine->is_string() || *machine == "") {
      return fail("the header needs the name of a \"machine\"");
    }
    recording_.machine = machine->get<std::string>();
    return true;
  }

  /// A misspelled name would silently become an unknown result.
  bool check_names(const Json& json) {
    constexpr std::array<std::string_view, 11> kNames = {"process", "type",     "f",       "key",
                                                         "value",   "expected", "swapped", "time",
                                                         "command", "result",   "note"};
    for (const auto& [name, value] : json.items()) {
      if (std::find(kNames.begin(), kNames.end(), name) == kNames.end()) {
        return fail("unknown field \"" + name + "\"");
      }
    }
    return true;
  }

  bool read_frame(const Json& json, RecordedEvent& event) {
    const auto process = json.find("process");
    if (process == json.end() || !process->is_number_unsigned()) {
      return fail("\"process\" must be a whole number from 0 to 2^64 - 1");
    }
    event.process = process->get<std::uint64_t>();
    const auto f = json.find("f");
    if (f == json.end() || !f->is_string()) return fail("\"f\" must name the operation");
    event.f = f->get<std::string>();
    if (const auto time = json.find("time"); time != json.end()) {
      if (!time->is_number_integer()) return fail("\"time\" must be a number of nanoseconds");
      event.at = time->get<std::int64_t>();
    }
    const Json type = json.value("type", Json());
    constexpr std::array<std::string_view, 4> kTypes = {"invoke", "ok", "fail", "info"};
    const auto place = std::find_if(kTypes.begin(), kTypes.end(),
                                    [&](std::string_view name) { return type == name; });
    if (place == kTypes.end()) return fail("\"type\" must be invoke, ok, fail or info");
    event.type = static_cast<EventType>(place - kTypes.begin());
    return true;
  }

  bool read_operation(const Json& json, RecordedEvent& event) {
    event.has_value = json.contains("value");
    std::optional<std::string> command;
    const std::pair<std::string_view, std::optional<std::string>*> fields[] = {
        {"key", &event.key},
        {"value", &event.value},
        {"expected", &event.expected},
        {"command", &command},
        {"result", &event.result}};
    for (const auto& [name, bytes] : fields) {
      const auto field = json.find(name);
      if (field == json.end() || read_bytes(*field, *bytes)) continue;
      return fail("\"" + std::string(name) +
                  "\" must be a string, a whole number, null or {\"hex\":\"00ff\"}");
    }
    if (event.f == "raw" && event.type == EventType::Invoke && !command) {
      return fail("`raw` needs a \"command\"");
    }
    event.command = command.value_or("");
    if (const auto swapped = json.find("swapped"); swapped != json.end()) {
      if (!swapped->is_boolean()) return fail("\"swapped\" must be true or false");
      event.swapped = swapped->get<bool>();
    }
    return true;
  }

  bool fail(std::string message) {
    error_ = {{}, line_, std::move(message)};
    return false;
  }

  std::size_t line_ = 0;
  Recording recording_;
  FormatError error_;
};

}  // namespace

std::variant<Recording, FormatError> read_json_lines(std::string_view text) {
  return Reader().run(text);
}

}  // namespace lockstep::chaos
