#include "transport/process/serve.h"

#include "transport/host.h"
#include "transport/process/node_protocol.pb.h"
#include "transport/process/translate.h"

namespace lockstep::transport {
namespace {

constexpr int kMalformedEvent = 2;

void describe(const Node& node, process::Effects& effects) {
  Fields fields;
  node.describe(fields);
  for (const auto& [name, value] : fields.values()) {
    auto& field = *effects.add_fields();
    field.set_name(name);
    field.set_value(value);
  }
}

/// False if the event makes no sense.
bool answer(Node& node, World& world, process::Event& event, process::Effects& effects) {
  if (event.kind() == process::Event::DESCRIBE) {
    describe(node, effects);
    return true;
  }
  if (event.kind() == process::Event::START) {
    effects.set_version(kNodeProtocolVersion);
    if (event.start().version() != kNodeProtocolVersion) return true;
  }
  Step step;
  if (!read_event(event, node, world, step)) return false;
  effects.set_unhandled(!dispatch(node, world, step));
  write_effects(world, effects);
  return true;
}

}  // namespace

int serve(Node& node, Frames& frames) {
  World world;
  process::Event event;
  process::Effects effects;
  for (;;) {
    const auto status = frames.receive(event);
    if (status == FrameStatus::Closed) return 0;
    if (status != FrameStatus::Ok) return kMalformedEvent;
    effects.Clear();
    if (!answer(node, world, event, effects)) return kMalformedEvent;
    if (frames.send(effects) != FrameStatus::Ok) return kMalformedEvent;
  }
}

}  // namespace lockstep::transport
