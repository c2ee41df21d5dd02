#include "client.h"

namespace student {

Client::Client(Options options) : options_(options) {}

void Client::on(Ctx&, Start) {}

void Client::on(Ctx& ctx, const Request& request) {
  // Part A begins here: send a Call for this request to options_.server. For now the user is told
  // to try again later.
  ctx.reply(ClientId{request.client()}, request.sequence(),
            [](Reply& reply) { reply.set_status(Reply::UNAVAILABLE); });
}

// Only the server is called.
void Client::on(Ctx&, NodeId, const exactly_once::Call&) {}

void Client::on(Ctx&, NodeId, const exactly_once::Answer&) {
  // The user waits for ctx.reply(client, sequence, ...) with status OK and the result.
}

void Client::on(Ctx&, Timer, std::uint64_t) {}

void Client::describe(Fields&) const {}

}  // namespace student
