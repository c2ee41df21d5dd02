// Which seeds a grading uses: the same for every submission and every attempt, so that identical
// code gets identical points, and unknown to whoever does not have the key.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace lockstep::labs {

/// The first `count` seeds of a test: the leading 63 bits of HMAC-SHA-256(key; lab, version, test,
/// ordinal), never 0. Without a key they are 1, 2, 3 ..., as `lockstep lab test` has them.
std::vector<std::uint64_t> grading_seeds(std::string_view key, std::string_view lab,
                                         std::string_view version, std::string_view test,
                                         std::uint32_t count);

/// Tells keys apart in results without giving them away: 8 hex digits; "none" without a key.
std::string key_name(std::string_view key);

}  // namespace lockstep::labs
