#include "sample.h"

namespace student {

Door::Door(Options options) : primary_(options.primary), machine_(options.machine()) {}

void Door::on(Ctx& ctx, Start) { load(ctx); }

void Door::on(Ctx& ctx, const Request& request) {
  if (ctx.self() == primary_) {
    execute(ctx, request.client(), request.sequence(), request.command());
    return;
  }
  messages::Forward forward;
  forward.set_client(request.client());
  forward.set_sequence(request.sequence());
  forward.set_command(request.command());
  ctx.send(primary_, forward);
}

void Door::on(Ctx& ctx, NodeId, const messages::Forward& forward) {
  execute(ctx, forward.client(), forward.sequence(), forward.command());
}

void Door::execute(Ctx& ctx, std::uint64_t client, std::uint64_t sequence,
                   const std::string& command) {
  Executed& latest = latest_[client];
  if (sequence < latest.sequence) return;  // Late: nobody waits for it any more.
  if (sequence > latest.sequence) {
    latest = {sequence, machine_.apply(command)};
    store(ctx);
  }
  ctx.reply(ClientId{client}, sequence, [&](Reply& reply) { reply.set_result(latest.result); });
}

// One atomic batch: the machine, and what it did for whom.
void Door::store(Ctx& ctx) {
  ctx.storage().put("machine", machine_.snapshot());
  for (const auto& [client, latest] : latest_) {
    ctx.storage().put(lockstep::transport::numbered_key("sequence/", client),
                      std::to_string(latest.sequence));
    ctx.storage().put(lockstep::transport::numbered_key("result/", client), latest.result);
  }
}

void Door::load(Ctx& ctx) {
  const auto storage = ctx.storage();
  if (const auto machine = storage.get("machine")) machine_.restore(*machine);
  for (const auto& [key, value] : storage.image()) {
    if (key.rfind("sequence/", 0) != 0) continue;
    const std::uint64_t client = lockstep::transport::number_of_key(key);
    const auto result = storage.get(lockstep::transport::numbered_key("result/", client));
    latest_[client] = {std::stoull(std::string(value)), std::string(result.value_or(""))};
  }
}

void Door::on(Ctx&, Timer, std::uint64_t) {}

void Door::describe(Fields& fields) const {
  for (const auto& [client, latest] : latest_) {
    fields("c" + std::to_string(client), "executed " + std::to_string(latest.sequence));
  }
}

}  // namespace student

// How a test's node is made: `spec` is what the test wants it to be.
LOCKSTEP_NODE(spec) {
  const lockstep::transport::NodeId primary{static_cast<std::uint32_t>(spec.number("primary"))};
  return lockstep::labs::node<student::Door>({primary, spec.machine()});
}
