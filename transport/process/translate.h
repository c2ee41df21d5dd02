// Between what a world knows and what crosses the border to a node's process: each direction and
// its inverse. What comes from a node is not trusted.
#pragma once

#include <cstdint>

#include "transport/host.h"
#include "transport/process/node_spec.h"

namespace lockstep::transport {

namespace process {
class Effects;
class Event;
class Start;
}  // namespace process

/// The version of node_protocol.proto that this code speaks.
inline constexpr std::uint32_t kNodeProtocolVersion = 1;

/// World's side: one handler call; a start says which node is meant. Requires: `event` is empty.
void write_event(const World& world, const Step& step, const NodeSpec& spec, process::Event& event);

/// Node's side: which node is meant.
NodeSpec read_spec(const process::Start& start);

/// Node's side: sets up the world and the step. False if the payload is not what the kind says.
/// Requires: the event is no DESCRIBE.
bool read_event(process::Event& event, const Node& node, World& world, Step& step);

/// Node's side: what the handler recorded. Requires: `effects` is empty.
void write_effects(const World& world, process::Effects& effects);

/// World's side: records the effects in `world.effects` and applies the writes to `world.image`.
/// False if they are malformed; then the image is as before. `parser` knows the protocol.
bool read_effects(process::Effects& effects, const Node& parser, World& world);

}  // namespace lockstep::transport
