// The node's side of a process boundary: answers one event after the other until the world hangs
// up. It knows neither how its process came to be nor what cage it sits in.
#pragma once

#include "transport/node.h"
#include "transport/process/frames.h"

namespace lockstep::transport {

/// Runs the node until the other end closes; gives the exit code of the process: 0 if it closed
/// between two events, 2 if what came was no event.
int serve(Node& node, Frames& frames);

}  // namespace lockstep::transport
