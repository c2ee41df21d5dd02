// What the lab exactly_once gives its students to read, as its tests know it.
#pragma once

#include <string_view>
#include <vector>

namespace lockstep::labs {

/// A run of a server with a bug, as `lockstep lab replay` prints it.
std::string_view given_trace();

struct GivenHistory {
  std::string_view name;     ///< such as "history1"
  std::string_view content;  ///< JSON Lines
};

const std::vector<GivenHistory>& given_histories();

}  // namespace lockstep::labs
