// The node's side of a process boundary: answers one event after the other until the world hangs
// up. It knows neither how its process came to be nor what cage it sits in.
#pragma once

#include <cstdint>

#include "transport/node.h"
#include "transport/process/frames.h"
#include "transport/process/node_spec.h"

namespace lockstep::transport {

// Exit codes of a node's process.
inline constexpr int kMalformedEvent = 2;  ///< what came was no event
inline constexpr int kException = 3;       ///< a handler let one out
inline constexpr int kOutOfMemory = 114;
inline constexpr int kOutOfThreads = 115;
inline constexpr int kNotMade = 116;  ///< there is no such node

/// Runs the node until the other end closes; gives the exit code of the process, 0 if it closed
/// between two events. Exceptions of the node end its life and go to the standard error output.
int serve(Node& node, Frames& frames);

/// Whether another node of the same kind lives a little in this process before, and is forgotten:
/// nothing that counts is different then, unless nodes leave something behind in static variables.
enum class Rehearsal : std::uint8_t { None, Before };

/// Reads the first event, makes the node that it names, and serves as serve() does.
int serve_nodes(const NodeFactory& factory, Frames& frames, Rehearsal rehearsal = Rehearsal::None);

}  // namespace lockstep::transport
