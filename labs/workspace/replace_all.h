// Puts one text in the place of another, wherever that stands: names in templates and in what
// compilers print.
#pragma once

#include <string>

namespace lockstep::labs {

/// What is put in is not looked at again. Requires: `what` is not empty.
inline void replace_all(std::string& text, const std::string& what, const std::string& with) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size())) {
    text.replace(at, what.size(), with);
  }
}

}  // namespace lockstep::labs
