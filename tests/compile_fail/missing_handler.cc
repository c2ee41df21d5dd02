// No handler for Phase2a.
#include "tests/compile_fail/protocol.h"

namespace lockstep::tests {

struct Forgetful : Base {
  explicit Forgetful(Options) {}
  void on(Context<Forgetful>& ctx, Start) { ctx.set_timer(Timer::Alarm, {}); }
  void on(Context<Forgetful>& ctx, const Request&) { ctx.send(NodeId{1}, toy::Say()); }
  void on(Context<Forgetful>&, NodeId, const toy::Say&) {}
  void on(Context<Forgetful>&, Timer, std::uint64_t) {}
};

transport::Hosted<Forgetful> node{{}};

}  // namespace lockstep::tests
