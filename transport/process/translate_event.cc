// The way to the node: one handler call.
#include "transport/process/node_protocol.pb.h"
#include "transport/process/translate.h"

namespace lockstep::transport {
namespace {

void write_spec(const NodeSpec& spec, process::Start& out) {
  out.set_role(spec.role);
  out.set_machine(spec.machine);
  for (const auto& [name, value] : spec.options) {
    auto& option = *out.add_options();
    option.set_name(name);
    option.set_value(value);
  }
}

void write_start(const World& world, Start start, process::Start& out) {
  out.set_version(kNodeProtocolVersion);
  out.set_kind(static_cast<process::Start::Kind>(start.kind));
  out.set_incarnation(start.incarnation);
  out.set_self(number(world.self));
  for (const NodeId member : world.initial_members) out.add_initial_members(number(member));
  for (const auto& [key, value] : world.image) {
    auto& record = *out.add_stored();
    record.set_key(key);
    record.set_value(value);
  }
}

bool read_start(process::Start& in, World& world, Start& start) {
  if (in.kind() < process::Start::FIRST || in.kind() > process::Start::JOIN) return false;
  start.kind = static_cast<Start::Kind>(in.kind());
  start.incarnation = in.incarnation();
  world.self = NodeId{in.self()};
  world.initial_members.clear();
  for (const std::uint32_t member : in.initial_members()) {
    world.initial_members.push_back(NodeId{member});
  }
  world.image.clear();
  for (auto& record : *in.mutable_stored()) {
    world.image.put(record.key(), Bytes(std::move(*record.mutable_value())));
  }
  return true;
}

process::Event::Kind kind_of(Step::Kind kind) {
  switch (kind) {
    case Step::Kind::Start:
      return process::Event::START;
    case Step::Kind::Message:
      return process::Event::MESSAGE;
    case Step::Kind::Request:
      return process::Event::REQUEST;
    case Step::Kind::Reply:
      return process::Event::REPLY;
    case Step::Kind::Timer:
      return process::Event::TIMER;
  }
  return process::Event::START;
}

}  // namespace

NodeSpec read_spec(const process::Start& start) {
  NodeSpec spec{start.role(), start.machine(), {}};
  for (const auto& option : start.options()) spec.options[option.name()] = option.value();
  return spec;
}

void write_event(const World& world, const Step& step, const NodeSpec& spec,
                 process::Event& event) {
  event.set_kind(kind_of(step.kind));
  event.set_now(world.now.time_since_epoch().count());
  event.set_wall(world.wall.reading.count());
  event.set_wall_error(world.wall.error_bound.count());
  event.set_keeps_log(world.keeps_log);
  event.set_from(number(step.from));
  event.set_timer(step.timer);
  event.set_key(step.key);
  if (step.payload) step.payload.message().SerializeToString(event.mutable_payload());
  if (step.kind == Step::Kind::Start) {
    write_start(world, step.start, *event.mutable_start());
    write_spec(spec, *event.mutable_start());
  }
}

bool read_event(process::Event& event, const Node& node, World& world, Step& step) {
  world.effects.clear();
  world.clock_was_read = false;
  world.now = Time{Duration{event.now()}};
  world.wall = {Duration{event.wall()}, Duration{event.wall_error()}};
  world.keeps_log = event.keeps_log();
  step.from = NodeId{event.from()};
  step.timer = event.timer();
  step.key = event.key();
  switch (event.kind()) {
    case process::Event::START:
      step.kind = Step::Kind::Start;
      return read_start(*event.mutable_start(), world, step.start);
    case process::Event::TIMER:
      step.kind = Step::Kind::Timer;
      return true;
    case process::Event::MESSAGE:
      step.kind = Step::Kind::Message;
      step.payload = node.parse(event.payload());
      break;
    case process::Event::REQUEST:
      step.kind = Step::Kind::Request;
      step.payload = parse_envelope<Request>(event.payload());
      break;
    case process::Event::REPLY:
      step.kind = Step::Kind::Reply;
      step.payload = parse_envelope<Reply>(event.payload());
      break;
    default:
      return false;
  }
  return static_cast<bool>(step.payload);
}

}  // namespace lockstep::transport
