#include "chaos/check/jepsen.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace lockstep::chaos {
namespace {

template <class Number>
std::optional<Number> parse(std::string_view text) {
  Number number = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || stop != end || text.empty()) return {};
  return number;
}

bool is_sequence_of_two(const Edn& value) {
  return value.kind == Edn::Kind::Sequence && value.items.size() == 2;
}

/// `[key value]`, as Jepsen's independent workloads write it.
bool is_independent(const JepsenOperation& operation) {
  if (operation.type.text != "invoke" || !is_sequence_of_two(operation.value)) return false;
  if (operation.f.text == "cas") return is_sequence_of_two(operation.value.items[1]);
  return operation.f.text == "read" || operation.f.text == "write";
}

class Translator {
 public:
  explicit Translator(const std::vector<JepsenOperation>& all) : all_(all) {}

  std::variant<Recording, FormatError> run() {
    choose_machine();
    for (const JepsenOperation& operation : all_) {
      const bool is_client = operation.process.kind != Edn::Kind::Keyword;
      if (is_client && !add(operation)) return error_;
    }
    return std::move(recording_);
  }

 private:
  void choose_machine() {
    const auto any_is = [&](std::string_view f) {
      return std::any_of(all_.begin(), all_.end(),
                         [&](const JepsenOperation& operation) { return operation.f.text == f; });
    };
    by_key_ = std::any_of(all_.begin(), all_.end(), is_independent);
    recording_.machine = "register";
    if (any_is("add")) recording_.machine = "counter";
    if (by_key_ || any_is("get") || any_is("put") || any_is("append")) recording_.machine = "kv";
  }

  bool add(const JepsenOperation& operation) {
    RecordedEvent event;
    event.line = operation.line;
    event.at = operation.at;
    event.f = operation.f.text;
    const auto process = parse_number(operation.process.text);
    if (operation.process.kind != Edn::Kind::Symbol || !process) {
      return fail(operation, "the process must be a whole number of at most 64 bits");
    }
    event.process = *process;
    if (operation.f.kind != Edn::Kind::Keyword) {
      return fail(operation, "expected a keyword that names the operation, such as :read");
    }
    if (!read_type(operation, event) || !read_key(operation, event)) return false;
    const Edn* value = &operation.value;
    if (by_key_ && !split_independent(operation, event, value)) return false;
    if (!read_value(operation, *value, event)) return false;
    recording_.events.push_back(std::move(event));
    return true;
  }

  bool read_type(const JepsenOperation& operation, RecordedEvent& event) {
    const std::string& type = operation.type.text;
    const bool is_keyword = operation.type.kind == Edn::Kind::Keyword;
    if (!is_keyword || (type != "invoke" && type != "ok" && type != "fail" && type != "info")) {
      return fail(operation, "the type must be :invoke, :ok, :fail or :info");
    }
    if (type == "ok") event.type = EventType::Ok;
    if (type == "fail") event.type = EventType::Fail;
    if (type == "info") event.type = EventType::Info;
    if (operation.f.text != "cas") return true;
    // A cas that fails without saying why has compared, and found something else.
    const bool mismatched = event.type == EventType::Fail && !operation.has_error;
    if (mismatched) event.type = EventType::Ok;
    if (event.type == EventType::Ok) event.swapped = !mismatched;
    return true;
  }

  bool read_key(const JepsenOperation& operation, RecordedEvent& event) {
    if (!operation.key) return true;
    if (!operation.key->is_scalar() || operation.key->kind == Edn::Kind::Nil) {
      return fail(operation, "the key must be a string, a number or a keyword");
    }
    return read_scalar(operation, *operation.key, event.key, keys_);
  }

  bool split_independent(const JepsenOperation& operation, RecordedEvent& event,
                         const Edn*& value) {
    if (event.f == "read") event.f = "get";
    if (event.f == "write") event.f = "put";
    const bool needs_value = event.type == EventType::Invoke || event.type == EventType::Ok;
    if (!needs_value) return true;
    if (!is_sequence_of_two(operation.value) || !operation.value.items[0].is_scalar() ||
        operation.value.items[0].kind == Edn::Kind::Nil) {
      return fail(operation, "expected a value [key value], as other operations here have");
    }
    value = &operation.value.items[1];
    return read_scalar(operation, operation.value.items[0], event.key, keys_);
  }

  /// What a completion repeats of its invocation is of no interest.
  bool read_value(const JepsenOperation& operation, const Edn& value, RecordedEvent& event) {
    const bool is_read = event.f == "read" || event.f == "get";
    const bool is_wanted = is_read ? event.type == EventType::Ok : event.type == EventType::Invoke;
    if (!is_wanted) return true;
    if (event.f == "cas") {
      if (!is_sequence_of_two(value)) {
        return fail(operation, "the value of a cas must be [expected new]");
      }
      event.has_value = true;
      return read_scalar(operation, value.items[0], event.expected, values_) &&
             read_scalar(operation, value.items[1], event.value, values_);
    }
    event.has_value = true;
    event.empty_is_absent = true;
    return read_scalar(operation, value, event.value, values_);
  }

  enum class Spelling : std::uint8_t { Undecided, Strings, Others };

  /// Strings stand for their content and everything else for its spelling. So that 1 and "1" are
  /// never taken for the same, one history must not have both.
  bool read_scalar(const JepsenOperation& operation, const Edn& value,
                   std::optional<std::string>& result, Spelling& spelling) {
    if (!value.is_scalar()) return fail(operation, "expected a number, a string, a keyword or nil");
    if (value.kind == Edn::Kind::Nil) return true;
    const Spelling own = value.kind == Edn::Kind::String ? Spelling::Strings : Spelling::Others;
    if (spelling == Spelling::Undecided) spelling = own;
    if (spelling != own) {
      return fail(operation, "strings and other values are mixed; expected one or the other");
    }
    result = value.kind == Edn::Kind::Keyword ? ":" + value.text : value.text;
    return true;
  }

  bool fail(const JepsenOperation& operation, std::string message) {
    error_ = {{}, operation.line, std::move(message)};
    return false;
  }

  const std::vector<JepsenOperation>& all_;
  bool by_key_ = false;
  Spelling keys_ = Spelling::Undecided;
  Spelling values_ = Spelling::Undecided;
  Recording recording_;
  FormatError error_;
};

}  // namespace

std::variant<Recording, FormatError> translate_jepsen(const std::vector<JepsenOperation>& all) {
  return Translator(all).run();
}

std::optional<std::uint64_t> parse_number(std::string_view text) {
  return parse<std::uint64_t>(text);
}

std::optional<std::int64_t> parse_signed_number(std::string_view text) {
  return parse<std::int64_t>(text);
}

}  // namespace lockstep::chaos
