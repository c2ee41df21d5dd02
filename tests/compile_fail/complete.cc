// The control: the protocol of the other cases without their mistakes. It compiles.
#include "tests/compile_fail/protocol.h"

namespace lockstep::tests {

struct Complete : Base {
  explicit Complete(Options) {}
  void on(Context<Complete>& ctx, Start) { ctx.set_timer(Timer::Alarm, {}); }
  void on(Context<Complete>& ctx, const Request&) { ctx.send(NodeId{1}, toy::Say()); }
  void on(Context<Complete>&, NodeId, const toy::Say&) {}
  void on(Context<Complete>&, NodeId, const toy::Phase2a&) {}
  void on(Context<Complete>&, Timer, std::uint64_t) {}
};

transport::Hosted<Complete> node{{}};

}  // namespace lockstep::tests
