#include "client.h"

namespace student {

Client::Client(Options options) : options_(options) {}

void Client::on(Ctx&, Start) {}

void Client::on(Ctx& ctx, const Request& request) {
  auto& open = open_[request.client()];
  // A copy of an earlier request may come late.
  if (open.sequence() > request.sequence()) return;
  if (open.sequence() == request.sequence()) return;
  open.set_client(request.client());
  open.set_sequence(request.sequence());
  open.set_command(request.command());
  open.set_acknowledged_below(request.acknowledged_below());
  call(ctx, open);
}

void Client::call(Ctx& ctx, const exactly_once::Call& call) {
  ctx.send(options_.server, call);
  ctx.set_timer(Timer::Retry, options_.retry, call.client());
}

void Client::on(Ctx&, NodeId, const exactly_once::Call&) {}

void Client::on(Ctx& ctx, NodeId, const exactly_once::Answer& answer) {
  const auto open = open_.find(answer.client());
  if (open == open_.end() || open->second.sequence() != answer.sequence()) return;
  ctx.reply(ClientId{answer.client()}, answer.sequence(),
            [&](Reply& reply) { reply.set_result(answer.result()); });
  ctx.cancel_timer(Timer::Retry, answer.client());
  open_.erase(open);
}

void Client::on(Ctx& ctx, Timer, std::uint64_t client) {
  const auto open = open_.find(client);
  if (open != open_.end()) call(ctx, open->second);
}

void Client::describe(Fields& fields) const {
  for (const auto& [client, call] : open_) {
    fields("c" + std::to_string(client), "waits for " + std::to_string(call.sequence()));
  }
}

}  // namespace student
