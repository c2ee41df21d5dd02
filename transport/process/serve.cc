#include "transport/process/serve.h"

#include <fmt/core.h>

#include <exception>
#include <new>
#include <system_error>
#include <vector>

#include "transport/host.h"
#include "transport/process/node_protocol.pb.h"
#include "transport/process/translate.h"
#include "transport/request.messages.h"

namespace lockstep::transport {
namespace {

void describe(const Node& node, process::Effects& effects) {
  Fields fields;
  node.describe(fields);
  for (const auto& [name, value] : fields.values()) {
    auto& field = *effects.add_fields();
    field.set_name(name);
    field.set_value(value);
  }
}

bool speaks_our_version(const process::Event& event) {
  return event.start().version() == kNodeProtocolVersion;
}

/// One life: the frames, and the node's own picture of the world.
class Conversation {
 public:
  explicit Conversation(Frames& frames) : frames_(frames) {}

  FrameStatus listen() { return frames_.receive(event_); }
  process::Event& event() { return event_; }

  /// Handles the event that was heard. False if the life is over; then code() says how.
  bool answer(Node& node) {
    effects_.Clear();
    if (!handle(node)) return over(kMalformedEvent);
    return send();
  }

  /// Tells a world of another version which one this is.
  bool answer_with_version() {
    effects_.Clear();
    effects_.set_version(kNodeProtocolVersion);
    return send();
  }

  void run(Node& node) {
    for (;;) {
      const auto status = listen();
      if (status == FrameStatus::Closed) return;
      if (status != FrameStatus::Ok) code_ = kMalformedEvent;
      if (status != FrameStatus::Ok || !answer(node)) return;
    }
  }

  int code() const { return code_; }

 private:
  /// False if the event makes no sense.
  bool handle(Node& node) {
    if (event_.kind() == process::Event::DESCRIBE) {
      describe(node, effects_);
      return true;
    }
    if (event_.kind() == process::Event::START) {
      effects_.set_version(kNodeProtocolVersion);
      if (!speaks_our_version(event_)) return true;
    }
    Step step;
    if (!read_event(event_, node, world_, step)) return false;
    effects_.set_unhandled(!dispatch(node, world_, step));
    write_effects(world_, effects_);
    return true;
  }

  bool send() { return frames_.send(effects_) == FrameStatus::Ok || over(kMalformedEvent); }

  bool over(int code) {
    code_ = code;
    return false;
  }

  Frames& frames_;
  World world_;
  process::Event event_;
  process::Effects effects_;
  int code_ = 0;
};

int complain(int code, const char* what) {
  fmt::print(stderr, "lockstep: a node let an exception out: {}\n", what);
  return code;
}

/// Calls `life`, whatever it lets out.
template <class Life>
int guarded(Life life) {
  try {
    return life();
  } catch (const std::bad_alloc& error) {
    return complain(kOutOfMemory, error.what());
  } catch (const std::system_error& error) {
    const bool threads = error.code() == std::errc::resource_unavailable_try_again;
    return complain(threads ? kOutOfThreads : kException, error.what());
  } catch (const std::exception& error) {
    return complain(kException, error.what());
  } catch (...) {
    return complain(kException, "of a type that says nothing");
  }
}

/// A node boots from the same event, its timers fire, a client asks it something; what it records
/// goes nowhere.
void rehearse(const NodeFactory& factory, process::Event boot) {
  const auto made = factory(read_spec(boot.start()));
  const auto* node = std::get_if<std::unique_ptr<Node>>(&made);
  World world;
  Step step;
  if (node == nullptr || !read_event(boot, **node, world, step)) return;
  dispatch(**node, world, step);
  for (const auto& setting : std::vector(world.effects.timers)) {
    if (!setting.cancel) (*node)->timer(world, setting.timer, setting.key);
  }
  Request request;
  request.set_client(1);
  request.set_sequence(1);
  request.set_command("");
  (*node)->request(world, request);
}

int make_and_run(const NodeFactory& factory, Conversation& conversation, Rehearsal rehearsal) {
  const auto status = conversation.listen();
  if (status == FrameStatus::Closed) return 0;
  if (status != FrameStatus::Ok || conversation.event().kind() != process::Event::START) {
    return kMalformedEvent;
  }
  if (!speaks_our_version(conversation.event())) {
    conversation.answer_with_version();
    return kMalformedEvent;
  }
  if (rehearsal == Rehearsal::Before) rehearse(factory, conversation.event());
  const auto made = factory(read_spec(conversation.event().start()));
  if (const auto* problem = std::get_if<std::string>(&made)) {
    fmt::print(stderr, "lockstep: {}\n", *problem);
    return kNotMade;
  }
  Node& node = *std::get<std::unique_ptr<Node>>(made);
  if (conversation.answer(node)) conversation.run(node);
  return conversation.code();
}

}  // namespace

int serve(Node& node, Frames& frames) {
  return guarded([&] {
    Conversation conversation(frames);
    conversation.run(node);
    return conversation.code();
  });
}

int serve_nodes(const NodeFactory& factory, Frames& frames, Rehearsal rehearsal) {
  return guarded([&] {
    Conversation conversation(frames);
    return make_and_run(factory, conversation, rehearsal);
  });
}

}  // namespace lockstep::transport
