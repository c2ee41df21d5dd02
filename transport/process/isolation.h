// How well a cage is closed, as it was found when it was built. docs/isolation.md explains levels.
#pragma once

#include <string>
#include <vector>

namespace lockstep::transport {

struct Isolation {
  /// 0: none. 1: limits, and a user of its own if the referee is root. 2: also files, system calls,
  /// descriptors and environment. 3: also namespaces of its own.
  int level = 0;
  std::vector<std::string> measures;  ///< in force
  std::vector<std::string> lacking;   ///< that could not be had, with the reason

  /// One line for a result.
  std::string account() const;
};

}  // namespace lockstep::transport
