#include "server.h"

namespace student {

Server::Server(Options options) : machine_(options.machine()) {}

void Server::on(Ctx& ctx, Start) {
  // A server that comes back has nothing but ctx.storage().
  ctx.log("up");
}

// Users hand their requests to client nodes, never to the server.
void Server::on(Ctx&, const Request&) {}

void Server::on(Ctx&, NodeId, const exactly_once::Call&) {
  // machine_.apply(command) executes a command and gives its result.
}

void Server::on(Ctx&, NodeId, const exactly_once::Answer&) {}

void Server::on(Ctx&, Timer, std::uint64_t) {}

void Server::describe(Fields&) const {}

}  // namespace student
