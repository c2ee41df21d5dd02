// Sets a timer of another protocol.
#include "tests/compile_fail/protocol.h"

namespace lockstep::tests {

struct Late : Base {
  explicit Late(Options) {}
  void on(Context<Late>& ctx, Start) { ctx.set_timer(ForeignTimer::Alarm, {}); }
  void on(Context<Late>& ctx, const Request&) { ctx.send(NodeId{1}, toy::Say()); }
  void on(Context<Late>&, NodeId, const toy::Say&) {}
  void on(Context<Late>&, NodeId, const toy::Phase2a&) {}
  void on(Context<Late>&, Timer, std::uint64_t) {}
};

transport::Hosted<Late> node{{}};

}  // namespace lockstep::tests
