// A reader for EDN, the notation of Clojure's data in which Jepsen writes histories.
//
// Only what histories hold is told apart. Tags are skipped, since `#jepsen.history.Op{...}` means
// no more to us than the map behind it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "chaos/check/formats.h"

namespace lockstep::chaos {

struct Edn {
  /// Symbol covers numbers, booleans and characters too; Sequence covers vectors, lists and sets.
  enum class Kind : std::uint8_t { Nil, Symbol, Keyword, String, Sequence, Map };

  Kind kind = Kind::Nil;
  std::size_t line = 0;
  std::string text;        // Without the colon of a keyword or the quotes of a string.
  std::vector<Edn> items;  // Of a map: key, value, key, value ...

  bool is_scalar() const { return kind != Kind::Sequence && kind != Kind::Map; }

  /// The value of a keyword key in a map; null if it is missing.
  const Edn* find(std::string_view keyword) const;
};

/// Reads forms one after the other from a text. After an error it must not be used further.
class EdnReader {
 public:
  explicit EdnReader(std::string_view text, std::size_t first_line = 1)
      : text_(text), line_(first_line) {}

  /// The next form, or nothing at the end of the text.
  std::variant<std::optional<Edn>, FormatError> next();

 private:
  bool read(Edn& form, int depth);
  bool read_items(Edn& form, char end, int depth);
  bool read_string(Edn& form);
  bool read_escape(Edn& form);
  bool read_character_code(Edn& form);
  bool read_symbol(Edn& form);
  bool skip_tag_or_discard(int depth, bool& discarded);
  void skip_space();
  bool at_end() const { return at_ == text_.size(); }
  char here() const { return text_[at_]; }
  bool fail(std::string message);

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t line_;
  FormatError error_;
};

}  // namespace lockstep::chaos
