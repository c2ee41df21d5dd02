#include "transport/process/backtrace.h"

#include <cxxabi.h>

#include <cstdlib>
#include <memory>

namespace lockstep::transport {
namespace {

std::string demangled(const std::string& name) {
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> text(
      abi::__cxa_demangle(name.c_str(), nullptr, nullptr, &status), std::free);
  return status == 0 && text != nullptr ? std::string(text.get()) : name;
}

}  // namespace

std::string readable_backtrace(const std::string& text) {
  // A name longer than this is no name, but work for the demangler.
  constexpr std::size_t kLongest = 2000;
  std::string readable;
  std::size_t at = 0;
  for (;;) {
    const auto begin = text.find("(_Z", at);
    if (begin == std::string::npos) break;
    const auto end = text.find_first_of("+)\n", begin);
    if (end == std::string::npos) break;
    readable.append(text, at, begin + 1 - at);
    const std::string name = text.substr(begin + 1, end - begin - 1);
    readable += name.size() > kLongest ? name : demangled(name);
    at = end;
  }
  return readable.append(text, at);
}

}  // namespace lockstep::transport
