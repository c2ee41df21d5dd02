#include "server.h"

#include "stored.pb.h"

namespace student {

namespace {

constexpr const char* kMachine = "machine";
constexpr const char* kSessions = "session/";
constexpr const char* kSessionsEnd = "session0";  // The first key after all sessions.

}  // namespace

Server::Server(Options options) : machine_(options.machine()) {}

void Server::on(Ctx& ctx, Start) { load(ctx); }

void Server::on(Ctx&, const Request&) {}

void Server::on(Ctx& ctx, NodeId from, const exactly_once::Call& call) {
  Session& session = sessions_[call.client()];
  if (call.sequence() < session.forgotten_below) return;  // Late: nobody waits for it any more.
  forget(session, call.acknowledged_below());
  auto known = session.results.find(call.sequence());
  if (known == session.results.end()) {
    ++executed_;
    known = session.results.emplace(call.sequence(), machine_.apply(call.command())).first;
    ctx.log("executed {} of c{}", call.sequence(), call.client());
    store(ctx, call.client());
  }
  exactly_once::Answer answer;
  answer.set_client(call.client());
  answer.set_sequence(call.sequence());
  answer.set_result(known->second);
  ctx.send(from, answer);
}

void Server::forget(Session& session, std::uint64_t below) {
  if (below <= session.forgotten_below) return;
  session.forgotten_below = below;
  session.results.erase(session.results.begin(), session.results.lower_bound(below));
}

void Server::on(Ctx&, NodeId, const exactly_once::Answer&) {}

void Server::on(Ctx&, Timer, std::uint64_t) {}

// One atomic batch: the machine, and what it did for whom.
void Server::store(Ctx& ctx, std::uint64_t client) {
  const Session& session = sessions_[client];
  stored::Session record;
  record.set_forgotten_below(session.forgotten_below);
  for (const auto& [sequence, result] : session.results) {
    auto& executed = *record.add_executed();
    executed.set_sequence(sequence);
    executed.set_result(result);
  }
  ctx.storage().put(lockstep::transport::numbered_key(kSessions, client), record);
  ctx.storage().put(kMachine, machine_.snapshot());
}

void Server::load(Ctx& ctx) {
  const auto storage = ctx.storage();
  if (const auto machine = storage.get(kMachine)) machine_.restore(*machine);
  for (const auto& [key, value] : storage.image()) {
    if (key < kSessions || key >= kSessionsEnd) continue;
    stored::Session record;
    if (!record.ParseFromString(std::string(value))) continue;
    Session& session = sessions_[lockstep::transport::number_of_key(key)];
    session.forgotten_below = record.forgotten_below();
    for (const auto& executed : record.executed()) {
      session.results[executed.sequence()] = executed.result();
    }
  }
}

void Server::describe(Fields& fields) const {
  fields("executed", executed_);
  for (const auto& [client, session] : sessions_) {
    std::string text = "below " + std::to_string(session.forgotten_below) + " over";
    for (const auto& [sequence, result] : session.results) {
      text += ", " + std::to_string(sequence) + " executed";
    }
    fields("c" + std::to_string(client), text);
  }
}

}  // namespace student
