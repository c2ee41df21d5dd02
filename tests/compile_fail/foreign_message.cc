// Sends a message of another protocol.
#include "tests/compile_fail/protocol.h"

namespace lockstep::tests {

struct Confused : Base {
  explicit Confused(Options) {}
  void on(Context<Confused>& ctx, Start) { ctx.set_timer(Timer::Alarm, {}); }
  void on(Context<Confused>& ctx, const Request&) { ctx.send(NodeId{1}, other::Ping()); }
  void on(Context<Confused>&, NodeId, const toy::Say&) {}
  void on(Context<Confused>&, NodeId, const toy::Phase2a&) {}
  void on(Context<Confused>&, Timer, std::uint64_t) {}
};

transport::Hosted<Confused> node{{}};

}  // namespace lockstep::tests
