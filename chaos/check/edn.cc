#include "chaos/check/edn.h"

#include <utility>

namespace lockstep::chaos {
namespace {

constexpr int kDepthMax = 32;
constexpr std::string_view kSpace = " \t\r\n\f,";
constexpr std::string_view kDelimiters = " \t\r\n\f,()[]{}\";";

bool is_one_of(char byte, std::string_view set) { return set.find(byte) != std::string_view::npos; }

std::optional<unsigned> hex_digit(char digit) {
  if (digit >= '0' && digit <= '9') return static_cast<unsigned>(digit - '0');
  if (digit >= 'a' && digit <= 'f') return static_cast<unsigned>(digit - 'a' + 10);
  if (digit >= 'A' && digit <= 'F') return static_cast<unsigned>(digit - 'A' + 10);
  return {};
}

void append_utf8(std::string& text, unsigned code) {
  const auto byte = [](unsigned value) { return static_cast<char>(value); };
  if (code < 0x80) {
    text += byte(code);
  } else if (code < 0x800) {
    text += {byte(0xC0 | code >> 6), byte(0x80 | (code & 0x3F))};
  } else {
    text += {byte(0xE0 | code >> 12), byte(0x80 | (code >> 6 & 0x3F)), byte(0x80 | (code & 0x3F))};
  }
}

}  // namespace

const Edn* Edn::find(std::string_view keyword) const {
  if (kind != Kind::Map) return nullptr;
  for (std::size_t at = 0; at + 1 < items.size(); at += 2) {
    if (items[at].kind == Kind::Keyword && items[at].text == keyword) return &items[at + 1];
  }
  return nullptr;
}

std::variant<std::optional<Edn>, FormatError> EdnReader::next() {
  for (bool discarded = true; discarded;) {
    skip_space();
    if (at_end()) return std::optional<Edn>();
    if (!skip_tag_or_discard(0, discarded)) return error_;
  }
  Edn form;
  if (!read(form, 0)) return error_;
  return std::optional<Edn>(std::move(form));
}

bool EdnReader::read(Edn& form, int depth) {
  for (bool discarded = true; discarded;) {
    skip_space();
    if (at_end()) return fail("the text ends inside a form");
    if (!skip_tag_or_discard(depth, discarded)) return false;
  }
  if (depth > kDepthMax) {
    return fail("forms are nested deeper than " + std::to_string(kDepthMax) + " levels");
  }
  skip_space();
  if (at_end()) return fail("the text ends where a form was expected");
  form.line = line_;
  const char first = here();
  if (first == '{') return read_items(form, '}', depth);
  if (first == '[') return read_items(form, ']', depth);
  if (first == '(') return read_items(form, ')', depth);
  if (first == '"') return read_string(form);
  return read_symbol(form);
}

/// A tag `#name` is skipped; `#_` discards the form that follows, and then `discarded` is set.
bool EdnReader::skip_tag_or_discard(int depth, bool& discarded) {
  discarded = false;
  while (!at_end() && here() == '#') {
    if (depth > kDepthMax) return fail("too many forms are nested");
    ++at_;
    if (at_end()) return fail("the text ends after #");
    if (here() == '{') return true;
    if (here() == '_') {
      ++at_;
      Edn unused;
      discarded = true;
      return read(unused, depth + 1);
    }
    while (!at_end() && !is_one_of(here(), kDelimiters)) ++at_;
    skip_space();
  }
  return true;
}

bool EdnReader::read_items(Edn& form, char end, int depth) {
  const bool is_map = end == '}' && (at_ == 0 || text_[at_ - 1] != '#');
  form.kind = is_map ? Edn::Kind::Map : Edn::Kind::Sequence;
  ++at_;
  for (;;) {
    bool discarded = false;
    skip_space();
    if (at_end()) {
      return fail("the text ends inside a form that began in line " + std::to_string(form.line) +
                  "; expected " + end);
    }
    if (here() == end) break;
    if (here() == '#' && !skip_tag_or_discard(depth + 1, discarded)) return false;
    if (discarded) continue;
    Edn item;
    if (!read(item, depth + 1)) return false;
    form.items.push_back(std::move(item));
  }
  ++at_;
  if (is_map && form.items.size() % 2 != 0) return fail("a map has a key without a value");
  return true;
}

bool EdnReader::read_string(Edn& form) {
  form.kind = Edn::Kind::String;
  for (++at_; !at_end() && here() != '"'; ++at_) {
    if (here() == '\n') ++line_;
    if (here() != '\\') {
      form.text += here();
    } else if (!read_escape(form)) {
      return false;
    }
  }
  if (at_end()) {
    return fail("a string that began in line " + std::to_string(form.line) + " has no end");
  }
  ++at_;
  return true;
}

bool EdnReader::read_escape(Edn& form) {
  constexpr std::string_view kNames = "ntrbf\"\\";
  constexpr std::string_view kMeanings = "\n\t\r\b\f\"\\";
  ++at_;
  if (at_end()) return fail("the text ends inside a string");
  if (here() == 'u') return read_character_code(form);
  const std::size_t place = kNames.find(here());
  if (place == std::string_view::npos) return fail("a string has an unknown escape");
  form.text += kMeanings[place];
  return true;
}

bool EdnReader::read_character_code(Edn& form) {
  unsigned code = 0;
  for (int digits = 0; digits < 4; ++digits) {
    ++at_;
    const auto digit = at_end() ? std::nullopt : hex_digit(here());
    if (!digit) return fail("expected four hexadecimal digits after \\u");
    code = code * 16 + *digit;
  }
  append_utf8(form.text, code);
  return true;
}

bool EdnReader::read_symbol(Edn& form) {
  const std::size_t begin = at_;
  for (; !at_end() && !is_one_of(here(), kDelimiters); ++at_) {
    const auto byte = static_cast<unsigned char>(here());
    if (byte < 0x20 || byte == 0x7F) return fail("a control byte stands outside of a string");
  }
  if (at_ == begin) return fail(std::string("unexpected ") + here());
  form.text = text_.substr(begin, at_ - begin);
  if (form.text == "nil") {
    form.text.clear();
  } else if (form.text.front() == ':') {
    form.kind = Edn::Kind::Keyword;
    form.text.erase(0, 1);
  } else {
    form.kind = Edn::Kind::Symbol;
  }
  return true;
}

void EdnReader::skip_space() {
  for (; !at_end(); ++at_) {
    if (here() == ';') {
      while (!at_end() && here() != '\n') ++at_;
      if (at_end()) return;
    }
    if (!is_one_of(here(), kSpace)) return;
    if (here() == '\n') ++line_;
  }
}

bool EdnReader::fail(std::string message) {
  error_ = {{}, line_, "not EDN: " + std::move(message)};
  return false;
}

}  // namespace lockstep::chaos
