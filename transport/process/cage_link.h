// The referee's end of a cage: starts the cage program, which is ours, with nothing inherited.
#pragma once

#include <chrono>
#include <string>
#include <variant>
#include <vector>

#include "transport/process/isolation.h"
#include "transport/process/pipes.h"

namespace lockstep::transport {

namespace process {
class CageSettings;
}

/// A cage that was built. Closing the control socket ends everything in it.
struct CageLink {
  Descriptor control;
  int process = 0;  ///< to be waited for
  Isolation isolation;

  /// Ends the cage and waits until its program is gone.
  void close();
};

/// The cage program beside this program, or where it was built or installed.
std::string default_cage_program();

/// Starts a cage and passes it the descriptors. Or says why there is none, or none that is strong
/// enough: that is a problem of the machine, never of what was to run inside.
std::variant<CageLink, std::string> open_cage(const std::string& program,
                                              const process::CageSettings& settings,
                                              const std::vector<int>& descriptors,
                                              int required_level);

/// A user without processes, files or a name, for a cage; 0 if this process is not root and cannot
/// become another.
unsigned unused_user();

}  // namespace lockstep::transport
