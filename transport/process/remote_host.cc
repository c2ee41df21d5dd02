#include "transport/process/remote_host.h"

#include <fmt/core.h>
#include <google/protobuf/message.h>

#include <csignal>
#include <optional>

#include "transport/process/node_protocol.pb.h"
#include "transport/process/translate.h"

namespace lockstep::transport {
namespace {

class RemoteHost final : public Host {
 public:
  RemoteHost(const Node& prototype, NodeSpec spec, std::unique_ptr<Frames> frames,
             std::unique_ptr<NodeLife> life)
      : parser_(prototype.fresh()),
        own_message_(parser_->parse({})),
        spec_(std::move(spec)),
        frames_(std::move(frames)),
        life_(std::move(life)) {}

  ~RemoteHost() override {
    if (life_ != nullptr) life_->end(false);
  }

  bool handle(World& world, const Step& step) override {
    self_ = world.self;
    if (is_foreign(step)) return false;
    event_.Clear();
    write_event(world, step, spec_, event_);
    exchange();
    if (step.kind == Step::Kind::Start && effects_.version() != kNodeProtocolVersion) {
      breach(fmt::format("speaks version {} of the node protocol, not {}", effects_.version(),
                         kNodeProtocolVersion));
    }
    if (!read_effects(effects_, *parser_, world)) {
      breach("sent effects with a malformed payload, timer or claim");
    }
    return !effects_.unhandled();
  }

  void describe(Fields& fields) override {
    event_.Clear();
    event_.set_kind(process::Event::DESCRIBE);
    exchange();
    for (const auto& field : effects_.fields()) fields(field.name(), field.value());
  }

 private:
  /// The process could not tell another protocol's bytes from its own.
  bool is_foreign(const Step& step) const {
    return step.kind == Step::Kind::Message &&
           step.payload.message().GetDescriptor() != own_message_.message().GetDescriptor();
  }

  void exchange() {
    if (death_) throw NodeProcessError(self_, *death_);
    auto status = frames_->send(event_);
    if (status == FrameStatus::TooLong) {
      breach(fmt::format("cannot be told {} bytes at once", event_.ByteSizeLong()));
    }
    if (status == FrameStatus::Ok) status = frames_->receive(effects_);
    if (status == FrameStatus::Closed) fail(end(true));
    if (status == FrameStatus::Silent) fail(of(NodeEnd::Silent, "did not answer in time"));
    if (status == FrameStatus::TooLong) {
      fail(of(NodeEnd::Output, "sent a frame beyond the limit"));
    }
    if (status == FrameStatus::Malformed) breach("sent bytes that are no Effects");
  }

  NodeDeath end(bool is_dying) { return std::exchange(life_, nullptr)->end(is_dying); }

  /// It said or did something wrong and is put to an end for it; its last words remain.
  NodeDeath of(NodeEnd kind, std::string happened) {
    return {kind, std::move(happened), end(false).words};
  }

  [[noreturn]] void breach(std::string happened) {
    fail(of(NodeEnd::Protocol, std::move(happened)));
  }

  [[noreturn]] void fail(NodeDeath death) {
    death_ = std::move(death);
    throw NodeProcessError(self_, *death_);
  }

  std::unique_ptr<Node> parser_;
  Envelope own_message_;
  NodeSpec spec_;
  std::unique_ptr<Frames> frames_;  ///< Outlives the process, or its end would look like a hang-up.
  std::unique_ptr<NodeLife> life_;
  NodeId self_{};
  std::optional<NodeDeath> death_;
  process::Event event_;
  process::Effects effects_;
};

}  // namespace

std::unique_ptr<Host> remote_host(const Node& prototype, NodeSpec spec,
                                  std::unique_ptr<Frames> frames, std::unique_ptr<NodeLife> life) {
  return std::make_unique<RemoteHost>(prototype, std::move(spec), std::move(frames),
                                      std::move(life));
}

void ignore_broken_pipes() {
  struct sigaction present {};
  sigaction(SIGPIPE, nullptr, &present);
  if (present.sa_handler == SIG_DFL) std::signal(SIGPIPE, SIG_IGN);
}

}  // namespace lockstep::transport
