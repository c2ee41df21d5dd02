// Unpacks gzip, within limits: a small file must not be able to fill the memory.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>

#include "chaos/check/formats.h"

namespace lockstep::chaos {

/// Whether the bytes begin as gzip does.
bool is_gzip(std::string_view bytes);

/// The content of all members; an error if they are damaged, cut off, or larger than `size_max`.
std::variant<std::string, FormatError> unpack_gzip(std::string_view bytes, std::size_t size_max);

}  // namespace lockstep::chaos
