// Where a node lives while a world drives it: in this process or in a child. A host carries one
// handler call to the node and brings its effects back; it decides nothing.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "transport/node.h"

namespace lockstep::transport {

/// One handler call.
struct Step {
  enum class Kind : std::uint8_t { Start, Message, Request, Reply, Timer };
  Kind kind = Kind::Start;
  Start start;
  NodeId from{};     ///< of a message or a reply
  Envelope payload;  ///< the message, request or reply
  std::uint32_t timer = 0;
  std::uint64_t key = 0;
};

/// One life of a node, from a start to a crash: destroying the host is the crash.
class Host {
 public:
  virtual ~Host() = default;
  /// Calls the handler. Effects are recorded in `world.effects`, writes applied to `world.image`.
  /// False if the node has no handler for the payload, which was then dropped.
  virtual bool handle(World& world, const Step& step) = 0;
  /// The node's state by name; empty if it does not describe itself.
  virtual void describe(Fields& fields) = 0;
};

/// Makes the host of a new life; the prototype is never started itself.
using HostFactory = std::function<std::unique_ptr<Host>(const Node& prototype)>;

/// Calls the handler that a step is for. False if there is none.
bool dispatch(Node& node, World& world, const Step& step);

/// How much an in-process world verifies, at a price in speed. The run's digest never changes.
struct InProcessOptions {
  bool wire = false;   ///< serialise and parse every payload, as TCP and child processes do
  bool check = false;  ///< hash payloads before and after each handler: nobody may change them
};

/// Nodes in this process.
HostFactory in_process(InProcessOptions options = {});

}  // namespace lockstep::transport
