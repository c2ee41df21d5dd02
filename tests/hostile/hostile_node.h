// A node that attacks when it gets a request, and replies with what it achieved. Which attack, and
// what it knows, is said by the spec: the role is its name.
#pragma once

#include "tests/hostile/attacks.h"
#include "tests/hostile/hostile.messages.h"
#include "transport/node.h"
#include "transport/process/node_spec.h"

namespace lockstep::tests {

class Hostile {
 public:
  using Message = hostile::Message;
  enum class Timer { None };
  struct Options {
    Attack attack = nullptr;
    Target target = {};
    bool floods_log = false;
  };
  using Ctx = transport::Context<Hostile>;

  explicit Hostile(Options options) : options_(std::move(options)) {}

  void on(Ctx&, transport::Start) {}
  void on(Ctx& ctx, const transport::Request& request);
  void on(Ctx&, transport::NodeId, const hostile::Whisper&) {}
  void on(Ctx&, Timer, std::uint64_t) {}

 private:
  Options options_;
};

/// The attack that a spec names.
std::variant<std::unique_ptr<transport::Node>, std::string> make_hostile(
    const transport::NodeSpec& spec);

}  // namespace lockstep::tests
