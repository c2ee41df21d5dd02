#include "consensus/abd/abd.h"

#include <tuple>

namespace lockstep::consensus {

namespace register_machine = statemachine::register_machine;

void Abd::on(Ctx& ctx, Start start) {
  next_operation_ = start.incarnation << 32;
  const auto stored = ctx.storage().get("version");
  if (stored && !current_.ParseFromString(std::string(*stored))) current_.Clear();
}

// Phase 1 of both reads and writes: learn the latest version from a majority.
void Abd::on(Ctx& ctx, const Request& request) {
  const auto command = register_machine::parse_command(request.command());
  if (!command || command->operation == register_machine::Operation::CompareAndSet) {
    Reply refusal;
    refusal.set_status(Reply::REJECTED);
    refusal.set_result("a register without consensus offers read and write only");
    return ctx.reply(ClientId{request.client()}, request.sequence(), std::move(refusal));
  }
  const std::uint64_t number = ++next_operation_;
  Operation& operation = operations_[number];
  operation.client = ClientId{request.client()};
  operation.sequence = request.sequence();
  operation.command = *command;
  operation.latest = current_;
  operation.replied = {ctx.self()};
  ask(ctx, number, operation);
  advance(ctx, number, operation);
}

void Abd::on(Ctx& ctx, NodeId from, const abd::Query& query) {
  ctx.send<abd::QueryReply>(from, [&](abd::QueryReply& reply) {
    reply.set_operation(query.operation());
    *reply.mutable_latest() = current_;
  });
}

void Abd::on(Ctx& ctx, NodeId from, const abd::QueryReply& reply) {
  const auto found = operations_.find(reply.operation());
  if (found == operations_.end() || found->second.updating) return;
  Operation& operation = found->second;
  operation.replied.insert(from);
  if (later(reply.latest().timestamp(), operation.latest.timestamp())) {
    operation.latest = reply.latest();
  }
  advance(ctx, found->first, operation);
}

void Abd::on(Ctx& ctx, NodeId from, const abd::Update& update) {
  adopt(ctx, update.version());
  ctx.send<abd::UpdateReply>(
      from, [&](abd::UpdateReply& reply) { reply.set_operation(update.operation()); });
}

void Abd::on(Ctx& ctx, NodeId from, const abd::UpdateReply& reply) {
  const auto found = operations_.find(reply.operation());
  if (found == operations_.end() || !found->second.updating) return;
  found->second.replied.insert(from);
  advance(ctx, found->first, found->second);
}

void Abd::on(Ctx& ctx, Timer, std::uint64_t number) {
  const auto found = operations_.find(number);
  if (found != operations_.end()) ask(ctx, number, found->second);
}

void Abd::describe(Fields& fields) const {
  fields("timestamp", std::to_string(current_.timestamp().counter()) + "." +
                          std::to_string(current_.timestamp().writer()));
  fields("value", current_.has_value() ? current_.value() : "nil");
  fields("operations", operations_.size());
}

bool Abd::later(const abd::Timestamp& left, const abd::Timestamp& right) {
  return std::tuple(left.counter(), left.writer()) > std::tuple(right.counter(), right.writer());
}

bool Abd::is_majority(Ctx& ctx, std::size_t nodes) {
  return nodes > ctx.initial_members().size() / 2;
}

void Abd::adopt(Ctx& ctx, const abd::Versioned& version) {
  if (!later(version.timestamp(), current_.timestamp())) return;
  current_ = version;
  ctx.storage().put("version", current_);
}

void Abd::ask(Ctx& ctx, std::uint64_t number, const Operation& operation) {
  if (operation.updating) {
    abd::Update update;
    update.set_operation(number);
    *update.mutable_version() = operation.latest;
    ctx.broadcast(ctx.initial_members(), std::move(update));
  } else {
    abd::Query query;
    query.set_operation(number);
    ctx.broadcast(ctx.initial_members(), std::move(query));
  }
  ctx.set_timer(Timer::Retry, options_.retry, number);
}

void Abd::advance(Ctx& ctx, std::uint64_t number, Operation& operation) {
  if (!is_majority(ctx, operation.replied.size())) return;
  if (operation.updating) return finish(ctx, number);
  const bool is_read = operation.command.operation == register_machine::Operation::Read;
  if (is_read && !options_.write_back) return finish(ctx, number);
  update(ctx, number, operation);
}

// Phase 2: a majority takes the new version, or the one just read, before the client hears of it.
void Abd::update(Ctx& ctx, std::uint64_t number, Operation& operation) {
  if (operation.command.operation == register_machine::Operation::Write) {
    // Two writes that this replica coordinates at once must not choose the same timestamp.
    if (later(current_.timestamp(), operation.latest.timestamp())) operation.latest = current_;
    auto& timestamp = *operation.latest.mutable_timestamp();
    timestamp.set_counter(timestamp.counter() + 1);
    timestamp.set_writer(transport::number(ctx.self()));
    operation.latest.set_value(operation.command.value);
  }
  operation.updating = true;
  operation.replied = {ctx.self()};
  adopt(ctx, operation.latest);
  ask(ctx, number, operation);
  advance(ctx, number, operation);
}

void Abd::finish(Ctx& ctx, std::uint64_t number) {
  const Operation& operation = operations_.at(number);
  register_machine::Result result;
  if (operation.command.operation == register_machine::Operation::Read &&
      operation.latest.has_value()) {
    result.value = operation.latest.value();
  }
  Reply reply;
  reply.set_result(register_machine::encode(result));
  ctx.reply(operation.client, operation.sequence, std::move(reply));
  ctx.cancel_timer(Timer::Retry, number);
  operations_.erase(number);
}

}  // namespace lockstep::consensus
