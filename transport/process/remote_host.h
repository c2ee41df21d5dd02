// What all hosts of remote nodes have in common: one event out, one answer back, and an error that
// tells how the process ended. How it came to be and how it is killed is its life's business.
#pragma once

#include <memory>

#include "transport/host.h"
#include "transport/process/frames.h"
#include "transport/process/node_death.h"
#include "transport/process/node_spec.h"

namespace lockstep::transport {

/// A process that runs one life of a node.
class NodeLife {
 public:
  virtual ~NodeLife() = default;
  /// Kills the process if it lives, waits until it is gone and says what it died of. One that
  /// closed its pipe `is_dying`, and may have a moment to do so. Called once.
  virtual NodeDeath end(bool is_dying) = 0;
};

/// Carries handler calls to a process through frames. The functions of the host throw
/// NodeProcessError; after that every further call throws it again.
std::unique_ptr<Host> remote_host(const Node& prototype, NodeSpec spec,
                                  std::unique_ptr<Frames> frames, std::unique_ptr<NodeLife> life);

/// Ignores SIGPIPE for this whole process, unless somebody handles it: a node may die while it is
/// told something.
void ignore_broken_pipes();

}  // namespace lockstep::transport
