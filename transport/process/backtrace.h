// Makes the C library's lists of callers fit to read.
#pragma once

#include <string>

namespace lockstep::transport {

/// The text with the names of functions as they are written in C++, where they stand in lines such
/// as "module.so(_ZN3Foo3barEv+0x1f)[0x7f12]". All else stays.
std::string readable_backtrace(const std::string& text);

}  // namespace lockstep::transport
