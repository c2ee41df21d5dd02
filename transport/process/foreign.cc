#include "transport/process/foreign.h"

#include <google/protobuf/message.h>

#include <exception>

#include "transport/process/node_death.h"
#include "transport/process/remote.h"

namespace lockstep::transport {
namespace {

Envelope reread(const Node& reader, Outgoing::Kind kind, const Envelope& payload) {
  const std::string bytes = payload.message().SerializeAsString();
  switch (kind) {
    case Outgoing::Kind::Ask:
      return parse_envelope<Request>(bytes);
    case Outgoing::Kind::Reply:
      return parse_envelope<Reply>(bytes);
    case Outgoing::Kind::Message:
      break;
  }
  return reader.parse(bytes);
}

Outgoing::Kind outgoing_kind(Step::Kind kind) {
  if (kind == Step::Kind::Request) return Outgoing::Kind::Ask;
  if (kind == Step::Kind::Reply) return Outgoing::Kind::Reply;
  return Outgoing::Kind::Message;
}

class ForeignHost final : public Host {
 public:
  ForeignHost(const Node& prototype, const NodeFactory& factory)
      : parser_(prototype.fresh()), own_message_(parser_->parse({})) {
    auto made = factory(spec_of(prototype));
    if (const auto* problem = std::get_if<std::string>(&made)) {
      throw NodeProcessError(NodeId{}, {NodeEnd::Exited, "cannot be made: " + *problem, {}});
    }
    node_ = std::move(std::get<std::unique_ptr<Node>>(made));
  }

  bool handle(World& world, const Step& step) override {
    const bool is_foreign =
        step.kind == Step::Kind::Message &&
        step.payload.message().GetDescriptor() != own_message_.message().GetDescriptor();
    if (is_foreign) return false;
    Step own = step;
    if (own.payload) own.payload = reread(*node_, outgoing_kind(step.kind), step.payload);
    const bool handled = dispatch_caught(world, own);
    for (auto& outgoing : world.effects.outgoing) {
      outgoing.payload = reread(*parser_, outgoing.kind, outgoing.payload);
      if (!outgoing.payload) {
        throw NodeProcessError(world.self,
                               {NodeEnd::Protocol, "sent effects with a malformed payload", {}});
      }
    }
    return handled;
  }

  void describe(Fields& fields) override { node_->describe(fields); }

 private:
  /// What a handler throws ends its process, where it has one of its own.
  bool dispatch_caught(World& world, const Step& own) {
    try {
      return dispatch(*node_, world, own);
    } catch (const std::exception& thrown) {
      const std::string happened =
          "ended: a handler threw an exception, " + std::string(thrown.what());
      throw NodeProcessError(world.self, {NodeEnd::Exited, happened, {}});
    }
  }

  std::unique_ptr<Node> parser_;
  Envelope own_message_;
  std::unique_ptr<Node> node_;
};

}  // namespace

HostFactory foreign_in_process(NodeFactory factory) {
  return [factory = std::move(factory)](const Node& prototype) {
    return std::make_unique<ForeignHost>(prototype, factory);
  };
}

}  // namespace lockstep::transport
