// How many cases a test tries: fewer where each takes long, so that the suite ends in minutes with
// sanitizers too. LOCKSTEP_SLOWNESS is set by the build.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>

namespace lockstep::tests {

constexpr std::uint64_t cases(std::uint64_t wanted) {
  return std::max<std::uint64_t>(1, wanted / LOCKSTEP_SLOWNESS);
}

/// The same cases each time, unless the environment asks for others or more.
inline void set_up_rapidcheck(std::uint64_t wanted) {
  const std::string parameters = "seed=20 max_success=" + std::to_string(cases(wanted));
  setenv("RC_PARAMS", parameters.c_str(), 0);
}

}  // namespace lockstep::tests
