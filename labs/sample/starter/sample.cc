#include "sample.h"

namespace student {

Door::Door(Options options) : primary_(options.primary), machine_(options.machine()) {}

void Door::on(Ctx& ctx, Start) {
  // A node that comes back has nothing but ctx.storage().
  ctx.log("up");
}

void Door::on(Ctx& ctx, const Request& request) {
  // Part A begins here: hand the request on to primary_, with ctx.send. For now the client is told
  // to try again later.
  ctx.reply(ClientId{request.client()}, request.sequence(),
            [](Reply& reply) { reply.set_status(Reply::UNAVAILABLE); });
}

void Door::on(Ctx&, NodeId, const messages::Forward&) {
  // machine_.apply(command) executes a command and gives its result. A reply may come from any
  // node: ctx.reply(client, sequence, ...) needs the request's name only.
}

void Door::on(Ctx&, Timer, std::uint64_t) {}

void Door::describe(Fields&) const {}

}  // namespace student

// How a test's node is made: `spec` is what the test wants it to be.
LOCKSTEP_NODE(spec) {
  const lockstep::transport::NodeId primary{static_cast<std::uint32_t>(spec.number("primary"))};
  return lockstep::labs::node<student::Door>({primary, spec.machine()});
}
