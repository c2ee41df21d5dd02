#include "transport/host.h"

#include "transport/check.h"

namespace lockstep::transport {
namespace {

const Request& request_in(const Envelope& payload) {
  return static_cast<const Request&>(payload.message());
}

Envelope through_the_wire(const Node& node, const Outgoing& outgoing) {
  const std::string bytes = outgoing.payload.message().SerializeAsString();
  switch (outgoing.kind) {
    case Outgoing::Kind::Ask:
      return parse_envelope<Request>(bytes);
    case Outgoing::Kind::Reply:
      return parse_envelope<Reply>(bytes);
    case Outgoing::Kind::Message:
      break;
  }
  return node.parse(bytes);
}

class InProcessHost final : public Host {
 public:
  InProcessHost(std::unique_ptr<Node> node, InProcessOptions options)
      : node_(std::move(node)), options_(options) {}

  bool handle(World& world, const Step& step) override {
    const bool handled = dispatch(*node_, world, step);
    if (options_.check && step.payload) {
      LOCKSTEP_CHECK(step.payload.fresh_digest() == step.payload.digest());
    }
    if (options_.wire) {
      for (auto& outgoing : world.effects.outgoing) {
        outgoing.payload = through_the_wire(*node_, outgoing);
        LOCKSTEP_CHECK(static_cast<bool>(outgoing.payload));
      }
    }
    return handled;
  }

  void describe(Fields& fields) override { node_->describe(fields); }

 private:
  std::unique_ptr<Node> node_;
  InProcessOptions options_;
};

}  // namespace

bool dispatch(Node& node, World& world, const Step& step) {
  switch (step.kind) {
    case Step::Kind::Start:
      node.start(world, step.start);
      return true;
    case Step::Kind::Message:
      return node.message(world, step.from, step.payload);
    case Step::Kind::Request:
      node.request(world, request_in(step.payload));
      return true;
    case Step::Kind::Reply:
      return node.reply(world, step.from, static_cast<const Reply&>(step.payload.message()));
    case Step::Kind::Timer:
      node.timer(world, step.timer, step.key);
      return true;
  }
  return false;
}

HostFactory in_process(InProcessOptions options) {
  return [options](const Node& prototype) {
    return std::make_unique<InProcessHost>(prototype.fresh(), options);
  };
}

}  // namespace lockstep::transport
