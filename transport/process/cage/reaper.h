// Leaves nobody behind.
#pragma once

#include <sys/types.h>

namespace lockstep::transport {

/// Kills all descendants of this process and returns when none is left. `own_user` is one that
/// nobody outside the cage has, or 0. Requires: this process adopts orphans.
void end_descendants(uid_t own_user);

}  // namespace lockstep::transport
