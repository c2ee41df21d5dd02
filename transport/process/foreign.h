// A node whose messages are of another class than the world's, in one process with the world: the
// twin of a sandbox for tests and debuggers. A student's messages are compiled from the student's
// own .proto; world and monitors only ever see the handout's.
#pragma once

#include "transport/host.h"
#include "transport/process/serve.h"

namespace lockstep::transport {

/// Makes hosts whose nodes come from the factory, by the spec that the prototype carries. Every
/// payload crosses as bytes, so that runs have the same digest as in processes. Requires for
/// the prototype: its message has the same format on the wire as that of the factory's nodes.
///
/// Throws NodeProcessError if there is no such node, or if what it sends is no message.
HostFactory foreign_in_process(NodeFactory factory);

}  // namespace lockstep::transport
